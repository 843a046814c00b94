//! Where rows go: stdout, or a file that appears when it is whole.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use auditlake_model::{Error, Result};
use tempfile::NamedTempFile;

use crate::error::Failure;
use crate::output::{Output, write_error};

/// Takes the bytes of results.
#[derive(Debug)]
pub(crate) enum Sink {
    /// Standard output.
    Stdout(BufWriter<io::Stdout>),
    /// A file beside its final place, so that a failed query leaves the old one as it was.
    File(BufWriter<NamedTempFile>, PathBuf),
    /// Something that is there and no plain file: a device, a pipe.
    Device(BufWriter<File>),
}

impl Sink {
    /// Opens a file, or stdout when none is named.
    ///
    /// # Errors
    /// As the file system gives them.
    pub(crate) fn open(path: Option<&Path>, output: &Output) -> Result<Self> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            return Ok(Self::Stdout(output.data()));
        };
        let failed = |error: io::Error| write_error(error).with_context("file", path.display());
        let is_device = std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        if is_device {
            let file = File::options().write(true).open(path).map_err(failed)?;
            return Ok(Self::Device(BufWriter::new(file)));
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        let prefix = format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy());
        let file = with_usual_rights(builder.prefix(&prefix)).tempfile_in(folder).map_err(failed)?;
        Ok(Self::File(BufWriter::with_capacity(1 << 16, file), path.to_owned()))
    }

    /// Writes a line of text.
    ///
    /// # Errors
    /// [`Failure::PipeClosed`] when nobody reads any more.
    pub(crate) fn write_line(&mut self, text: &str) -> Result<(), Failure> {
        match writeln!(self, "{text}") {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::PipeClosed),
            Err(error) => Err(write_error(error).into()),
        }
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// As the file system gives them; the old file is then as it was.
    pub(crate) fn commit(self) -> Result<()> {
        match self {
            Self::Stdout(_) | Self::Device(_) => Ok(()),
            Self::File(out, path) => {
                let failed = |error: io::Error| write_error(error).with_context("file", path.display());
                let file = out.into_inner().map_err(|e| failed(e.into_error()))?;
                file.persist(&path).map(|_| ()).map_err(|e| {
                    Error::unavailable("put the result in its place")
                        .with_context("file", path.display())
                        .with_source(e)
                })
            }
        }
    }
}

/// Gives the file the rights that the user's umask allows, not those of a secret.
pub(crate) fn with_usual_rights<'a, 'b, 'c>(
    builder: &'c mut tempfile::Builder<'a, 'b>,
) -> &'c mut tempfile::Builder<'a, 'b> {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(std::fs::Permissions::from_mode(0o666))
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File(out, _) => out.write(bytes),
            Self::Device(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(out, _) => out.flush(),
            Self::Device(out) => out.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        std::fs::write(&path, "old").unwrap();
        let (output, _) = Output::captured();
        let mut sink = Sink::open(Some(&path), &output).unwrap();
        sink.write_line("new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        drop(sink);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let mut sink = Sink::open(Some(&path), &output).unwrap();
        sink.write_line("new").unwrap();
        sink.commit().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new\n");
    }

    #[test]
    fn a_missing_folder_is_named() {
        let (output, _) = Output::captured();
        let error = Sink::open(Some(Path::new("/no/such/folder/rows.csv")), &output).unwrap_err();
        assert!(error.report().contains("/no/such/folder/rows.csv"), "{error:?}");
    }
}

//! Where the rows of a statement go, and in which form: the one place that knows formats and targets.
//!
//! ```text
//! batch --> ResultWriter of \format, \x and \tz --> screen (pager) | stdout | file of \o or \g
//! ```

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use auditlake_model::{Error, Result};
use auditlake_query::{Expanded, Format, Outcome, RenderOptions, ResultWriter, Summary, TableOptions};

use crate::pager::PagedOut;
use crate::settings::{OutputFile, Pager, Settings};
use crate::talk::Terminal;

/// Returns the form of the next result; `width` is that of the screen, if it goes there.
///
/// # Errors
/// `Invalid` when a screen cannot show the format.
fn options_of(
    settings: &Settings,
    file: Option<&OutputFile>,
    width: Option<usize>,
    expanded: bool,
) -> Result<RenderOptions> {
    let format = file.and_then(|file| file.format).unwrap_or(settings.format);
    if format.is_binary() && file.is_none() {
        return Err(Error::invalid(format!("{format} goes to a file only")).with_hint(format!(
            "Name one with `\\o rows.{format}`, or `\\g rows.{format}` for one statement."
        )));
    }
    let expanded = match (expanded, width) {
        (true, _) => Expanded::On,
        // A file has room for any width.
        (false, None) if settings.expanded == Expanded::Auto => Expanded::Off,
        (false, _) => settings.expanded,
    };
    let table = TableOptions { max_width: width, expanded };
    Ok(RenderOptions { format, table, csv_safe: false, time_zone: settings.time_zone })
}

/// Returns the file of a name, and the format that its ending asks for.
pub(crate) fn output_file(path: &str) -> OutputFile {
    let path = Path::new(path);
    OutputFile { path: path.to_owned(), format: Format::of_path(path) }
}

/// Takes the rows of one statement.
pub(crate) struct ResultOut {
    writer: ResultWriter<Target>,
    paging: Arc<AtomicBool>,
}

/// What the bytes of a result go to.
enum Target {
    Screen(Option<PagedOut>, Arc<AtomicBool>),
    Stdout(BufWriter<io::Stdout>),
    File(BufWriter<File>),
}

impl ResultOut {
    /// Opens the way out for rows of `schema`; `file`, which starts empty, goes before the file of `\o`.
    ///
    /// # Errors
    /// As the file system gives them; `Invalid` when a screen cannot show the format.
    pub(crate) fn open(
        schema: SchemaRef,
        settings: &Settings,
        terminal: Terminal,
        file: Option<&OutputFile>,
        expanded: bool,
    ) -> Result<Self> {
        let size = terminal.size();
        let named = file.or(settings.output.as_ref());
        let width = (named.is_none() && terminal.stdout).then_some(size.0);
        let options = options_of(settings, named, width, expanded)?;
        let paging = Arc::default();
        let buffered = |file: File| Target::File(BufWriter::with_capacity(1 << 16, file));
        let target = match (file, &settings.output, &settings.pager) {
            (Some(file), _, _) => buffered(create(&file.path)?),
            (None, Some(file), _) if options.format.is_binary() => buffered(create(&file.path)?),
            (None, Some(file), _) => buffered(append(&file.path)?),
            (None, None, Pager::Command(command)) if terminal.stdout && terminal.stdin => {
                Target::Screen(Some(PagedOut::new(command, size)), Arc::clone(&paging))
            }
            (None, None, _) => Target::Stdout(BufWriter::with_capacity(1 << 16, io::stdout())),
        };
        Ok(Self { writer: ResultWriter::with_options(&options, schema, target), paging })
    }

    /// Tells whether a pager has the screen, which must not be written to then.
    pub(crate) fn is_paging(&self) -> bool {
        self.paging.load(Ordering::Relaxed)
    }

    /// Writes the rows of `batch`; blocks while a pager does not want more.
    ///
    /// # Errors
    /// Those of [`ResultWriter::write`].
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<Outcome> {
        self.writer.write(batch)
    }

    /// Writes the end of the result; waits until the user leaves the pager.
    ///
    /// # Errors
    /// Those of [`ResultWriter::finish_with_summary`].
    pub(crate) fn finish(self) -> Result<Summary> {
        self.writer.finish_with_summary()
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Screen(Some(out), paging) => {
                let written = out.write(bytes);
                paging.store(out.is_paging(), Ordering::Relaxed);
                written
            }
            Self::Screen(None, _) => Err(io::ErrorKind::BrokenPipe.into()),
            Self::Stdout(out) => out.write(bytes),
            Self::File(out) => out.write(bytes),
        }
    }

    /// Only the end of a result is flushed.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Screen(out, paging) => {
                let closed = out.take().map_or(Ok(()), PagedOut::close);
                paging.store(false, Ordering::Relaxed);
                closed
            }
            Self::Stdout(out) => out.flush(),
            Self::File(out) => out.flush(),
        }
    }
}

/// Writes plain text to where results go; for commands whose answer is no table.
///
/// # Errors
/// As the file system and the pager give them.
pub(crate) fn show_text(text: &str, settings: &Settings, terminal: Terminal) -> Result<()> {
    let failed = |error: io::Error| Error::unavailable("write output").with_source(error);
    if let Some(file) = &settings.output {
        return append(&file.path)?.write_all(text.as_bytes()).map_err(failed);
    }
    let written = match &settings.pager {
        Pager::Command(command) if terminal.stdout && terminal.stdin => {
            let mut out = PagedOut::new(command, terminal.size());
            let written = out.write_all(text.as_bytes());
            written.and_then(|()| out.close())
        }
        _ => {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        }
    };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(failed(error)),
        _ => Ok(()),
    }
}

/// Makes an empty file.
///
/// # Errors
/// As the file system gives them.
pub(crate) fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|error| file_error(error, path))
}

fn append(path: &Path) -> Result<File> {
    File::options().create(true).append(true).open(path).map_err(|error| file_error(error, path))
}

fn file_error(error: io::Error, path: &Path) -> Error {
    let attempt = "open output file";
    let ours = match error.kind() {
        io::ErrorKind::NotFound => Error::not_found(attempt),
        io::ErrorKind::PermissionDenied => Error::permission_denied(attempt),
        _ => Error::unavailable(attempt),
    };
    ours.with_context("file", path.display()).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(settings: &Settings, file: Option<&str>, width: Option<usize>) -> RenderOptions {
        options_of(settings, file.map(output_file).as_ref(), width, false).unwrap()
    }

    #[test]
    fn a_screen_has_a_width_and_a_file_has_none() {
        let settings = Settings::new(Pager::Off);
        let shown = options(&settings, None, Some(80)).table;
        assert_eq!(shown, TableOptions { max_width: Some(80), expanded: Expanded::Auto });
        assert_eq!(options(&settings, Some("rows.txt"), None).table.expanded, Expanded::Off);
        let whole = options_of(&settings, None, Some(80), true).unwrap();
        assert_eq!(whole.table.expanded, Expanded::On);
    }

    #[test]
    fn the_ending_of_a_file_names_its_format() {
        let mut settings = Settings::new(Pager::Off);
        assert_eq!(options(&settings, Some("rows.csv"), None).format, Format::Csv);
        assert_eq!(options(&settings, Some("rows.jsonl"), None).format, Format::Ndjson);
        assert_eq!(options(&settings, Some("rows"), None).format, Format::Table);
        settings.format = Format::Json;
        assert_eq!(options(&settings, Some("rows"), None).format, Format::Json);
        assert_eq!(options(&settings, Some("rows.csv"), None).format, Format::Csv);
    }

    #[test]
    fn a_screen_shows_no_binary_format() {
        let mut settings = Settings::new(Pager::Off);
        settings.format = Format::Parquet;
        assert!(
            options_of(&settings, None, Some(80), false)
                .unwrap_err()
                .hint()
                .unwrap()
                .contains("rows.parquet")
        );
        assert_eq!(options(&settings, Some("rows.parquet"), None).format, Format::Parquet);
    }
}

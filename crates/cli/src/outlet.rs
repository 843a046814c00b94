//! Where the files of an export go. They appear when all of them are whole, or not at all.
//!
//! ```text
//! Stdout, one file    a Sink
//! folder              files beside their final places, renamed at the end
//! S3                  multipart uploads, completed at the end
//! ```
//!
//! Files are written on a thread that may block: [`OutFile`] waits for the disk and for S3.

mod bucket;
mod folder;
mod hashed;

use std::io::{self, BufWriter, Write};

use auditlake_model::{Error, Result};
use auditlake_store::from_object_store;
use tempfile::NamedTempFile;

pub(crate) use self::bucket::{Bucket, ObjectWriter};
pub(crate) use self::folder::OutFolder;
pub(crate) use self::hashed::{Compressed, Hashed};

use crate::commands::sql::Sink;
use crate::error::Failure;
use crate::output::write_error;

/// Takes files.
#[derive(Debug)]
pub(crate) enum Outlet {
    /// One file, or stdout; taken out while it is written.
    Single(Option<Sink>),
    /// A folder of this machine.
    Folder(OutFolder),
    /// A prefix, or one key, of an S3 bucket.
    Bucket(Bucket),
}

/// A file that is being written.
#[derive(Debug)]
pub(crate) enum OutFile {
    /// The one file, or stdout.
    Single(Sink),
    /// A file beside its final place.
    Local(BufWriter<NamedTempFile>),
    /// An upload.
    Object(ObjectWriter),
}

impl Outlet {
    /// Begins a file; may block.
    ///
    /// # Errors
    /// As the file system or S3 gives them.
    pub(crate) fn open(&mut self, name: &str) -> Result<OutFile> {
        match self {
            Self::Single(sink) => {
                let sink = sink.take().ok_or_else(|| Error::internal("one file was opened twice"))?;
                Ok(OutFile::Single(sink))
            }
            Self::Folder(folder) => folder.open(name).map(OutFile::Local),
            Self::Bucket(bucket) => bucket.open(name).map(OutFile::Object),
        }
    }

    /// Takes a file that is whole; may block.
    ///
    /// # Errors
    /// As the file system or S3 gives them.
    pub(crate) fn close(&mut self, name: &str, file: OutFile) -> Result<(), Failure> {
        match (self, file) {
            (Self::Single(place), OutFile::Single(mut sink)) => {
                sink.flush().map_err(write_failure)?;
                *place = Some(sink);
            }
            (Self::Folder(folder), OutFile::Local(file)) => folder.stage(name, file)?,
            (Self::Bucket(bucket), OutFile::Object(object)) => bucket.stage(name, object)?,
            _ => return Err(Error::internal("a file was closed where it was not opened").into()),
        }
        Ok(())
    }

    /// Puts all files in their places.
    ///
    /// # Errors
    /// As the file system or S3 gives them.
    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Single(None) => Ok(()),
            Self::Single(Some(sink)) => sink.commit(),
            Self::Folder(folder) => folder.commit(),
            Self::Bucket(bucket) => bucket.commit().await,
        }
    }

    /// Leaves nothing behind.
    pub(crate) async fn discard(self) {
        if let Self::Bucket(bucket) = self {
            bucket.discard().await;
        }
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Single(sink) => sink.write(bytes),
            Self::Local(file) => file.write(bytes),
            Self::Object(object) => object.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Single(sink) => sink.flush(),
            Self::Local(file) => file.flush(),
            Self::Object(object) => object.flush(),
        }
    }
}

/// Turns a failed write into a failure: one of S3 says so, and a closed pipe is none.
pub(crate) fn write_failure(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::PipeClosed;
    }
    match error.downcast::<object_store::Error>() {
        Ok(error) => from_object_store("write to S3", error).into(),
        Err(error) => write_error(error).into(),
    }
}

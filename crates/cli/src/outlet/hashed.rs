//! Writers that look at the bytes as they pass.

use std::io::{self, Write};

use auditlake_evidence::FileDigest;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Hashes and counts what goes into a writer.
#[derive(Debug)]
pub(crate) struct Hashed<W> {
    out: W,
    digest: FileDigest,
}

impl<W> Hashed<W> {
    /// Starts with no bytes.
    pub(crate) fn new(out: W) -> Self {
        Self { out, digest: FileDigest::new() }
    }

    /// Returns the writer, and the digest of all that went into it.
    pub(crate) fn into_parts(self) -> (W, FileDigest) {
        (self.out, self.digest)
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Compresses what goes into a writer, or not.
#[derive(Debug)]
pub(crate) enum Compressed<W: Write> {
    /// As it is.
    Plain(W),
    /// One gzip member, without time and name, so that equal content gives equal bytes.
    Gzip(Box<GzEncoder<W>>),
}

impl<W: Write> Compressed<W> {
    /// Starts an empty file.
    pub(crate) fn new(out: W, gzip: bool) -> Self {
        match gzip {
            true => Self::Gzip(Box::new(GzEncoder::new(out, Compression::default()))),
            false => Self::Plain(out),
        }
    }

    /// Writes what is left and returns the writer.
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(out) => Ok(out),
            Self::Gzip(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Compressed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Gzip(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(out) => out.flush(),
        }
    }
}

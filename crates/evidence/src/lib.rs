//! What makes a result evidence: its manifest, and the check of files against it. Pure functions over bytes.
//!
//! ```text
//! result files, query.sql, provenance.csv --FileDigest--> name, size, SHA-256 --.
//! question, stores and their versions, times, row counts ------------------------+--> Manifest --> canonical bytes
//!                                                                                       ^
//!                     files as they are found --FileDigest--> verify -------------------'--> what does not match
//! ```
//!
//! The crate reads and writes nothing, knows no query engine, and takes time and names as they are given. The
//! bytes of a manifest are a promise (see [`canonical`]): whoever signs a manifest signs exactly the bytes of
//! `manifest.json`.

pub mod canonical;
mod digest;
pub mod manifest;
mod verify;

pub use auditlake_model::{Error, ErrorKind, Result};

pub use self::digest::{FileDigest, FileFacts};
pub use self::manifest::{
    Lake, Manifest, Parameter, Program, Provenance, Question, ResultFile, ResultSet, Store,
};
pub use self::verify::{Mismatch, verify};

/// Name of the manifest in a folder of evidence.
pub const MANIFEST_FILE: &str = "manifest.json";
/// Name of the file that holds the statement.
pub const QUERY_FILE: &str = "query.sql";

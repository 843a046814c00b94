//! The `ingest` crate of Auditlake.

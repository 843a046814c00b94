//! The `query` crate of Auditlake.

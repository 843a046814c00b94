//! The `events` crate of Auditlake.

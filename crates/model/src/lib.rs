//! The `model` crate of Auditlake.

//! The `store` crate of Auditlake.

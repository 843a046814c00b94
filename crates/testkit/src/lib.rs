//! The `testkit` crate of Auditlake.

//! Crash tests of the import: killed after any storage call and run again, and run beside itself.
//!
//! Whatever happens, the store must end with each event once. Processes that are really killed are
//! tested in `tests/e2e`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod calls;
mod lake;
mod race;

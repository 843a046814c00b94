//! Storage that fails on command, and remembers what it was asked.
//!
//! ```text
//! code under test --call--> FaultStore --call--> the real store (InMemory, LocalFileSystem, S3)
//!                              |  ^
//!                    log <-----+  +----- rules: which call fails or crashes, and when
//! ```
//!
//! A crash test runs the work once to learn how many mutating calls it makes, then once per mutating call
//! and [`When`], each time on a fresh lake: crash there, reopen the lake on the store beneath, and look.

mod call;
mod error;
mod script;
mod store;
mod upload;

#[cfg(test)]
mod tests;

pub use call::{Call, CallKind, Outcome, When};
pub use error::{Failure, is_crash, is_injected};
pub use store::FaultStore;

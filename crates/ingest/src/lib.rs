//! Import: log files in, events of an event data store out.
//!
//! ```text
//! sources --discover--> objects --skip what the ingest checkpoint holds--> work, by day of delivery
//!    work --fetch--> bytes --decode, select--> chunks --append (dedupe, sort, write)--> one commit
//!                                  |
//!                                  +--> failures (a file is taken whole or not at all)
//! ```
//! An import may be killed at any moment and run again, beside others on the same store: each event is
//! stored once, because a commit holds its rows together with the record that their objects are done.
//! Memory stays flat: what is fetched, decoded and not yet committed is bounded by
//! [`ImportLimits::buffer_bytes`].

mod batch;
mod discover;
mod failure;
mod import;
mod pace;
mod pipeline;
mod progress;
mod recorder;
mod records;
mod request;
mod retry;
mod source;
mod summary;
mod triage;

pub use auditlake_model::{Error, ErrorKind, Result};
pub use failure::ImportFailure;
pub use import::run_import;
pub use pace::Pace;
pub use progress::ImportProgress;
pub use records::{
    COUNTS, FailureRecord, FailureStatus, ImportRecord, ImportRecords, import_failures_schema, imports_schema,
};
pub use request::{ImportLimits, ImportRequest, ImportSource, Narrowing};
pub use retry::Retry;
pub use summary::{ImportSummary, OtherObjects};

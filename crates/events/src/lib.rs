//! Bytes of CloudTrail log files to record batches, and batches back to events.
//!
//! ```text
//! gzip or plain bytes --input--> checked text --envelope--> records --record--> rows of cells --columns--> RecordBatch
//!                                 SHA-256                     |        hash        |                          |
//!                                                             +--> quarantine      +--> filter                +--encode--> JSON events
//! ```
//!
//! The crate knows bytes and Arrow, not storage: what to read and where to write is decided above it.
//! It must not lose anything: an event rebuilt by [`EventJsonWriter`] equals its source as JSON.

#![warn(missing_docs)]

mod columns;

mod decode;
mod encode;
mod envelope;
mod facts;
mod file;
mod filter;
mod input;
mod insight;
pub mod json;
mod key;
mod layout;
mod options;
mod plan;
mod record;
mod refusal;
mod remainder;
mod saved_results;
pub mod schema;
mod stage;

pub use auditlake_model::{Error, ErrorKind, Result};
pub use decode::{DecodedFile, DecodedObject, Decoder, EventRows, Quarantined, SourceHint, decode_object};
pub use encode::{EventJsonWriter, event_json, event_json_array, event_keys, event_mentions};
pub use key::{EventKey, id_hash_of};
pub use options::{DecodeOptions, EventFilter, Limits};

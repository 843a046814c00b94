//! Writes realistic, seeded, synthetic CloudTrail logs: for quickstart, tests and benches.
//!
//! A corpus is a folder of gzip log files in the layout of a trail's bucket, with `TRUTH.json`
//! beside them: the counts that a correct load must show. It tells of a small company's accounts,
//! people, machines and services, and, unless told otherwise, of an access key that leaks.
//!
//! This crate must not read a clock or any source of chance but its seed, and it knows nothing of
//! how Auditlake decodes or stores events: tests compare the two.
//!
//! - Equal configurations give byte-identical files.
//! - Every address, account and name is made up; addresses are from the documentation ranges.
//!
//! # Source
//! CloudTrail user guide, "CloudTrail record contents" and "userIdentity element", for the fields.

mod actor;
mod calendar;
mod config;
mod corpus;
mod event;
mod hostile;
mod incident;
mod log_file;
mod rng;
mod shape;
mod shapes;
mod text;
mod truth;
mod world;

pub use auditlake_model::{Error, ErrorKind, Result};

pub use config::{MAX_ACCOUNTS, MAX_DAYS, SynthConfig};
pub use corpus::generate;
pub use hostile::HOSTILE_TEXTS;
pub use incident::{INCIDENT_ADDRESS, INCIDENT_CREATED_USER, INCIDENT_LEAKED_USER, INCIDENT_LEAST_EVENTS};
pub use truth::SynthTruth;

//! Event data stores on object storage: settings, commits, snapshots, parts, custody and maintenance.
//!
//! ```text
//! chunks --append (plan, encode, upload, commit)--> Delta table + key files + ingest checkpoint
//! Delta table --snapshot--> settings, data files, statistics          (what a query plans from)
//! ```
//! An event data store is a Delta table used as a compare-and-swap log; there is no other database. This
//! crate names neither DataFusion nor any source of events: rows come in decoded, by the schema of
//! `auditlake_events`.

pub mod append;
pub mod check;
pub mod checkpoint;
mod checkpoint_file;
mod cluster;
pub mod custody;
mod custody_index;
pub mod dedupe;
mod delta_schema;
pub mod digest_files;
pub mod document;
mod key_cache;
pub mod keys;
pub mod lake;
pub mod location;
mod log_turns;
pub mod maintain;
pub mod part;
mod part_stats;
pub mod read;
pub mod saved;
pub mod snapshot;
pub mod system;
pub mod table;
mod table_create;

pub use append::{AppendOutcome, EdsWriter};
pub use auditlake_model::{Error, ErrorKind, Result};
pub use check::{CheckReport, Finding, FindingKind};
pub use checkpoint_file::decode_quarantine;
pub use custody::{
    FilteredEvents, IngestedObject, ObjectIdentity, QuarantinedRecord, SourceObject, TakingRules,
};
pub use custody_index::{Custody, CustodyIndex};
pub use dedupe::{ChunkObject, EventChunk};
pub use digest_files::{DigestFile, KeepOutcome};
pub use lake::{
    EventDataStore, Lake, LakeEnv, LakeManifest, NewEventDataStore, NewLake, StoreDescription, StoreUpdate,
};
pub use location::{
    Access, ObjectStoreConfig, RootStore, SourceLocation, StoreLocation, from_object_store,
    open_object_store, open_private_object_store,
};
pub use log_turns::allow_log_readers;
pub use maintain::{MaintainOptions, MaintainOutcome, TidyOutcome};
pub use part::{hex, sha256};
pub use saved::{ReferenceTable, Saved, SavedColumn, SavedView};
pub use snapshot::{ColumnFileStats, DataFile, FileStatsTable, Snapshot};
pub use system::{SystemSnapshot, SystemTable};

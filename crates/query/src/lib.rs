//! Lake SQL over event data stores: from text to rows.
//!
//! ```text
//! SQL --auditlake_dialect--> plan over views --provider--> pruned Parquet scans --service--> batches --render--> text
//!                             catalog, view      source, report        limits, guard, history
//! ```
//!
//! | module | its one idea |
//! |---|---|
//! | [`catalog`] | the names that SQL can use, pinned for each query |
//! | [`source`] | one pinned version of a store: files and statistics |
//! | [`view`] | what SQL sees of a store |
//! | [`provider`] | the engine's table: pruning and the Parquet scan |
//! | [`service`] | the life of a query, from start to its record in the history |
//! | [`provenance`] | where each row of a plain selection came from |
//! | [`reference`] | tables that people bring |
//! | [`saving`] | what people save, checked before it is written |
//! | [`limits`] | every bound, with name, default and error |
//! | [`render`] | results as text and files |
//!
//! It reads; nothing here writes data files or settings.

pub mod catalog;
mod explain;
mod guard;
pub mod history;
mod lake;
pub mod limits;
pub mod provenance;
pub mod provider;
pub mod reference;
pub mod render;
pub mod report;
pub mod saving;
pub mod service;
mod session;
pub mod source;
#[cfg(test)]
mod testing;
pub mod view;

pub use auditlake_model::{Error, ErrorKind, Result};

pub(crate) use auditlake_functions::engine_error as error;

pub use self::history::{QueriesTable, QueryLog, QueryRecord};
pub use self::lake::StoreLake;
pub use self::limits::QueryConfig;
pub use self::provenance::{PinnedTable, RowOrigin, RowOrigins, RowProvenance};
pub use self::reference::{Attachment, TableRows};
pub use self::render::{
    Expanded, Format, Outcome, RenderOptions, ResultWriter, Summary, TableOptions, TimeZone, write_records,
};
pub use self::report::{Progress, ScanEntry};
pub use self::service::{
    PreparedQuery, QueryCanceller, QueryHandle, QueryRequest, QueryService, QueryStatus,
};
pub use auditlake_dialect::{NumberText, ParameterValue, Parameters};
pub use auditlake_functions::{FunctionInfo, register_all};

//! Creates Delta tables in the shape that every engine reads: reader 1, writer 2.

use auditlake_model::{Error, Result};
use deltalake_core::kernel::StructField;
use deltalake_core::kernel::transaction::CommitProperties;
use deltalake_core::logstore::LogStoreRef;
use deltalake_core::operations::create::CreateBuilder;

use crate::table::delta_error;

/// A Delta table that is to be created.
#[derive(Debug, Default)]
pub(crate) struct NewTable {
    /// Name that other engines show.
    pub(crate) name: String,
    /// Columns, partition columns included.
    pub(crate) fields: Vec<StructField>,
    /// Names of the partition columns.
    pub(crate) partition_columns: Vec<String>,
    /// Table properties: Delta's and ours.
    pub(crate) configuration: Vec<(String, String)>,
}

/// Creates version 0 of the table; a put-if-absent decides between racing creators.
///
/// # Errors
/// `AlreadyExists` when there is a table under `log_store`.
pub(crate) async fn create_table(log_store: LogStoreRef, new: NewTable) -> Result<()> {
    if log_store.is_delta_table_location().await.map_err(|e| delta_error("look for Delta log", e))? {
        return Err(Error::already_exists("create Delta table"));
    }
    let commit = CommitProperties::default().with_max_retries(0).with_create_checkpoint(false);
    let create = CreateBuilder::new()
        .with_log_store(LogStoreRef::clone(&log_store))
        .with_table_name(new.name)
        .with_columns(new.fields)
        .with_partition_columns(new.partition_columns)
        .with_configuration(new.configuration.into_iter().map(|(key, value)| (key, Some(value))))
        // Else Delta refuses the keys it does not know, which are ours.
        .with_raise_if_key_not_exists(false)
        .with_commit_properties(commit);
    match Box::pin(create.into_future()).await {
        Ok(_) => Ok(()),
        // Losing the race shows in several ways; what counts is that somebody's table is there now.
        Err(error) => match log_store.is_delta_table_location().await {
            Ok(true) => Err(Error::already_exists("create Delta table").with_source(error)),
            _ => Err(delta_error("create Delta table", error)),
        },
    }
}

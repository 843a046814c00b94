//! Reads a whole data file back into batches of the store's schema, for maintenance and checks.

use std::sync::Arc;

use arrow::array::new_null_array;
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use auditlake_model::{Error, Result};
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::location::from_object_store;
use crate::snapshot::DataFile;

/// Returns the rows of `file` in file order, in batches that have exactly `schema`.
///
/// Columns that the file lacks are null.
///
/// # Errors
/// `NotFound` when the file is missing, `Corrupt` when it is no Parquet file or its types do not fit.
pub async fn read_data_file(
    store: &Arc<dyn ObjectStore>,
    file: &DataFile,
    schema: &SchemaRef,
) -> Result<Vec<RecordBatch>> {
    let read = async { store.get(&file.path).await?.bytes().await };
    let bytes = read.await.map_err(|e| from_object_store("read data file", e))?;
    let damaged = |e: Box<dyn std::error::Error + Send + Sync>| {
        Error::corrupt("read data file").with_context("file", &file.path).with_detail(e.to_string())
    };
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(|e| damaged(e.into()))?;
    reader
        .map(|batch| {
            let batch = batch.map_err(|e| damaged(e.into()))?;
            conform(&batch, schema).map_err(|e| damaged(e.into()))
        })
        .collect()
}

fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, arrow::error::ArrowError> {
    let columns = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(column) => cast(column, field.data_type()),
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        })
        .collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns)
}

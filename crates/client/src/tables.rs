//! The names that a server offers, from the answer to `CommandGetTables`.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow_flight::IpcMessage;
use auditlake_model::{Error, Result};

use crate::flight::plain;

/// A table of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteTable {
    /// The schema it stands in: `lake` for stores, `system` for the engine's tables.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// `TABLE` or `VIEW`.
    pub kind: String,
    /// Its columns, when they were asked for.
    pub columns: Option<SchemaRef>,
}

/// Reads the rows of an answer.
///
/// # Errors
/// `Corrupt` for an answer of another shape.
pub(crate) fn read(batches: &[RecordBatch]) -> Result<Vec<RemoteTable>> {
    let mut tables = Vec::new();
    for batch in batches {
        let schemas = texts(batch, "db_schema_name")?;
        let names = texts(batch, "table_name")?;
        let kinds = texts(batch, "table_type")?;
        let columns = batch.column_by_name("table_schema");
        for row in 0..batch.num_rows() {
            let columns = match columns {
                Some(column) => Some(columns_of(column.as_ref(), row)?),
                None => None,
            };
            let text = |texts: &[Option<String>]| texts.get(row).cloned().flatten().unwrap_or_default();
            tables.push(RemoteTable {
                schema: text(&schemas),
                name: text(&names),
                kind: text(&kinds),
                columns,
            });
        }
    }
    Ok(tables)
}

fn texts(batch: &RecordBatch, name: &str) -> Result<Vec<Option<String>>> {
    let shape =
        || Error::corrupt("the server's list of tables has another shape").with_context("column", name);
    let column = batch.column_by_name(name).ok_or_else(shape)?;
    let column = cast(column, &DataType::Utf8).map_err(|error| shape().with_source(error))?;
    Ok(column.as_string::<i32>().iter().map(|text| text.map(ToOwned::to_owned)).collect())
}

fn columns_of(column: &dyn Array, row: usize) -> Result<SchemaRef> {
    let shape = || Error::corrupt("the server's list of columns cannot be read");
    let bytes =
        column.as_binary_opt::<i32>().filter(|bytes| !bytes.is_null(row)).ok_or_else(shape)?.value(row);
    let message = IpcMessage(bytes.to_vec().into());
    let schema = Schema::try_from(message).map_err(|error| shape().with_source(error))?;
    Ok(plain(&schema))
}

/// Returns the LIKE pattern that only one name fits.
pub(crate) fn pattern_of(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    for character in name.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_pattern() {
        assert_eq!(pattern_of("import_failures"), "import\\_failures");
        assert_eq!(pattern_of("a%b\\"), "a\\%b\\\\");
    }
}

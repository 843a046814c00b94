//! The one form in which results leave: its schema, and batches in it.
//!
//! ```text
//! schema of a result --WireSchema::new--> prepare, GetFlightInfo, GetSchema, GetTables, schema message of DoGet
//! batch of a plan    --WireSchema::convert--> batch of exactly that schema
//! ```
//!
//! Clients compare the schema that they were promised with the one that comes, names, types and nullability
//! included, and plans do not keep to their own. So there is one function for both ends:
//!
//! - every field may be null, at all levels but those where Arrow forbids it (entries and keys of maps);
//! - metadata of the schema is dropped, and that of fields too, but for the names of SQL types ([`TYPE_NAME`])
//!   and, in the native profile, Arrow's extension types;
//! - names do not repeat: later ones get `_1`, `_2`. They are compared without case, as JDBC looks up columns
//!   and as Lake SQL reads names;
//! - types are those of a [`TypeProfile`].
//!
//! # Source
//! Flight SQL, and what its clients do with types (spec flight-sql 1.6 and 1.7).

mod convert;
mod describe;
mod names;
mod types;

#[cfg(test)]
mod tests;

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use auditlake_model::{Error, Result};
use serde::{Deserialize, Serialize};

pub use self::describe::{PRECISION, REMARKS, SCALE, TYPE_NAME};

/// Which Arrow types a client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TypeProfile {
    /// Types that every client reads.
    ///
    /// | of the result | on the wire |
    /// |---|---|
    /// | text and binary of all kinds | `Utf8`, `Binary` |
    /// | dictionaries, run ends | their values |
    /// | structs, lists, maps, free-form fields, unions | JSON text |
    /// | timestamps | UTC wall clock without a zone |
    /// | `UInt8`, `UInt16`, `UInt32`, `UInt64` | `Int16`, `Int32`, `Int64`, `Int64`; beyond that an error |
    /// | `Float16` | `Float32` |
    /// | decimals | `Decimal128`; text beyond 38 digits |
    /// | intervals, durations, null | text |
    #[default]
    Portable,
    /// Arrow's own types, as far as Flight clients agree on them: structs, maps, zones and unsigned numbers stay,
    /// every list is a `List`, text is `Utf8`, and there are no views, dictionaries, run ends and unions.
    Native,
}

impl FromStr for TypeProfile {
    type Err = Error;

    /// Reads `portable` or `native`, in any case.
    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "portable" => Ok(Self::Portable),
            "native" => Ok(Self::Native),
            _ => Err(Error::invalid(format!("no type profile `{text}`"))
                .with_hint("There are `portable` and `native`.")),
        }
    }
}

/// The unit of timestamps on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum TimestampUnit {
    /// Microseconds; what the engine has in nanoseconds keeps its digits and stays so.
    #[default]
    #[serde(rename = "us")]
    Micro,
    /// Nanoseconds throughout, for clients that read every timestamp so (Grafana). They reach from 1677 to 2262;
    /// an instant outside is an error and not another instant.
    #[serde(rename = "ns")]
    Nano,
}

impl FromStr for TimestampUnit {
    type Err = Error;

    /// Reads `us` or `ns`.
    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "us" => Ok(Self::Micro),
            "ns" => Ok(Self::Nano),
            _ => Err(Error::invalid(format!("no unit of timestamps `{text}`"))
                .with_hint("There are `us` and `ns`.")),
        }
    }
}

/// What a client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct WireOptions {
    /// The types.
    pub types: TypeProfile,
    /// The unit of timestamps.
    pub timestamp_unit: TimestampUnit,
}

/// The schema in which a result leaves, and the way there.
#[derive(Debug, Clone)]
pub struct WireSchema {
    schema: SchemaRef,
    costly: bool,
}

impl WireSchema {
    /// Returns the wire schema of a result of `schema`.
    pub fn new(schema: &Schema, options: WireOptions) -> Self {
        Self::build(schema, options, describe::result_metadata)
    }

    /// Returns the wire schema of a table for lists of tables, with remarks on its columns.
    ///
    /// Never for results: JDBC shows a remark in place of the name of a column.
    pub fn of_table(schema: &Schema, options: WireOptions) -> Self {
        Self::build(schema, options, describe::table_metadata)
    }

    /// Returns a wire schema that is `schema` as it is, for the answers of metadata commands.
    pub fn exact(schema: SchemaRef) -> Self {
        Self { schema, costly: false }
    }

    fn build(schema: &Schema, options: WireOptions, metadata: describe::Describe) -> Self {
        let names = names::unique_names(schema.fields().iter().map(|field| field.name().as_str()));
        let fields = schema.fields().iter().zip(names).map(|(field, name)| {
            let data_type = types::wire_type(field.data_type(), options);
            let metadata = metadata(field, &data_type, options.types);
            Field::new(name, data_type, true).with_metadata(metadata)
        });
        let wire = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let mut pairs = schema.fields().iter().zip(wire.fields());
        let costly = pairs.any(|(from, to)| types::is_costly(from.data_type(), to.data_type()));
        Self { schema: wire, costly }
    }

    /// Returns the schema.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Tells whether converting writes JSON, which takes too long for an async thread.
    pub fn is_costly(&self) -> bool {
        self.costly
    }

    /// Returns a batch of the result in the wire schema.
    ///
    /// Columns that have their type already are shared, not copied. The batch may differ from the schema of the
    /// plan in names, nullability, metadata, and in types that cast without loss of meaning.
    ///
    /// # Errors
    ///
    /// `Invalid` for an instant that nanoseconds do not reach; `Internal` for a batch of another result.
    pub fn convert(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let fields = self.schema.fields();
        if batch.num_columns() != fields.len() {
            let (has, wants) = (batch.num_columns(), fields.len());
            return Err(Error::internal(format!("result has {has} columns where {wants} were declared")));
        }
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(fields.len());
        for (column, field) in batch.columns().iter().zip(fields) {
            columns.push(convert::column(column, field)?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|e| Error::internal("put batch into wire schema").with_source(e))
    }
}

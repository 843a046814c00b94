//! Catalogs, schemas, tables and keys, as metadata commands list them.
//!
//! What the caller may see is decided before: these functions filter, sort and encode. All names are compared
//! without case, as in Lake SQL. Each command has a function for its rows and one for its schema, which is that of
//! the rows, nullability included.
//!
//! | filter | means |
//! |---|---|
//! | catalog | that catalog; the empty text means tables without a catalog, of which there are none |
//! | schema, table | a pattern with `%`, `_` and the escape `\` |
//! | table types | one of these; `BASE TABLE` is `TABLE`; none means all |
//!
//! # Source
//! FlightSql.proto. Where it and its implementations order columns differently (primary keys), it is the order of
//! the C++, Go and Java ones, which clients were built with.

mod keys;

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow_flight::sql::{CommandGetDbSchemas, CommandGetTables};
use arrow_flight::{IpcMessage, SchemaAsIpc};
use arrow_ipc::writer::IpcWriteOptions;
use auditlake_model::{Error, Result};
use auditlake_query::catalog::CATALOG;

pub use self::keys::{foreign_keys, foreign_keys_schema, primary_keys, primary_keys_schema};

use super::like::LikePattern;
use super::wire::{WireOptions, WireSchema};

/// What kind of table one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TableType {
    /// Holds rows.
    Table,
    /// Shows rows of others.
    View,
}

impl TableType {
    /// All types, in the order of their names.
    pub const ALL: [Self; 2] = [Self::Table, Self::View];

    /// Returns the name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "TABLE",
            Self::View => "VIEW",
        }
    }

    /// Tells whether a client that says `name` means this type.
    fn is_called(self, name: &str) -> bool {
        let is_base_table = self == Self::Table && name.eq_ignore_ascii_case("BASE TABLE");
        is_base_table || name.eq_ignore_ascii_case(self.as_str())
    }
}

/// A table that the caller may see.
#[derive(Debug, Clone)]
pub struct TableListing {
    /// The schema that it is in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub table_type: TableType,
    /// Its columns as SQL sees them, if they were loaded.
    pub columns: Option<SchemaRef>,
}

/// What a `GetTables` command asks for, so that columns need be loaded only for tables that it lists.
#[derive(Debug, Clone)]
pub struct TableFilter {
    catalog: Option<String>,
    schema: Option<LikePattern>,
    table: Option<LikePattern>,
    types: Vec<String>,
}

impl TableFilter {
    /// Reads the filters of a command.
    pub fn new(command: &CommandGetTables) -> Self {
        Self {
            catalog: command.catalog.clone(),
            schema: command.db_schema_filter_pattern.as_deref().map(LikePattern::new),
            table: command.table_name_filter_pattern.as_deref().map(LikePattern::new),
            types: command.table_types.clone(),
        }
    }

    /// Tells whether the command lists this table.
    pub fn lists(&self, schema: &str, name: &str, table_type: TableType) -> bool {
        let fits =
            |pattern: &Option<LikePattern>, name| pattern.as_ref().is_none_or(|like| like.matches(name));
        let has_type = self.types.is_empty() || self.types.iter().any(|name| table_type.is_called(name));
        is_catalog(self.catalog.as_deref())
            && has_type
            && fits(&self.schema, schema)
            && fits(&self.table, name)
    }
}

fn is_catalog(asked: Option<&str>) -> bool {
    asked.is_none_or(|name| name.eq_ignore_ascii_case(CATALOG))
}

/// Returns the one catalog.
///
/// # Errors
///
/// `Internal` when the batch cannot be made.
pub fn catalogs() -> Result<RecordBatch> {
    batch(catalogs_schema(), vec![texts([CATALOG])])
}

/// Returns the schema of [`catalogs`].
pub fn catalogs_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("catalog_name", DataType::Utf8, false)]))
}

/// Returns those of the schemas that the command lists, in the order of their names.
///
/// # Errors
///
/// `Internal` when the batch cannot be made.
pub fn db_schemas(command: &CommandGetDbSchemas, schemas: &[&str]) -> Result<RecordBatch> {
    let pattern = command.db_schema_filter_pattern.as_deref().map(LikePattern::new);
    let is_listed = |name: &&str| {
        is_catalog(command.catalog.as_deref()) && pattern.as_ref().is_none_or(|like| like.matches(name))
    };
    let mut names: Vec<&str> = schemas.iter().copied().filter(is_listed).collect();
    names.sort_unstable();
    let catalogs = texts(names.iter().map(|_| CATALOG));
    batch(db_schemas_schema(), vec![catalogs, texts(names)])
}

/// Returns the schema of [`db_schemas`].
pub fn db_schemas_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("catalog_name", DataType::Utf8, true),
        Field::new("db_schema_name", DataType::Utf8, false),
    ]))
}

/// Returns those of the tables that the command lists, in the order of schema, name and type.
///
/// Their columns come, if asked for, in the wire form of `options`, with remarks.
///
/// # Errors
///
/// `Internal` when the batch cannot be made, or columns were asked for and not loaded.
pub fn tables(
    command: &CommandGetTables,
    listings: &[TableListing],
    options: WireOptions,
) -> Result<RecordBatch> {
    let filter = TableFilter::new(command);
    let is_listed = |table: &&TableListing| filter.lists(&table.schema, &table.name, table.table_type);
    let mut rows: Vec<&TableListing> = listings.iter().filter(is_listed).collect();
    rows.sort_by_key(|table| (table.schema.as_str(), table.name.as_str(), table.table_type.as_str()));
    let mut columns = vec![
        texts(rows.iter().map(|_| CATALOG)),
        texts(rows.iter().map(|table| table.schema.as_str())),
        texts(rows.iter().map(|table| table.name.as_str())),
        texts(rows.iter().map(|table| table.table_type.as_str())),
    ];
    if command.include_schema {
        columns.push(table_schemas(&rows, options)?);
    }
    batch(tables_schema(command.include_schema), columns)
}

/// Returns the schema of [`tables`].
pub fn tables_schema(include_schema: bool) -> SchemaRef {
    let mut fields = vec![
        Field::new("catalog_name", DataType::Utf8, true),
        Field::new("db_schema_name", DataType::Utf8, true),
        Field::new("table_name", DataType::Utf8, false),
        Field::new("table_type", DataType::Utf8, false),
    ];
    if include_schema {
        fields.push(Field::new("table_schema", DataType::Binary, false));
    }
    Arc::new(Schema::new(fields))
}

/// Encodes the columns of tables, each as a schema message with its length in front.
fn table_schemas(tables: &[&TableListing], options: WireOptions) -> Result<ArrayRef> {
    let ipc = IpcWriteOptions::default();
    let mut schemas = Vec::with_capacity(tables.len());
    for table in tables {
        let Some(columns) = &table.columns else {
            return Err(Error::internal(format!("columns of `{}` were not loaded", table.name)));
        };
        let wire = WireSchema::of_table(columns, options);
        let message: IpcMessage = SchemaAsIpc::new(wire.schema(), &ipc)
            .try_into()
            .map_err(|e| Error::internal("encode columns of table").with_source(e))?;
        schemas.push(message);
    }
    Ok(Arc::new(BinaryArray::from_iter_values(schemas.iter().map(|IpcMessage(bytes)| bytes))))
}

/// Returns the types that tables have.
///
/// # Errors
///
/// `Internal` when the batch cannot be made.
pub fn table_types() -> Result<RecordBatch> {
    batch(table_types_schema(), vec![texts(TableType::ALL.map(TableType::as_str))])
}

/// Returns the schema of [`table_types`].
pub fn table_types_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("table_type", DataType::Utf8, false)]))
}

fn texts<'a>(values: impl IntoIterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn batch(schema: SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(schema, columns).map_err(|e| Error::internal("list metadata").with_source(e))
}

#[cfg(test)]
mod tests;

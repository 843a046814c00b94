//! Metadata commands: what catalogs, tables, types and features there are.
//!
//! A command is its own ticket, so these answers need no state. Their schemas are fixed and the same in
//! GetFlightInfo, GetSchema and DoGet.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow_flight::sql::{Command, CommandGetTables};
use auditlake_model::{Error, Result};
use auditlake_query::catalog::{LAKE_SCHEMA, SYSTEM_SCHEMA};

use super::options::SessionOptions;
use super::service::FlightSql;
use super::sql_info::{FunctionGroups, ServerFacts, sql_info, sql_info_schema};
use super::tables::{self, TableFilter, TableListing, TableType};
use super::type_info::{type_info, type_info_schema};
use crate::caller::Caller;

/// Returns the schema of a metadata command's answer; `None` for other commands.
pub(super) fn schema(command: &Command) -> Option<SchemaRef> {
    Some(match command {
        Command::CommandGetCatalogs(_) => tables::catalogs_schema(),
        Command::CommandGetDbSchemas(_) => tables::db_schemas_schema(),
        Command::CommandGetTables(command) => tables::tables_schema(command.include_schema),
        Command::CommandGetTableTypes(_) => tables::table_types_schema(),
        Command::CommandGetPrimaryKeys(_) => tables::primary_keys_schema(),
        Command::CommandGetExportedKeys(_)
        | Command::CommandGetImportedKeys(_)
        | Command::CommandGetCrossReference(_) => tables::foreign_keys_schema(),
        Command::CommandGetSqlInfo(_) => sql_info_schema(),
        Command::CommandGetXdbcTypeInfo(_) => type_info_schema(),
        _ => return None,
    })
}

impl FlightSql {
    /// Answers a metadata command.
    ///
    /// # Errors
    ///
    /// `Internal` for other commands; as the storage gives them.
    pub(super) async fn metadata(
        &self,
        caller: &Caller,
        command: &Command,
        options: &SessionOptions,
    ) -> Result<RecordBatch> {
        match command {
            Command::CommandGetCatalogs(_) => tables::catalogs(),
            Command::CommandGetDbSchemas(command) => {
                tables::db_schemas(command, &[LAKE_SCHEMA, SYSTEM_SCHEMA])
            }
            Command::CommandGetTables(command) => self.list_tables(caller, command, options).await,
            Command::CommandGetTableTypes(_) => tables::table_types(),
            Command::CommandGetPrimaryKeys(_) => Ok(tables::primary_keys()),
            Command::CommandGetExportedKeys(_)
            | Command::CommandGetImportedKeys(_)
            | Command::CommandGetCrossReference(_) => Ok(tables::foreign_keys()),
            Command::CommandGetSqlInfo(command) => sql_info(self.facts(), &command.info),
            Command::CommandGetXdbcTypeInfo(command) => type_info(command.data_type),
            _ => Err(Error::internal("this command has no metadata")),
        }
    }

    async fn list_tables(
        &self,
        caller: &Caller,
        command: &CommandGetTables,
        options: &SessionOptions,
    ) -> Result<RecordBatch> {
        let filter = TableFilter::new(command);
        let mut listings = Vec::new();
        for entry in self.state.queries.tables(&caller.principal).await? {
            let schema = entry.schema_name();
            let table_type = if entry.is_view() { TableType::View } else { TableType::Table };
            if !filter.lists(schema, &entry.name, table_type) {
                continue;
            }
            let columns = match command.include_schema {
                true => Some(self.state.queries.columns(&entry, &caller.principal).await?),
                false => None,
            };
            listings.push(TableListing { schema: schema.to_owned(), name: entry.name, table_type, columns });
        }
        tables::tables(command, &listings, options.wire())
    }

    /// Returns what stays the same while the server runs: clients ask on every connect.
    fn facts(&self) -> &ServerFacts {
        self.state.facts.get_or_init(|| {
            let functions = self.state.queries.functions();
            ServerFacts {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                statement_timeout: self.state.queries.time_limit(),
                functions: FunctionGroups::new(functions.iter().map(|function| function.name.as_str())),
            }
        })
    }
}

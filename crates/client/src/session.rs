//! Questions to a server, over Flight SQL.

use std::time::Duration;

use arrow_flight::FlightDescriptor;
use arrow_flight::sql::{CommandGetTables, ProstMessageExt as _};
use auditlake_model::{Result, Timestamp};
use prost::Message as _;

use crate::connection::Connection;
use crate::flight::{Flight, Headers};
use crate::parameters::Value;
use crate::progress::Counter;
use crate::query::Query;
use crate::tables::{self, RemoteTable};

/// One statement, and how to answer it.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The statement.
    pub sql: String,
    /// A value for each `:name` in it.
    pub parameters: Vec<(String, Value)>,
    /// Hides earlier events of every event data store.
    pub since: Option<Timestamp>,
    /// A time limit below the server's own.
    pub time_limit: Option<Duration>,
    /// Whether it comes from the completion, and not from the user.
    pub for_completion: bool,
}

impl Question {
    /// Creates a question of the user without parameters and bounds.
    pub fn new(sql: impl Into<String>) -> Self {
        let parameters = Vec::new();
        Self { sql: sql.into(), parameters, since: None, time_limit: None, for_completion: false }
    }
}

/// Asks questions over one connection, any number at once.
#[derive(Debug, Clone)]
pub struct Session {
    connection: Connection,
}

impl Session {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// Returns the connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Starts a query; to be called on a tokio runtime, whose task it becomes.
    pub fn start(&self, question: Question) -> Query {
        let flight = Flight::new(self.connection.clone(), Headers::of(&question));
        Query::start(flight, question)
    }

    /// Lists the tables that the user may see, in the order of schema and name.
    ///
    /// # Errors
    /// What the server says; `Corrupt` for an answer of another shape.
    pub async fn tables(&self) -> Result<Vec<RemoteTable>> {
        self.get_tables(CommandGetTables::default()).await
    }

    /// Returns one table with its columns; none when there is none of that name.
    ///
    /// # Errors
    /// As [`Session::tables`].
    pub async fn table(&self, schema: &str, name: &str) -> Result<Option<RemoteTable>> {
        let command = CommandGetTables {
            catalog: None,
            db_schema_filter_pattern: Some(tables::pattern_of(schema)),
            table_name_filter_pattern: Some(tables::pattern_of(name)),
            table_types: Vec::new(),
            include_schema: true,
        };
        let found = self.get_tables(command).await?;
        Ok(found.into_iter().find(|table| table.name.eq_ignore_ascii_case(name)))
    }

    async fn get_tables(&self, command: CommandGetTables) -> Result<Vec<RemoteTable>> {
        let flight = Flight::new(self.connection.clone(), Headers::default());
        let info = flight.info(FlightDescriptor::new_cmd(command.as_any().encode_to_vec())).await?;
        let counter = std::sync::Arc::new(Counter::default());
        let mut batches = Vec::new();
        for ticket in Flight::tickets(&info)? {
            let mut rows = flight.get(ticket, &counter).await?;
            while let Some(batch) = rows.next().await? {
                batches.push(batch);
            }
        }
        tables::read(&batches)
    }
}

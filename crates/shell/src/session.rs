//! What the shell asks of whoever answers its queries: a lake in this process, or a server.

use std::fmt::Debug;
use std::time::Duration;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use auditlake_model::{Result, TimeBound, Timestamp};
use auditlake_query::{Parameters, Progress};

/// A question of the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellRequest {
    /// One statement.
    pub sql: String,
    /// The values that are set; the statement, and the saved queries in it, use what they need.
    pub parameters: Parameters,
    /// Hides earlier events of every event data store from the statement.
    pub since: Option<TimeBound>,
    /// A time limit below the session's own.
    pub time_limit: Option<Duration>,
    /// Who wants to know.
    pub purpose: Purpose,
}

impl ShellRequest {
    /// Creates a request of the user without parameters and bounds.
    pub fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            parameters: Parameters::default(),
            since: None,
            time_limit: None,
            purpose: Purpose::Statement,
        }
    }
}

/// Whose question it is, for the history of queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The user's.
    Statement,
    /// That of the completion, which looks at some events to know what to offer.
    Completion,
}

/// One place that answers queries.
#[async_trait]
pub trait Session: Debug + Send + Sync {
    /// Returns what the banner names: the lake.
    fn place(&self) -> String;

    /// Takes a question in and returns at once.
    ///
    /// # Errors
    /// When it is not even taken; errors of the statement come out of the query.
    fn start(&self, request: ShellRequest) -> Result<Box<dyn RunningQuery>>;

    /// Lists the names that can stand behind FROM, cheaply: event data stores, saved queries, reference tables, then
    /// `system.` tables.
    async fn tables(&self) -> Result<Vec<String>>;

    /// Returns the facts about all event data stores; may take a while.
    async fn stores(&self) -> Result<Vec<StoreFacts>>;

    /// Returns the facts about one event data store, by name or id.
    async fn store(&self, name: &str) -> Result<StoreFacts>;

    /// Returns the columns of a table that [`Session::tables`] listed.
    async fn columns(&self, table: &str) -> Result<Vec<ColumnFacts>>;

    /// Returns the functions that statements may call, by name.
    fn functions(&self) -> Vec<FunctionFacts>;

    /// Takes the notices for the user that came up since the last call.
    fn take_notices(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A query that was started. Dropping it cancels it.
#[async_trait]
pub trait RunningQuery: Send {
    /// Returns the schema of the result, once the query is planned.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    async fn schema(&mut self) -> Result<SchemaRef>;

    /// Returns the next rows; `None` after the last.
    ///
    /// # Cancel safety
    /// May be dropped and called again; no batch is lost.
    async fn next_batch(&mut self) -> Result<Option<RecordBatch>>;

    /// Returns what the query has read so far.
    fn progress(&self) -> Progress;

    /// Asks the query to stop; whoever waits for it gets `Cancelled` at once.
    fn cancel(&self);
}

/// What can be told about an event data store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreFacts {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its state, in Lake's words.
    pub state: String,
    /// Events stored.
    pub events: u64,
    /// Bytes of its data files.
    pub size_bytes: u64,
    /// Data files.
    pub files: u64,
    /// Time of the first event.
    pub first_event_at: Option<Timestamp>,
    /// Time of the last event.
    pub last_event_at: Option<Timestamp>,
    /// Its settings, as names and values for people.
    pub settings: Vec<(String, String)>,
}

/// A column, or a field of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnFacts {
    /// Its name.
    pub name: String,
    /// Its type, in Lake's words.
    pub type_name: String,
    /// Whether it holds free-form JSON.
    pub json: bool,
    /// The fields of a row type, or of the rows in a list.
    pub fields: Vec<ColumnFacts>,
}

/// A function that statements may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionFacts {
    /// Its name.
    pub name: String,
    /// How it is called.
    pub signature: String,
    /// One line about it.
    pub help: String,
}

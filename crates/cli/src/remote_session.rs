//! The shell's session over a server.

use std::time::Duration;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use auditlake_client::{Connection, Query, Question, Value};
use auditlake_dialect::parameter_uses;
use auditlake_model::Clock as _;
use auditlake_model::{Error, ErrorKind, Result, SystemClock, Timestamp};
use auditlake_proto::v1;
use auditlake_proto::v1::event_data_stores_client::EventDataStoresClient;
use auditlake_proto::v1::server_client::ServerClient;
use auditlake_query::{ParameterValue, Parameters, Progress, QueryRequest};
use auditlake_shell::{ColumnFacts, FunctionFacts, Purpose, RunningQuery, Session, ShellRequest, StoreFacts};

use crate::answers::Answers;
use crate::shell_session::{SYSTEM, columns_of};

/// The schema of the stores, and that of the engine's own tables.
const STORES: &str = "lake";
const ENGINE: &str = "system";
/// Stores that are asked for at once, and most pages.
const PAGE: u32 = 1_000;
const MOST_PAGES: usize = 100;

/// A server that answers queries.
#[derive(Debug)]
pub(crate) struct RemoteSession {
    connection: Connection,
    functions: Vec<FunctionFacts>,
    /// A limit of every statement, if the user set one.
    time_limit: Option<Duration>,
}

impl RemoteSession {
    /// Creates a session that knows no functions, for statements without a prompt.
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, functions: Vec::new(), time_limit: None }
    }

    /// Limits the time of every statement.
    #[must_use]
    pub(crate) fn with_time_limit(mut self, limit: Option<Duration>) -> Self {
        self.time_limit = limit;
        self
    }

    /// Creates a session for a prompt.
    ///
    /// # Errors
    /// What the server says, except that it does not list functions: then completion knows none.
    pub(crate) async fn with_functions(connection: Connection) -> Result<Self> {
        let listed = connection.call(|service| async move {
            let answer = ServerClient::new(service).list_functions(v1::ListFunctionsRequest {}).await;
            answer.map(|answer| answer.into_inner().functions)
        });
        let functions = match listed.await {
            Ok(functions) => functions.into_iter().map(function).collect(),
            Err(error) if error.kind() == ErrorKind::Unsupported => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { connection, functions, time_limit: None })
    }

    fn begin(&self, question: Question) -> Box<dyn RunningQuery> {
        let limits = [question.time_limit, self.time_limit];
        let question = Question { time_limit: limits.into_iter().flatten().min(), ..question };
        Box::new(RemoteQuery(self.connection.session().start(question)))
    }
}

impl Answers for RemoteSession {
    fn ask(&self, request: QueryRequest) -> Result<Box<dyn RunningQuery>> {
        let parameters = values(&request.sql, &request.parameters)?;
        let (since, time_limit) = (request.since, request.time_limit);
        Ok(self.begin(Question { parameters, since, time_limit, ..Question::new(request.sql) }))
    }
}

#[async_trait]
impl Session for RemoteSession {
    fn place(&self) -> String {
        self.connection.address().to_string()
    }

    fn start(&self, request: ShellRequest) -> Result<Box<dyn RunningQuery>> {
        let parameters = values(&request.sql, &request.parameters)?;
        Ok(self.begin(Question {
            parameters,
            since: request.since.map(|bound| bound.resolve(SystemClock.now())),
            time_limit: request.time_limit,
            for_completion: request.purpose == Purpose::Completion,
            ..Question::new(request.sql)
        }))
    }

    async fn tables(&self) -> Result<Vec<String>> {
        let tables = self.connection.session().tables().await?;
        let of = |schema: &'static str| tables.iter().filter(move |table| table.schema == schema);
        let stores = of(STORES).map(|table| table.name.clone());
        Ok(stores.chain(of(ENGINE).map(|table| format!("{SYSTEM}{}", table.name))).collect())
    }

    async fn stores(&self) -> Result<Vec<StoreFacts>> {
        let mut facts = Vec::new();
        let mut next_token = String::new();
        for _ in 0..MOST_PAGES {
            let request = v1::ListEventDataStoresRequest { max_results: PAGE, next_token };
            let listed = self.connection.call(|service| {
                let request = request.clone();
                async move {
                    let answer = EventDataStoresClient::new(service).list_event_data_stores(request).await;
                    answer.map(|answer| answer.into_inner())
                }
            });
            let page = listed.await?;
            facts.extend(page.event_data_stores.into_iter().map(store));
            next_token = page.next_token;
            if next_token.is_empty() {
                return Ok(facts);
            }
        }
        Err(Error::resources_exhausted("the server lists stores without end"))
    }

    async fn store(&self, name: &str) -> Result<StoreFacts> {
        let found = self.connection.call(|service| {
            let request = v1::GetEventDataStoreRequest { event_data_store: name.to_owned() };
            async move {
                let answer = EventDataStoresClient::new(service).get_event_data_store(request).await;
                answer.map(|answer| answer.into_inner().event_data_store)
            }
        });
        found.await?.map(store).ok_or_else(|| Error::corrupt("the server's answer holds no event data store"))
    }

    async fn columns(&self, table: &str) -> Result<Vec<ColumnFacts>> {
        let (schema, name) = match table.strip_prefix(SYSTEM) {
            Some(name) => (ENGINE, name),
            None => (STORES, table),
        };
        let found = self.connection.session().table(schema, name).await?;
        let columns = found.and_then(|table| table.columns);
        let columns = columns.ok_or_else(|| Error::not_found(format!("no table `{table}`")))?;
        Ok(columns_of(&columns))
    }

    fn functions(&self) -> Vec<FunctionFacts> {
        self.functions.clone()
    }
}

/// A query on the server, as the shell holds it.
struct RemoteQuery(Query);

#[async_trait]
impl RunningQuery for RemoteQuery {
    async fn schema(&mut self) -> Result<SchemaRef> {
        self.0.schema().await
    }

    async fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        self.0.next_batch().await
    }

    fn progress(&self) -> Progress {
        let progress = self.0.progress();
        Progress {
            events_scanned: progress.events_scanned,
            events_matched: progress.events_matched,
            bytes_scanned: progress.bytes_scanned,
            files_total: progress.files_total,
            files_read: progress.files_read,
            files_done: progress.files_done,
            rows_returned: progress.rows_received,
        }
    }

    fn cancel(&self) {
        self.0.cancel();
    }
}

/// Returns the values of a statement's parameters as they travel.
///
/// # Errors
/// `Invalid` for a parameter without a value, with its place.
fn values(sql: &str, parameters: &Parameters) -> Result<Vec<(String, Value)>> {
    if let Some(missing) = parameter_uses(sql).into_iter().find(|used| parameters.get(&used.name).is_none()) {
        let name = missing.name;
        return Err(Error::invalid(format!("parameter `:{name}` has no value"))
            .with_code("InvalidQueryStatementException")
            .with_context("line", missing.position.line)
            .with_context("column", missing.position.column)
            .with_hint(format!("Give it one: `--param {name}=VALUE`, in the shell `\\set {name} VALUE`.")));
    }
    // What is only offered may be for other statements: the server says what this one needs.
    let given = parameters.iter().map(|(name, value)| Ok((name.to_owned(), travelling(value)?)));
    match parameters.is_offered() {
        true => Ok(given.filter_map(Result::ok).collect()),
        false => given.collect(),
    }
}

fn travelling(value: &ParameterValue) -> Result<Value> {
    Ok(match value {
        ParameterValue::Text(text) => Value::Text(text.clone()),
        ParameterValue::Number(number) => {
            let digits = number.as_str();
            Value::number(digits)
                .ok_or_else(|| Error::invalid(format!("`{digits}` is too large a number for a server")))?
        }
        ParameterValue::Boolean(value) => Value::Boolean(*value),
        ParameterValue::Timestamp(instant) => Value::Timestamp(*instant),
        ParameterValue::Null => Value::Null,
    })
}

fn function(function: v1::Function) -> FunctionFacts {
    FunctionFacts { name: function.name, signature: function.signature, help: function.help }
}

fn store(store: v1::EventDataStore) -> StoreFacts {
    let on_off = |on: bool| if on { "on" } else { "off" }.to_owned();
    let line = |name: &str, value: String| (name.to_owned(), value);
    let state = store.status().as_str_name().trim_start_matches("EVENT_DATA_STORE_STATUS_").to_owned();
    let class = match store.category_class() {
        v1::CategoryClass::Insight => "Insight",
        _ => "Activity",
    };
    let selectors = match &store.advanced_event_selectors {
        Some(rules) if !rules.selectors.is_empty() => rules.selectors.len().to_string(),
        _ => "every event of its category".to_owned(),
    };
    let retention = match store.retention_days {
        0 => "forever".to_owned(),
        days => format!("{days} days"),
    };
    let instant = |seconds: i64, nanos: i32| {
        Timestamp::from_micros(seconds.saturating_mul(1_000_000).saturating_add(i64::from(nanos) / 1_000))
    };
    StoreFacts {
        state,
        events: store.events,
        size_bytes: store.size_bytes,
        files: store.data_files,
        first_event_at: store.first_event_at.map(|at| instant(at.seconds, at.nanos)),
        last_event_at: store.last_event_at.map(|at| instant(at.seconds, at.nanos)),
        settings: vec![
            line("category class", class.to_owned()),
            line("event selectors", selectors),
            line("retention", retention),
            line("termination protection", on_off(store.termination_protection_enabled)),
            line("ingestion", on_off(store.ingestion_enabled)),
            line("promoted paths", store.promoted_paths.len().to_string()),
            line("version", store.version.to_string()),
        ],
        name: store.name,
        id: store.id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_without_a_value_is_found_before_the_server_is_asked() {
        let mut given = Parameters::default();
        given.assign("a:number=5").unwrap();
        let error = values("SELECT :a,\n  :b", &given).unwrap_err();
        assert_eq!(error.context(), [("line", "2".to_owned()), ("column", "3".to_owned())]);
        assert_eq!(values("SELECT :a", &given).unwrap(), [("a".to_owned(), Value::Integer(5))]);
    }

    #[test]
    fn facts_are_in_the_words_of_the_local_shell() {
        let message = v1::EventDataStore {
            name: "trail".to_owned(),
            status: v1::EventDataStoreStatus::StoppedIngestion.into(),
            retention_days: 90,
            ..v1::EventDataStore::default()
        };
        let facts = store(message);
        assert_eq!((facts.name.as_str(), facts.state.as_str()), ("trail", "STOPPED_INGESTION"));
        assert_eq!(facts.settings[2], ("retention".to_owned(), "90 days".to_owned()));
        assert_eq!(facts.settings[1].1, "every event of its category");
    }
}

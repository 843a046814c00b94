//! The RPCs of Flight, each a few lines: who asks, what for, and the answer's form.

use std::fmt::{self, Debug, Formatter};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow::datatypes::Schema;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::flight_descriptor::DescriptorType;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::{Any, Command, DoPutPreparedStatementResult};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest,
    HandshakeResponse, PollInfo, PutResult, SchemaAsIpc, SchemaResult, Ticket,
};
use arrow_ipc::writer::IpcWriteOptions;
use auditlake_access::{Authenticator, SigningKeys};
use auditlake_model::{Clock, Error, IdGenerator, Result};
use auditlake_query::QueryService;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use parking_lot::Mutex;
use prost::Message as _;
use tonic::{Request, Response, Status, Streaming};

use super::encode::encode_exact;
use super::handle::StatementHandle;
use super::metadata;
use super::options::SessionOptions;
use super::plans::Plans;
use super::recent::Recent;
use super::running::Running;
use super::session::Sessions;
use super::sql_info::ServerFacts;
use super::statements::{endpoint, flight_info};
use crate::auth::login_of;
use crate::caller::Caller;

/// Handles whose values are remembered for clients that do not take the new handle of a bind.
const MAX_BOUND: usize = 1_024;
/// Messages of a refused upload that are read, so that the refusal reaches the client.
const MAX_DRAINED: usize = 1_000;
/// How long that may take.
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// Bytes of the messages of a bind at most.
const MAX_BIND_BYTES: usize = 16 << 20;

/// Messages of a result.
pub(super) type MessageStream = Pin<Box<dyn Stream<Item = Result<FlightData, Status>> + Send>>;
/// Items of a stream that is ready.
type Items<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The Flight SQL service. Clones share everything.
#[derive(Clone)]
pub struct FlightSql {
    pub(super) state: Arc<State>,
}

/// What the service is made of.
pub struct FlightParts {
    /// Answers queries.
    pub queries: Arc<QueryService>,
    /// Knows who asks.
    pub authenticator: Arc<Authenticator>,
    /// Sign handles, tickets and cookies.
    pub keys: Arc<SigningKeys>,
    /// Tells when a handle has expired.
    pub clock: Arc<dyn Clock>,
    /// Tells handles apart.
    pub ids: Arc<dyn IdGenerator>,
    /// How long a prepared statement is good.
    pub session_ttl: Duration,
    /// How long a ticket is good.
    pub ticket_ttl: Duration,
    /// How long a client may take no rows.
    pub stall_limit: Duration,
}

pub(super) struct State {
    pub(super) queries: Arc<QueryService>,
    authenticator: Arc<Authenticator>,
    pub(super) keys: Arc<SigningKeys>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdGenerator>,
    pub(super) session_ttl: Duration,
    pub(super) ticket_ttl: Duration,
    pub(super) stall_limit: Duration,
    pub(super) sessions: Sessions,
    pub(super) plans: Plans,
    pub(super) bound: Mutex<Recent<StatementHandle>>,
    pub(super) running: Arc<Running>,
    pub(super) facts: OnceLock<ServerFacts>,
}

impl FlightSql {
    /// Creates the service.
    pub fn new(parts: FlightParts) -> Self {
        let FlightParts { queries, authenticator, keys, clock, ids, session_ttl, ticket_ttl, stall_limit } =
            parts;
        let state = State {
            queries,
            authenticator,
            keys,
            clock,
            ids,
            session_ttl,
            ticket_ttl,
            stall_limit,
            sessions: Sessions::default(),
            plans: Plans::default(),
            bound: Mutex::new(Recent::new(MAX_BOUND)),
            running: Arc::default(),
            facts: OnceLock::new(),
        };
        Self { state: Arc::new(state) }
    }

    /// Drops plans whose clients did not come; to be called every few seconds.
    pub fn sweep(&self) {
        self.state.plans.sweep();
    }

    /// Returns who asks and what they set, and gives `work` the rest.
    async fn answer<T, R>(
        &self,
        request: Request<T>,
        work: impl AsyncFnOnce(&Self, Caller, SessionOptions, T) -> Result<R>,
    ) -> Result<R, Status> {
        let caller = Caller::of(&request)?;
        let session = self.state.sessions.options(&caller, request.metadata(), &self.state.keys);
        let asked = caller.clone();
        let answer = async {
            let options = session.with_headers(request.metadata())?;
            work(self, caller, options, request.into_inner()).await
        };
        answer.await.map_err(|error| asked.status(&error))
    }

    async fn describe(
        &self,
        caller: &Caller,
        options: &SessionOptions,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let command = match command_of(&descriptor)? {
            Asked::Table(sql) => return self.statement_info(caller, &sql, options, descriptor).await,
            Asked::Command(command) => *command,
        };
        if let Some(schema) = metadata::schema(&command) {
            return flight_info(&schema, endpoint(descriptor.cmd.to_vec(), None), descriptor);
        }
        match command {
            Command::CommandStatementQuery(query) => {
                no_transaction(query.transaction_id.as_deref())?;
                self.statement_info(caller, &query.query, options, descriptor).await
            }
            Command::CommandPreparedStatementQuery(query) => {
                self.prepared_info(caller, &query.prepared_statement_handle, descriptor).await
            }
            other => Err(refused(&other)),
        }
    }

    async fn schema(
        &self,
        caller: &Caller,
        options: &SessionOptions,
        descriptor: &FlightDescriptor,
    ) -> Result<arrow::datatypes::SchemaRef> {
        let command = match command_of(descriptor)? {
            Asked::Table(sql) => return self.statement_columns(caller, &sql, options).await,
            Asked::Command(command) => *command,
        };
        if let Some(schema) = metadata::schema(&command) {
            return Ok(schema);
        }
        match command {
            Command::CommandStatementQuery(query) => {
                no_transaction(query.transaction_id.as_deref())?;
                self.statement_columns(caller, &query.query, options).await
            }
            Command::CommandPreparedStatementQuery(query) => {
                let statement = self.statement(caller, &query.prepared_statement_handle)?;
                self.columns(caller, statement).await
            }
            other => Err(refused(&other)),
        }
    }

    async fn get(&self, caller: Caller, options: &SessionOptions, ticket: &[u8]) -> Result<MessageStream> {
        let command = decode_command(ticket).map_err(|error| error.with_context("message", "ticket"))?;
        if metadata::schema(&command).is_some() {
            let batch = self.metadata(&caller, &command, options).await?;
            return Ok(Box::pin(encode_exact(batch)));
        }
        match command {
            Command::TicketStatementQuery(ticket) => self.fetch(caller, &ticket.statement_handle).await,
            other => Err(refused(&other)),
        }
    }

    /// Takes the row of values for a prepared statement; everything else that is uploaded is refused.
    async fn put(&self, caller: &Caller, upload: &mut Streaming<FlightData>) -> Result<PutResult> {
        let first = upload.message().await.map_err(|e| broken(&e))?;
        let first = first.ok_or_else(|| Error::invalid("the upload is empty"))?;
        let descriptor = first.flight_descriptor.clone();
        let descriptor = descriptor.ok_or_else(|| Error::invalid("the upload has no descriptor"))?;
        let query = match decode_command(&descriptor.cmd)? {
            Command::CommandPreparedStatementQuery(query) => query,
            other => return Err(refused(&other)),
        };
        let messages = messages_of(first, upload).await?;
        let messages = stream::iter(messages.into_iter().map(Ok::<_, FlightError>));
        let rows: Vec<_> = FlightRecordBatchStream::new_from_flight_data(messages)
            .try_collect()
            .await
            .map_err(|e| Error::invalid("the bound values are no Arrow data").with_source(e))?;
        let mut rows = rows.into_iter().filter(|batch| batch.num_rows() > 0);
        let handle = match (rows.next(), rows.next()) {
            // Drivers also bind nothing to statements without parameters.
            (None, _) => query.prepared_statement_handle.to_vec(),
            (Some(row), None) => self.bind(caller, &query.prepared_statement_handle, &row)?,
            (Some(_), Some(_)) => {
                return Err(Error::invalid("more than one row of values is bound")
                    .with_hint("Run the statement once for each row."));
            }
        };
        let result = DoPutPreparedStatementResult { prepared_statement_handle: Some(handle.into()) };
        Ok(PutResult { app_metadata: result.encode_to_vec().into() })
    }

    /// Lists the tables as flights, each by its path.
    async fn flights(&self, caller: &Caller, options: &SessionOptions) -> Result<Vec<FlightInfo>> {
        let mut flights = Vec::new();
        for entry in self.state.queries.tables(&caller.principal).await? {
            let columns = self.state.queries.columns(&entry, &caller.principal).await?;
            let columns = super::wire::WireSchema::new(&columns, options.wire());
            let path = vec![entry.schema_name().to_owned(), entry.name.clone()];
            let descriptor = FlightDescriptor::new_path(path);
            let info = FlightInfo::new().try_with_schema(columns.schema());
            let info = info.map_err(|e| Error::internal("encode columns of table").with_source(e))?;
            flights.push(info.with_descriptor(descriptor));
        }
        Ok(flights)
    }
}

/// What a descriptor asks for.
enum Asked {
    /// All rows of a table.
    Table(String),
    /// A command of Flight SQL.
    Command(Box<Command>),
}

fn command_of(descriptor: &FlightDescriptor) -> Result<Asked> {
    match descriptor.r#type() {
        DescriptorType::Path if !descriptor.path.is_empty() => {
            let quoted = descriptor.path.iter().map(|part| format!("\"{}\"", part.replace('"', "\"\"")));
            let name = quoted.collect::<Vec<_>>().join(".");
            Ok(Asked::Table(format!("SELECT * FROM {name}")))
        }
        DescriptorType::Cmd => {
            decode_command(&descriptor.cmd).map(|command| Asked::Command(Box::new(command)))
        }
        _ => Err(Error::invalid("the descriptor holds neither a command nor a path")),
    }
}

fn decode_command(bytes: &[u8]) -> Result<Command> {
    let wrong = || Error::invalid("the message is no command of Flight SQL");
    let any = Any::decode(bytes).map_err(|e| wrong().with_source(e))?;
    if any.type_url.is_empty() {
        return Err(
            wrong().with_hint("Connect with a Flight SQL client; plain Flight tickets are not known here.")
        );
    }
    Command::try_from(any).map_err(|e| wrong().with_source(e))
}

/// Returns why a command is not carried out.
fn refused(command: &Command) -> Error {
    match command {
        Command::CommandStatementUpdate(_)
        | Command::CommandPreparedStatementUpdate(_)
        | Command::CommandStatementIngest(_) => {
            Error::permission_denied("this endpoint is read-only").with_code("AccessDeniedException").with_hint(
                "Events come in by `auditlake import`; stores are managed by `auditlake store` and the gRPC services.",
            )
        }
        Command::Unknown(any) => {
            let name = crate::status::short(&any.type_url, 120);
            Error::unsupported(format!("command `{name}` is not known"))
        }
        other => Error::unsupported(format!("{} is not supported here", name_of(other))),
    }
}

/// Returns the name of a command without its content, which may be secret or long.
fn name_of(command: &Command) -> String {
    let text = format!("{command:?}");
    text.split(['(', ' ']).next().unwrap_or_default().to_owned()
}

fn no_transaction(id: Option<&[u8]>) -> Result<()> {
    match id {
        Some(id) if !id.is_empty() => Err(Error::invalid("there are no transactions")
            .with_hint("Run the statement without a transaction: it only reads.")),
        _ => Ok(()),
    }
}

fn broken(status: &Status) -> Error {
    Error::invalid("the upload broke off").with_detail(status.message().to_owned())
}

/// Reads the rest of an upload.
async fn messages_of(first: FlightData, upload: &mut Streaming<FlightData>) -> Result<Vec<FlightData>> {
    let mut bytes = 0;
    let mut messages = vec![first];
    while let Some(message) = upload.message().await.map_err(|e| broken(&e))? {
        bytes += message.data_header.len() + message.data_body.len() + message.app_metadata.len();
        if bytes > MAX_BIND_BYTES {
            return Err(Error::resources_exhausted(format!(
                "bound values are larger than {MAX_BIND_BYTES} bytes"
            )));
        }
        messages.push(message);
    }
    Ok(messages)
}

fn ipc_schema(schema: &Schema) -> Result<SchemaResult> {
    SchemaAsIpc::new(schema, &IpcWriteOptions::default())
        .try_into()
        .map_err(|e| Error::internal("encode schema").with_source(e))
}

fn ready<T: Send + 'static>(items: Vec<T>) -> Items<T> {
    Box::pin(stream::iter(items.into_iter().map(Ok)))
}

#[tonic::async_trait]
impl FlightService for FlightSql {
    type HandshakeStream = Items<HandshakeResponse>;
    type ListFlightsStream = Items<FlightInfo>;
    type DoGetStream = MessageStream;
    type DoPutStream = Items<PutResult>;
    type DoActionStream = Items<arrow_flight::Result>;
    type ListActionsStream = Items<ActionType>;
    type DoExchangeStream = MessageStream;

    /// Logs in: the token comes back as a header, which drivers read, and as the payload.
    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        let token = login_of(&self.state.authenticator, request).await?;
        let payload = HandshakeResponse { protocol_version: 0, payload: token.clone().into() };
        let mut response = Response::new(ready(vec![payload]));
        if let Ok(value) = format!("Bearer {token}").parse() {
            response.metadata_mut().insert("authorization", value);
        }
        Ok(response)
    }

    async fn list_flights(
        &self,
        request: Request<Criteria>,
    ) -> Result<Response<Self::ListFlightsStream>, Status> {
        let flights =
            self.answer(request, async |this, caller, options, _| this.flights(&caller, &options).await);
        Ok(Response::new(ready(flights.await?)))
    }

    async fn get_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let info = self.answer(request, async |this, caller, options, descriptor| {
            this.describe(&caller, &options, descriptor).await
        });
        Ok(Response::new(info.await?))
    }

    /// Answers at once with the whole description: planning is all that has to be done before the first rows.
    async fn poll_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<PollInfo>, Status> {
        let info = self.answer(request, async |this, caller, options, descriptor| {
            this.describe(&caller, &options, descriptor).await
        });
        let info = info.await?;
        Ok(Response::new(PollInfo::new().with_info(info).try_with_progress(1.0).unwrap_or_default()))
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, Status> {
        let schema = self.answer(request, async |this, caller, options, descriptor| {
            ipc_schema(&*this.schema(&caller, &options, &descriptor).await?)
        });
        Ok(Response::new(schema.await?))
    }

    async fn do_get(&self, request: Request<Ticket>) -> Result<Response<Self::DoGetStream>, Status> {
        let rows = self.answer(request, async |this, caller, options, ticket| {
            this.get(caller, &options, &ticket.ticket).await
        });
        Ok(Response::new(rows.await?))
    }

    async fn do_put(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoPutStream>, Status> {
        let result = self.answer(request, async |this, caller, _, mut upload| {
            let result = this.put(&caller, &mut upload).await;
            if result.is_err() {
                // A client that is still sending would see a broken stream and not the reason.
                let rest = upload.by_ref().take(MAX_DRAINED).for_each(|_| std::future::ready(()));
                let _ = tokio::time::timeout(DRAIN_TIME, rest).await;
            }
            result
        });
        Ok(Response::new(ready(vec![result.await?])))
    }

    async fn do_exchange(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        let caller = Caller::of(&request)?;
        Err(caller.status(&Error::unsupported("DoExchange is not supported here")))
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<Self::DoActionStream>, Status> {
        let done = self.answer(request, async |this, caller, options, action| {
            this.act(&caller, &options, &action).await
        });
        let done = done.await?;
        let mut response = Response::new(ready(done.results));
        if let Some(cookie) = done.cookie {
            response.metadata_mut().insert("set-cookie", cookie);
        }
        Ok(response)
    }

    async fn list_actions(
        &self,
        request: Request<Empty>,
    ) -> Result<Response<Self::ListActionsStream>, Status> {
        Caller::of(&request)?;
        Ok(Response::new(ready(super::actions::list())))
    }
}

impl Debug for FlightSql {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlightSql").finish_non_exhaustive()
    }
}

impl Debug for FlightParts {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlightParts").finish_non_exhaustive()
    }
}

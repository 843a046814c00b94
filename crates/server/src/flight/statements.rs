//! Statements: prepare, bind, describe, fetch.
//!
//! ```text
//! text --prepare--> handle --bind--> handle with values --describe--> ticket, pinned --fetch--> rows
//! ```
//! A statement is planned when its columns are first asked for; the plan then waits under the handle or ticket.

use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::SchemaRef;
use arrow_flight::sql::{ProstMessageExt as _, TicketStatementQuery};
use arrow_flight::{FlightDescriptor, FlightEndpoint, FlightInfo, Ticket as FlightTicket};
use auditlake_dialect::{bind_row, parameter_schema};
use auditlake_model::access::Resource;
use auditlake_model::{Action, Error, ErrorKind, Result};
use auditlake_query::{PreparedQuery, QueryRequest};
use prost::Message as _;

use super::handle::{STATEMENT, StatementHandle, TICKET, Ticket, check, seal, unseal};
use super::options::SessionOptions;
use super::service::{FlightSql, MessageStream};
use super::stream::{Pace, send};
use super::wire::WireSchema;
use crate::caller::Caller;

/// What the history calls queries through this door.
const CLIENT: &str = "flight";
/// What it calls those that a client asks to know what to offer its user.
const COMPLETION: &str = "flight-completion";
/// Bytes of a bound row at most.
const MAX_BOUND_BYTES: usize = 4 << 20;

/// A statement as its client is told of it.
#[derive(Debug)]
pub(super) struct PreparedStatement {
    /// The signed handle.
    pub(super) handle: Vec<u8>,
    /// The columns of its result.
    pub(super) columns: SchemaRef,
    /// Its parameters.
    pub(super) parameters: SchemaRef,
}

impl FlightSql {
    fn request(&self, caller: &Caller, statement: &StatementHandle) -> Result<QueryRequest> {
        let options = &statement.options;
        let client = if options.is_for_completion() { COMPLETION } else { CLIENT };
        let mut request = QueryRequest::new(&statement.sql, Arc::clone(&caller.principal), client)
            .with_parameters(statement.parameters()?);
        request.client_address = caller.address.map(|address| address.to_string());
        request.user_agent.clone_from(&caller.user_agent);
        request.default_schema = Some(options.schema_name());
        request.since = options.since();
        request.time_limit = options.time_limit();
        Ok(request)
    }

    fn new_statement(&self, caller: &Caller, sql: &str, options: &SessionOptions) -> StatementHandle {
        StatementHandle {
            sql: sql.to_owned(),
            principal: caller.principal.name().to_owned(),
            options: options.clone(),
            slots: Vec::new(),
            values: None,
            nonce: self.nonce(),
            expires: self.expires(self.state.session_ttl),
        }
    }

    fn nonce(&self) -> String {
        self.state.ids.uuid().simple().to_string()
    }

    fn expires(&self, ttl: Duration) -> i64 {
        let micros = i64::try_from(ttl.as_micros()).unwrap_or(i64::MAX);
        self.state.clock.now().as_micros().saturating_add(micros)
    }

    /// Prepares a statement; its parameters are open.
    pub(super) async fn prepare(
        &self,
        caller: &Caller,
        sql: &str,
        options: &SessionOptions,
    ) -> Result<PreparedStatement> {
        let mut statement = self.new_statement(caller, sql, options);
        let plan = self.state.queries.prepare(self.request(caller, &statement)?).await?;
        statement.slots = plan.parameters().to_vec();
        let prepared = PreparedStatement {
            handle: seal(&self.state.keys, STATEMENT, &statement)?,
            columns: wire_columns(&plan, options),
            parameters: parameter_schema(plan.parameters()),
        };
        if statement.slots.is_empty() {
            self.state.plans.put(&statement.nonce, plan);
        }
        Ok(prepared)
    }

    /// Reads a handle that a client brings, and checks that it is theirs.
    pub(super) fn statement(&self, caller: &Caller, handle: &[u8]) -> Result<StatementHandle> {
        let statement: StatementHandle = unseal(&self.state.keys, STATEMENT, handle)?;
        check(&statement, caller.principal.name(), self.state.clock.now())?;
        Ok(statement)
    }

    /// Binds one row of values, and returns the handle that has them.
    pub(super) fn bind(
        &self,
        caller: &Caller,
        handle: &[u8],
        row: &arrow::array::RecordBatch,
    ) -> Result<Vec<u8>> {
        let mut statement = self.statement(caller, handle)?;
        if row.get_array_memory_size() > MAX_BOUND_BYTES {
            return Err(Error::resources_exhausted(format!(
                "bound values are larger than {MAX_BOUND_BYTES} bytes"
            )));
        }
        let parameters = bind_row(&statement.slots, row)?;
        let nonce = std::mem::replace(&mut statement.nonce, self.nonce());
        statement.values = Some(parameters.assignments());
        // A client that does not take the new handle comes back with the old one.
        self.state.bound.lock().put(nonce, statement.clone());
        seal(&self.state.keys, STATEMENT, &statement)
    }

    /// Returns the statement of a handle with its values, those of the last bind included.
    fn with_values(&self, statement: StatementHandle) -> Result<StatementHandle> {
        if !statement.is_open() {
            return Ok(statement);
        }
        let bound = self.state.bound.lock().get(&statement.nonce);
        bound.ok_or_else(|| {
            Error::invalid(format!("the statement has {} parameters without values", statement.slots.len()))
                .with_code("InvalidQueryStatementException")
                .with_hint("Bind one row of values before the statement is run.")
        })
    }

    /// Describes the result of a prepared statement.
    pub(super) async fn prepared_info(
        &self,
        caller: &Caller,
        handle: &[u8],
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let statement = self.with_values(self.statement(caller, handle)?)?;
        self.info(caller, statement, descriptor).await
    }

    /// Describes the result of a statement.
    pub(super) async fn statement_info(
        &self,
        caller: &Caller,
        sql: &str,
        options: &SessionOptions,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        self.info(caller, self.new_statement(caller, sql, options), descriptor).await
    }

    async fn info(
        &self,
        caller: &Caller,
        mut statement: StatementHandle,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let plan = self.plan(caller, &statement).await?;
        if let Some(slot) = plan.parameters().first() {
            return Err(Error::invalid(format!("parameter `{}` has no value", slot.label()))
                .with_code("InvalidQueryStatementException")
                .with_hint("Prepare the statement, then bind a value to each parameter."));
        }
        let columns = wire_columns(&plan, &statement.options);
        statement.nonce = self.nonce();
        statement.expires = self.expires(self.state.ticket_ttl);
        let ticket = Ticket { pins: plan.pinned_tables(), saved: plan.saved(), statement };
        let sealed = seal(&self.state.keys, TICKET, &ticket)?;
        self.state.plans.put(&ticket.statement.nonce, plan);
        let query = TicketStatementQuery { statement_handle: sealed.into() };
        let endpoint = endpoint(query.as_any().encode_to_vec(), Some(ticket.statement.expires));
        flight_info(&columns, endpoint, descriptor)
    }

    /// Returns a plan of the latest versions: the one that waits, if nothing was committed since.
    async fn plan(&self, caller: &Caller, statement: &StatementHandle) -> Result<PreparedQuery> {
        if let Some(plan) = self.state.plans.take(&statement.nonce)
            && plan.is_current().await?
        {
            return Ok(plan);
        }
        self.state.queries.prepare(self.request(caller, statement)?).await
    }

    /// Returns the columns of a statement's result, whether or not its parameters have values.
    pub(super) async fn columns(&self, caller: &Caller, statement: StatementHandle) -> Result<SchemaRef> {
        let statement = match statement.is_open() {
            true => self.with_values(statement.clone()).unwrap_or(statement),
            false => statement,
        };
        let plan = self.plan(caller, &statement).await?;
        let columns = wire_columns(&plan, &statement.options);
        // Whoever asks for the columns of a statement runs it next.
        self.state.plans.put(&statement.nonce, plan);
        Ok(columns)
    }

    /// Returns the columns of the result of a statement that was not prepared.
    pub(super) async fn statement_columns(
        &self,
        caller: &Caller,
        sql: &str,
        options: &SessionOptions,
    ) -> Result<SchemaRef> {
        let statement = self.new_statement(caller, sql, options);
        let plan = self.state.queries.prepare(self.request(caller, &statement)?).await?;
        Ok(wire_columns(&plan, options))
    }

    /// Fetches the result of a ticket.
    pub(super) async fn fetch(&self, caller: Caller, sealed: &[u8]) -> Result<MessageStream> {
        let ticket: Ticket = unseal(&self.state.keys, TICKET, sealed)?;
        let statement = &ticket.statement;
        check(statement, caller.principal.name(), self.state.clock.now())?;
        let plan = match self.state.plans.take(&statement.nonce) {
            Some(plan) => plan,
            None => {
                let mut request = self.request(&caller, statement)?;
                request.pins = ticket.pins.clone();
                let plan = self.state.queries.prepare(request).await?;
                if plan.saved() != ticket.saved {
                    return Err(saved_anew());
                }
                plan
            }
        };
        // Rights may have gone since the plan was made.
        for id in plan.pinned_tables().iter().filter_map(|table| table.id) {
            caller.principal.authorise(Action::Read, Resource::Store(id))?;
        }
        let wire = WireSchema::new(plan.schema(), statement.options.wire());
        let query = self.state.queries.start_prepared(plan)?;
        let fetch = self.state.running.add(&statement.nonce, query.canceller());
        let pace = Pace { stall_limit: self.state.stall_limit, progress: statement.options.wants_progress() };
        Ok(Box::pin(send(query, wire, fetch, Arc::new(caller), pace)))
    }

    /// Cancels the result of a ticket, running or not; tells whether there was anything to cancel.
    pub(super) fn cancel(&self, caller: &Caller, info: &FlightInfo) -> Result<bool> {
        let mut cancelled = false;
        for endpoint in &info.endpoint {
            let bytes = endpoint.ticket.as_ref().map_or(&[][..], |ticket| &ticket.ticket);
            let Some(sealed) = statement_ticket(bytes) else { continue };
            let ticket: Ticket = unseal(&self.state.keys, TICKET, &sealed)?;
            check(&ticket.statement, caller.principal.name(), self.state.clock.now())?;
            let nonce = &ticket.statement.nonce;
            // Both, whatever the first one says.
            cancelled |= self.state.running.cancel(nonce) | self.state.plans.take(nonce).is_some();
        }
        Ok(cancelled)
    }
}

/// Returns the error of a ticket whose columns may not be those that its client was told.
fn saved_anew() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "a saved query or reference table of the statement was saved anew meanwhile",
    )
    .with_hint("Run the statement again.")
}

/// Returns the columns of a result as they leave.
fn wire_columns(plan: &PreparedQuery, options: &SessionOptions) -> SchemaRef {
    Arc::clone(WireSchema::new(plan.schema(), options.wire()).schema())
}

/// Returns the sealed part of a ticket, if it is one of a statement.
pub(super) fn statement_ticket(ticket: &[u8]) -> Option<Vec<u8>> {
    let any = arrow_flight::sql::Any::decode(ticket).ok()?;
    let query: TicketStatementQuery = any.unpack().ok()??;
    Some(query.statement_handle.to_vec())
}

/// Returns the one endpoint of a result, which is this server; its ticket expires at so many microseconds since 1970.
pub(super) fn endpoint(ticket: Vec<u8>, expires: Option<i64>) -> FlightEndpoint {
    let instant = |micros: i64| prost_types::Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(micros.rem_euclid(1_000_000) * 1_000).unwrap_or(0),
    };
    FlightEndpoint {
        ticket: Some(FlightTicket { ticket: ticket.into() }),
        location: Vec::new(),
        expiration_time: expires.map(instant),
        app_metadata: Default::default(),
    }
}

/// Joins the parts of a description.
///
/// # Errors
///
/// `Internal` when the schema cannot be encoded.
pub(super) fn flight_info(
    columns: &SchemaRef,
    endpoint: FlightEndpoint,
    descriptor: FlightDescriptor,
) -> Result<FlightInfo> {
    let info = FlightInfo::new().try_with_schema(columns);
    let info = info.map_err(|e| Error::internal("encode columns of result").with_source(e))?;
    Ok(info.with_endpoint(endpoint).with_descriptor(descriptor))
}

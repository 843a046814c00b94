//! The calls of one query over Flight SQL, each as one function.
//!
//! ```text
//! prepare --[bind]--> info --> get: batches --> close
//!                        `---> cancel
//! ```

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::{Field, Fields, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::sql::{
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest,
    ActionCreatePreparedStatementResult, Any, CommandPreparedStatementQuery, DoPutPreparedStatementResult,
    ProstMessageExt as _,
};
use arrow_flight::{
    Action, CancelFlightInfoRequest, FlightData, FlightDescriptor, FlightInfo, IpcMessage, Ticket,
};
use auditlake_model::{Error, Result};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use prost::Message as _;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::{Request, Status, Streaming};

use crate::connection::{Connection, Service};
use crate::progress::Counter;
use crate::session::Question;

/// Largest message that is taken: a batch of events with long values.
const MAX_MESSAGE_BYTES: usize = 16 << 20;
/// Most endpoints of one result.
const MAX_ENDPOINTS: usize = 1_000;
/// How long planning may take: beyond any time limit of queries, so that a dead server is noticed.
const PLAN_TIMEOUT: Duration = Duration::from_secs(3_600);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// Metadata of fields that Flight SQL defines.
const FLIGHT_SQL_PREFIX: &str = "ARROW:FLIGHT:SQL:";

/// What every call of one query says beside its message.
#[derive(Debug, Clone, Default)]
pub(crate) struct Headers(Vec<(&'static str, String)>);

impl Headers {
    /// Returns those of a question.
    pub(crate) fn of(question: &Question) -> Self {
        let mut headers = Vec::new();
        if let Some(since) = question.since {
            headers.push(("x-auditlake-since", since.to_string()));
        }
        if let Some(limit) = question.time_limit {
            // Seconds with a fraction; a limit of none at all would be refused.
            headers.push(("x-auditlake-time-limit", format!("{:.3}", limit.as_secs_f64().max(0.001))));
        }
        if question.for_completion {
            headers.push(("x-auditlake-purpose", "completion".to_owned()));
        }
        Self(headers)
    }
}

/// A statement that the server took in.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    handle: Bytes,
    /// One field for each parameter.
    pub(crate) parameters: Schema,
}

/// Makes calls with the headers of one query.
#[derive(Debug, Clone)]
pub(crate) struct Flight {
    connection: Connection,
    headers: Headers,
}

impl Flight {
    /// Creates it.
    pub(crate) fn new(connection: Connection, headers: Headers) -> Self {
        Self { connection, headers }
    }

    fn request<T>(&self, message: T) -> Result<Request<T>, Status> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        // Types as the lake has them, not as the poorest client needs them.
        metadata.insert("x-auditlake-types", MetadataValue::from_static("native"));
        metadata.insert("x-auditlake-progress", MetadataValue::from_static("on"));
        for (name, value) in &self.headers.0 {
            let value: MetadataValue<Ascii> = value
                .parse()
                .map_err(|_| Status::invalid_argument(format!("header {name} cannot be sent")))?;
            metadata.insert(*name, value);
        }
        Ok(request)
    }

    /// Has a statement checked and planned.
    pub(crate) async fn prepare(&self, sql: &str) -> Result<Prepared> {
        let command = ActionCreatePreparedStatementRequest { query: sql.to_owned(), transaction_id: None };
        let body = self.act("CreatePreparedStatement", command.as_any().encode_to_vec().into()).await?;
        let made = Any::decode(&*body)
            .ok()
            .and_then(|any| any.unpack::<ActionCreatePreparedStatementResult>().ok()?);
        let made = made.ok_or_else(|| other_shape("prepared statement"))?;
        let parameters = match made.parameter_schema.is_empty() {
            true => Schema::empty(),
            false => Schema::try_from(IpcMessage(made.parameter_schema))
                .map_err(|error| other_shape("parameters").with_source(error))?,
        };
        Ok(Prepared { handle: made.prepared_statement_handle, parameters })
    }

    /// Gives values to the parameters of a statement.
    pub(crate) async fn bind(&self, prepared: &mut Prepared, row: RecordBatch) -> Result<()> {
        let descriptor = prepared.descriptor();
        let encoder = FlightDataEncoderBuilder::new()
            .with_flight_descriptor(Some(descriptor))
            .with_schema(row.schema());
        let messages: Vec<FlightData> = encoder
            .build(stream::iter([Ok(row)]))
            .try_collect()
            .await
            .map_err(|error| Error::internal("encode values of parameters").with_source(error))?;
        let put = self.call(|mut stub| {
            let request = self.request(stream::iter(messages.clone()));
            async move { stub.do_put(request?).await?.into_inner().message().await }
        });
        if let Some(answer) = put.await? {
            let answer = DoPutPreparedStatementResult::decode(&*answer.app_metadata);
            let answer = answer.map_err(|error| other_shape("bound statement").with_source(error))?;
            if let Some(handle) = answer.prepared_statement_handle {
                prepared.handle = handle;
            }
        }
        Ok(())
    }

    /// Has a query planned.
    pub(crate) async fn info(&self, descriptor: FlightDescriptor) -> Result<FlightInfo> {
        let planned = self.call(|mut stub| {
            let request = self.request(descriptor.clone());
            async move { stub.get_flight_info(request?).await.map(tonic::Response::into_inner) }
        });
        match tokio::time::timeout(PLAN_TIMEOUT, planned).await {
            Ok(info) => info,
            Err(_) => Err(Error::timed_out("the server does not answer")),
        }
    }

    /// Returns what the result of a query is fetched with.
    ///
    /// # Errors
    /// `Unsupported` for a server that spreads its results over others.
    pub(crate) fn tickets(info: &FlightInfo) -> Result<Vec<Ticket>> {
        let elsewhere = info.endpoint.iter().any(|endpoint| {
            let is_here = |uri: &str| uri.starts_with("arrow-flight-reuse-connection:");
            !endpoint.location.is_empty() && !endpoint.location.iter().any(|location| is_here(&location.uri))
        });
        if elsewhere || info.endpoint.len() > MAX_ENDPOINTS {
            return Err(Error::unsupported("the server sends clients to other servers for its results"));
        }
        Ok(info.endpoint.iter().filter_map(|endpoint| endpoint.ticket.clone()).collect())
    }

    /// Returns the schema of the result.
    pub(crate) fn schema(info: &FlightInfo) -> Result<SchemaRef> {
        let schema =
            info.clone().try_decode_schema().map_err(|error| other_shape("schema").with_source(error))?;
        Ok(plain(&schema))
    }

    /// Fetches rows.
    pub(crate) async fn get(&self, ticket: Ticket, counter: &Arc<Counter>) -> Result<Rows> {
        let response = self
            .call(|mut stub| {
                let request = self.request(ticket.clone());
                async move { stub.do_get(request?).await }
            })
            .await?;
        let messages = counted(response.into_inner(), Arc::clone(counter));
        let stream = FlightRecordBatchStream::new_from_flight_data(messages);
        Ok(Rows { stream, schema: None, counter: Arc::clone(counter), connection: self.connection.clone() })
    }

    /// Asks the server to stop a query. Tells nobody when it cannot.
    pub(crate) async fn cancel(&self, info: FlightInfo) {
        let body = CancelFlightInfoRequest { info: Some(info) }.encode_to_vec();
        self.say_goodbye("CancelFlightInfo", body.into()).await;
    }

    /// Lets the server forget a statement. Tells nobody when it cannot.
    pub(crate) async fn close(&self, prepared: &Prepared) {
        let command =
            ActionClosePreparedStatementRequest { prepared_statement_handle: prepared.handle.clone() };
        self.say_goodbye("ClosePreparedStatement", command.as_any().encode_to_vec().into()).await;
    }

    async fn say_goodbye(&self, action: &str, body: Bytes) {
        match tokio::time::timeout(GOODBYE, self.act(action, body)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!(action, error = error.report(), "goodbye was not heard"),
            Err(_) => tracing::debug!(action, "goodbye was not answered"),
        }
    }

    /// Makes an action and returns the body of its answer.
    async fn act(&self, action: &str, body: Bytes) -> Result<Bytes> {
        let action = Action { r#type: action.to_owned(), body };
        let answer = self.call(|mut stub| {
            let request = self.request(action.clone());
            async move { stub.do_action(request?).await?.into_inner().message().await }
        });
        Ok(answer.await?.map(|answer| answer.body).unwrap_or_default())
    }

    async fn call<T, F>(&self, make: impl Fn(FlightServiceClient<Service>) -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let stub = |service| FlightServiceClient::new(service).max_decoding_message_size(MAX_MESSAGE_BYTES);
        self.connection.call(|service| make(stub(service))).await
    }
}

impl Prepared {
    /// Returns what the server plans the statement by.
    pub(crate) fn descriptor(&self) -> FlightDescriptor {
        let command = CommandPreparedStatementQuery { prepared_statement_handle: self.handle.clone() };
        FlightDescriptor::new_cmd(command.as_any().encode_to_vec())
    }
}

/// Rows as they arrive.
pub(crate) struct Rows {
    stream: FlightRecordBatchStream,
    /// The schema of the batches, once one came.
    schema: Option<SchemaRef>,
    counter: Arc<Counter>,
    connection: Connection,
}

impl Rows {
    /// Returns the next batch; `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let Some(batch) = self.stream.next().await else { return Ok(None) };
        let batch = batch.map_err(|error| self.failed(error))?;
        self.counter.add_rows(batch.num_rows());
        let schema = self.schema.get_or_insert_with(|| plain(batch.schema_ref()));
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let plain = RecordBatch::try_new_with_options(Arc::clone(schema), batch.columns().to_vec(), &options);
        plain.map(Some).map_err(|error| other_shape("batch").with_source(error))
    }

    fn failed(&self, error: FlightError) -> Error {
        match error {
            FlightError::Tonic(status) => self.connection.error(&status),
            other => other_shape("stream of rows").with_source(other),
        }
    }
}

/// Counts the messages of a stream, and takes out those that are for the counts alone.
fn counted(
    messages: Streaming<FlightData>,
    counter: Arc<Counter>,
) -> impl futures::Stream<Item = Result<FlightData, FlightError>> + Send {
    messages.map_err(FlightError::from).try_filter(move |message| {
        counter.add_message(message.data_body.len(), &message.app_metadata);
        let has_data = !message.data_header.is_empty();
        std::future::ready(has_data)
    })
}

fn other_shape(what: &str) -> Error {
    Error::corrupt(format!("the server's answer cannot be read: {what}"))
        .with_hint("Check that client and server are of the same version.")
}

/// Takes out what the server tells about columns for programs that list them; it has no place in a result's file.
pub(crate) fn plain(schema: &Schema) -> SchemaRef {
    let plain_field = |field: &Arc<Field>| {
        let metadata = field.metadata();
        if !metadata.keys().any(|key| key.starts_with(FLIGHT_SQL_PREFIX)) {
            return Arc::clone(field);
        }
        let kept = metadata.iter().filter(|(key, _)| !key.starts_with(FLIGHT_SQL_PREFIX));
        let kept: HashMap<String, String> = kept.map(|(key, value)| (key.clone(), value.clone())).collect();
        Arc::new(field.as_ref().clone().with_metadata(kept))
    };
    let fields: Fields = schema.fields().iter().map(plain_field).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

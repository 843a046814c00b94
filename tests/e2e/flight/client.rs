//! A raw client: every message as it goes over the wire.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::sql::{
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest,
    ActionCreatePreparedStatementResult, Any, CommandPreparedStatementQuery, CommandStatementQuery,
    DoPutPreparedStatementResult, ProstMessageExt,
};
use arrow_flight::utils::batches_to_flight_data;
use arrow_flight::{
    Action, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest, IpcMessage, PutResult, SchemaResult,
    Ticket,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use prost::Message;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

/// A connection, and the headers that go with every request.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) inner: FlightServiceClient<Channel>,
    headers: Vec<(String, String)>,
}

/// What DoGet gave.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
    /// Encoded length of the largest message.
    pub(crate) largest: usize,
}

impl Answer {
    pub(crate) fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Returns all rows of a column in one array.
    pub(crate) fn column(&self, name: &str) -> ArrayRef {
        let index = self.schema.index_of(name).unwrap();
        let parts: Vec<_> = self.batches.iter().map(|batch| batch.column(index).as_ref()).collect();
        match parts.is_empty() {
            true => arrow::array::new_empty_array(self.schema.field(index).data_type()),
            false => arrow::compute::concat(&parts).unwrap(),
        }
    }

    /// Returns the rows of a column as text.
    pub(crate) fn texts(&self, name: &str) -> Vec<Option<String>> {
        let array = arrow::compute::cast(&self.column(name), &arrow::datatypes::DataType::Utf8).unwrap();
        let array = arrow::array::AsArray::as_string::<i32>(&array);
        array.iter().map(|text| text.map(ToOwned::to_owned)).collect()
    }

    /// Returns the only value, as text.
    pub(crate) fn only(&self) -> String {
        assert_eq!((self.rows(), self.schema.fields().len()), (1, 1), "{:?}", self.batches);
        self.texts(self.schema.field(0).name()).remove(0).unwrap_or_else(|| "NULL".to_owned())
    }
}

impl Client {
    pub(crate) async fn connect(address: &str) -> Self {
        let channel = Channel::from_shared(address.to_owned()).unwrap().connect().await.unwrap();
        Self { inner: FlightServiceClient::new(channel), headers: Vec::new() }
    }

    /// Returns a client that sends one header more.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.retain(|(known, _)| known != name);
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        for (name, value) in &self.headers {
            let name: tonic::metadata::AsciiMetadataKey = name.parse().unwrap();
            request.metadata_mut().append(name, value.parse().unwrap());
        }
        request
    }

    /// Shakes hands and returns the headers of the answer, and the payload.
    pub(crate) async fn handshake(&self) -> Result<(MetadataMap, Vec<u8>), Status> {
        let hello = HandshakeRequest::default();
        let response = self.inner.clone().handshake(self.request(stream::iter([hello]))).await?;
        let headers = response.metadata().clone();
        let answers: Vec<_> = response.into_inner().try_collect().await?;
        Ok((headers, answers.first().map(|answer| answer.payload.to_vec()).unwrap_or_default()))
    }

    pub(crate) async fn info_of(&self, descriptor: FlightDescriptor) -> Result<FlightInfo, Status> {
        self.inner.clone().get_flight_info(self.request(descriptor)).await.map(Response::into_inner)
    }

    pub(crate) async fn info(&self, command: &impl ProstMessageExt) -> Result<FlightInfo, Status> {
        self.info_of(descriptor(command)).await
    }

    pub(crate) async fn schema(&self, command: &impl ProstMessageExt) -> Result<SchemaResult, Status> {
        self.inner.clone().get_schema(self.request(descriptor(command))).await.map(Response::into_inner)
    }

    /// Reads a ticket and checks what all streams must be: schema first, no empty batch, small messages.
    pub(crate) async fn get(&self, ticket: Ticket) -> Result<Answer, Status> {
        let stream = self.inner.clone().do_get(self.request(ticket)).await?.into_inner();
        let messages: Vec<FlightData> = stream.try_collect().await?;
        let largest = messages.iter().map(Message::encoded_len).max().unwrap_or_default();
        assert!(largest < 4 << 20, "{largest}");
        let first = messages.first().expect("a stream begins with its schema");
        assert!(first.data_body.is_empty() && !first.data_header.is_empty());
        let messages = stream::iter(messages.into_iter().map(Ok::<_, FlightError>));
        let mut decoder = FlightRecordBatchStream::new_from_flight_data(messages);
        let mut batches = Vec::new();
        while let Some(batch) = decoder.next().await {
            let batch = batch.unwrap();
            assert_ne!(batch.num_rows(), 0, "no batch is empty");
            batches.push(batch);
        }
        let schema = Arc::clone(decoder.schema().expect("a stream has a schema"));
        Ok(Answer { schema, batches, largest })
    }

    /// Asks for a command by every way there is, and checks that they agree.
    pub(crate) async fn fetch(&self, command: &impl ProstMessageExt) -> Result<Answer, Status> {
        let info = self.info(command).await?;
        assert_eq!(info.flight_descriptor, Some(descriptor(command)), "the descriptor is echoed");
        assert_eq!((info.total_records, info.total_bytes), (-1, -1));
        let [endpoint] = info.endpoint.as_slice() else { panic!("{} endpoints", info.endpoint.len()) };
        assert!(endpoint.location.is_empty(), "{:?}", endpoint.location);
        let declared = self.schema(command).await?;
        assert_eq!(declared.schema, info.schema, "GetSchema and GetFlightInfo agree");
        let answer = self.get(endpoint.ticket.clone().unwrap()).await?;
        assert_eq!(answer.schema.as_ref(), &info.try_decode_schema().unwrap(), "the stream has the schema");
        Ok(answer)
    }

    /// Runs a statement without preparing it.
    pub(crate) async fn query(&self, sql: &str) -> Result<Answer, Status> {
        self.fetch(&CommandStatementQuery { query: sql.to_owned(), transaction_id: None }).await
    }

    /// Carries out an action and returns its results with the headers of the answer.
    pub(crate) async fn act(&self, name: &str, body: Vec<u8>) -> Result<(Vec<Vec<u8>>, MetadataMap), Status> {
        let action = Action { r#type: name.to_owned(), body: body.into() };
        let response = self.inner.clone().do_action(self.request(action)).await?;
        let headers = response.metadata().clone();
        let results: Vec<_> = response.into_inner().try_collect().await?;
        Ok((results.into_iter().map(|result| result.body.to_vec()).collect(), headers))
    }

    /// Carries out an action whose message is wrapped.
    pub(crate) async fn act_wrapped(
        &self,
        name: &str,
        body: &impl ProstMessageExt,
    ) -> Result<Vec<Vec<u8>>, Status> {
        Ok(self.act(name, body.as_any().encode_to_vec()).await?.0)
    }

    pub(crate) async fn prepare(&self, sql: &str) -> Result<ActionCreatePreparedStatementResult, Status> {
        let request = ActionCreatePreparedStatementRequest { query: sql.to_owned(), transaction_id: None };
        let results = self.act_wrapped("CreatePreparedStatement", &request).await?;
        assert_eq!(results.len(), 1);
        let any = Any::decode(results[0].as_slice()).unwrap();
        Ok(any.unpack::<ActionCreatePreparedStatementResult>().unwrap().unwrap())
    }

    pub(crate) async fn close(&self, handle: &[u8]) -> Result<(), Status> {
        let request =
            ActionClosePreparedStatementRequest { prepared_statement_handle: handle.to_vec().into() };
        self.act_wrapped("ClosePreparedStatement", &request).await.map(drop)
    }

    /// Uploads rows under a command.
    pub(crate) async fn put(
        &self,
        command: &impl ProstMessageExt,
        rows: &RecordBatch,
    ) -> Result<Vec<PutResult>, Status> {
        let mut messages = batches_to_flight_data(rows.schema_ref(), vec![rows.clone()]).unwrap();
        messages[0].flight_descriptor = Some(descriptor(command));
        let response = self.inner.clone().do_put(self.request(stream::iter(messages))).await?;
        response.into_inner().try_collect().await
    }

    /// Binds a row, and returns the handle to use from now on.
    pub(crate) async fn bind(&self, handle: &[u8], row: &RecordBatch) -> Result<Vec<u8>, Status> {
        let results = self.put(&prepared(handle), row).await?;
        assert_eq!(results.len(), 1);
        let result = DoPutPreparedStatementResult::decode(&*results[0].app_metadata).unwrap();
        Ok(result.prepared_statement_handle.map_or_else(|| handle.to_vec(), |handle| handle.to_vec()))
    }

    /// Prepares, binds, runs and closes, as drivers do for every query.
    pub(crate) async fn run(&self, sql: &str, row: Option<RecordBatch>) -> Result<Answer, Status> {
        let statement = self.prepare(sql).await?;
        let mut handle = statement.prepared_statement_handle.to_vec();
        if let Some(row) = row {
            handle = self.bind(&handle, &row).await?;
        }
        let answer = self.fetch(&prepared(&handle)).await;
        self.close(&handle).await?;
        answer
    }
}

pub(crate) fn descriptor(command: &impl ProstMessageExt) -> FlightDescriptor {
    FlightDescriptor::new_cmd(command.as_any().encode_to_vec())
}

pub(crate) fn prepared(handle: &[u8]) -> CommandPreparedStatementQuery {
    CommandPreparedStatementQuery { prepared_statement_handle: handle.to_vec().into() }
}

/// Reads a schema message as it stands in results of actions.
pub(crate) fn schema_of(bytes: &[u8]) -> Schema {
    Schema::try_from(IpcMessage(bytes.to_vec().into())).unwrap()
}

/// Returns the value of `authorization` for a user and password.
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64(format!("{user}:{password}").as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for position in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * position) & 63) as usize] as char;
            text.push(if position <= chunk.len() { letter } else { '=' });
        }
    }
    text
}

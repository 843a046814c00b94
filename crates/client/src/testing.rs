//! A Flight server in this process, for tests: one user, one query, and a note of every call.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::Int64Array;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::flight_service_server::{FlightService, FlightServiceServer};
use arrow_flight::sql::{
    ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult, Any,
    DoPutPreparedStatementResult, ProstMessageExt as _,
};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightEndpoint, FlightInfo,
    HandshakeRequest, HandshakeResponse, IpcMessage, PollInfo, PutResult, SchemaAsIpc, SchemaResult, Ticket,
};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use parking_lot::Mutex;
use prost::Message as _;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, Streaming};

use crate::address::ServerAddress;
use crate::connect::ConnectOptions;
use crate::secret::Secret;

/// A statement whose rows never end.
pub(crate) const ENDLESS: &str = "SELECT endless";
/// A statement that is wrong.
pub(crate) const WRONG: &str = "SELECT wrong";

type Answer<T> = Result<Response<T>, Status>;

/// What the server notes.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Names of calls and actions, with what mattered in them.
    pub(crate) calls: Vec<String>,
    /// How many sessions were opened; only the last one counts.
    pub(crate) sessions: u64,
}

/// The server; `ann` with the password `secret` may enter, and the token `api-token`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fake(Arc<Mutex<Notes>>);

impl Fake {
    /// Starts the server on a free port.
    pub(crate) async fn start() -> (Self, SocketAddr) {
        let fake = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = FlightServiceServer::new(fake.clone());
        let server = tonic::transport::Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        (fake, address)
    }

    /// Returns what was called so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.0.lock().calls.clone()
    }

    /// Ends all sessions.
    pub(crate) fn forget_sessions(&self) {
        self.0.lock().sessions += 1;
    }

    /// Waits until a call was made.
    pub(crate) async fn wait_for(&self, call: &str) {
        for _ in 0..500 {
            if self.calls().iter().any(|made| made.starts_with(call)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no {call} in {:?}", self.calls());
    }

    fn note(&self, call: impl Into<String>) {
        self.0.lock().calls.push(call.into());
    }

    fn check<T>(&self, request: &Request<T>) -> Result<(), Status> {
        let session = format!("Bearer session-{}", self.0.lock().sessions);
        match header(request, "authorization").as_str() {
            "Bearer api-token" => Ok(()),
            given if given == session => Ok(()),
            _ => Err(Status::unauthenticated("the session has expired")),
        }
    }
}

fn header<T>(request: &Request<T>, name: &str) -> String {
    request.metadata().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// Returns options for the server at `address`.
pub(crate) fn options(address: SocketAddr) -> ConnectOptions {
    let address = ServerAddress::parse(&format!("grpc://{address}")).unwrap();
    ConnectOptions {
        user: Some("ann".to_owned()),
        password: Some(Secret::new("secret")),
        ..ConnectOptions::new(address)
    }
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]))
}

fn batch() -> RecordBatch {
    RecordBatch::try_new(schema(), vec![Arc::new(Int64Array::from(vec![1, 2, 3]))]).unwrap()
}

fn ipc(schema: &Schema) -> Bytes {
    let IpcMessage(bytes) = SchemaAsIpc::new(schema, &Default::default()).try_into().unwrap();
    bytes
}

#[tonic::async_trait]
impl FlightService for Fake {
    type HandshakeStream = BoxStream<'static, Result<HandshakeResponse, Status>>;
    type ListFlightsStream = BoxStream<'static, Result<FlightInfo, Status>>;
    type DoGetStream = BoxStream<'static, Result<FlightData, Status>>;
    type DoPutStream = BoxStream<'static, Result<PutResult, Status>>;
    type DoExchangeStream = BoxStream<'static, Result<FlightData, Status>>;
    type DoActionStream = BoxStream<'static, Result<arrow_flight::Result, Status>>;
    type ListActionsStream = BoxStream<'static, Result<ActionType, Status>>;

    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Answer<Self::HandshakeStream> {
        let given = header(&request, "authorization");
        self.note("handshake");
        let right = format!("Basic {}", BASE64_STANDARD.encode("ann:secret"));
        if given != right && given != "Bearer api-token" {
            return Err(Status::unauthenticated("the credentials are wrong"));
        }
        let mut notes = self.0.lock();
        notes.sessions += 1;
        let token = format!("bearer session-{}", notes.sessions);
        let answer = HandshakeResponse { protocol_version: 0, payload: Bytes::new() };
        let mut response = Response::new(stream::iter([Ok(answer)]).boxed());
        response.metadata_mut().insert("authorization", token.parse().unwrap());
        Ok(response)
    }

    async fn get_flight_info(&self, request: Request<FlightDescriptor>) -> Answer<FlightInfo> {
        self.check(&request)?;
        self.note(format!("info {}", header(&request, "x-auditlake-types")));
        let descriptor = request.into_inner();
        let any = Any::decode(&*descriptor.cmd).unwrap();
        let command: arrow_flight::sql::CommandPreparedStatementQuery = any.unpack().unwrap().unwrap();
        let endpoint = FlightEndpoint::new().with_ticket(Ticket::new(command.prepared_statement_handle));
        let info = FlightInfo::new().try_with_schema(&schema()).unwrap().with_endpoint(endpoint);
        Ok(Response::new(info))
    }

    async fn do_get(&self, request: Request<Ticket>) -> Answer<Self::DoGetStream> {
        self.check(&request)?;
        let sql = String::from_utf8(request.into_inner().ticket.to_vec()).unwrap();
        self.note(format!("get {sql}"));
        let rows = match sql.as_str() {
            ENDLESS => stream::repeat_with(|| Ok(batch())).boxed(),
            _ => stream::iter([Ok(batch()), Ok(batch())]).boxed(),
        };
        let encoded = FlightDataEncoderBuilder::new().with_schema(schema()).build(rows);
        let messages = encoded.map_err(Status::from).map_ok(|message| FlightData {
            app_metadata: Bytes::from_static(br#"{"events_scanned": 9}"#),
            ..message
        });
        Ok(Response::new(messages.boxed()))
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Answer<Self::DoPutStream> {
        self.check(&request)?;
        let messages: Vec<FlightData> = request.into_inner().try_collect().await?;
        self.note(format!("put {}", messages.len()));
        let result =
            DoPutPreparedStatementResult { prepared_statement_handle: Some(Bytes::from_static(b"bound")) };
        let result = PutResult { app_metadata: result.encode_to_vec().into() };
        Ok(Response::new(stream::iter([Ok(result)]).boxed()))
    }

    async fn do_action(&self, request: Request<Action>) -> Answer<Self::DoActionStream> {
        self.check(&request)?;
        let limits = [header(&request, "x-auditlake-since"), header(&request, "x-auditlake-time-limit")];
        let action = request.into_inner();
        self.note(format!("{} {}", action.r#type, limits.join(" ")).trim_end().to_owned());
        if action.r#type != "CreatePreparedStatement" {
            return Ok(Response::new(stream::empty().boxed()));
        }
        let any = Any::decode(&*action.body).unwrap();
        let command: ActionCreatePreparedStatementRequest = any.unpack().unwrap().unwrap();
        if command.query == WRONG {
            return Err(Status::invalid_argument("no column `wrong`"));
        }
        let parameters = match command.query.contains(":a") {
            true => ipc(&Schema::new(vec![Field::new("a", DataType::Utf8, true)])),
            false => Bytes::new(),
        };
        let result = ActionCreatePreparedStatementResult {
            prepared_statement_handle: command.query.into(),
            dataset_schema: ipc(&schema()),
            parameter_schema: parameters,
        };
        let body = result.as_any().encode_to_vec().into();
        Ok(Response::new(stream::iter([Ok(arrow_flight::Result { body })]).boxed()))
    }

    async fn list_flights(&self, _: Request<Criteria>) -> Answer<Self::ListFlightsStream> {
        Err(Status::unimplemented(""))
    }

    async fn poll_flight_info(&self, _: Request<FlightDescriptor>) -> Answer<PollInfo> {
        Err(Status::unimplemented(""))
    }

    async fn get_schema(&self, _: Request<FlightDescriptor>) -> Answer<SchemaResult> {
        Err(Status::unimplemented(""))
    }

    async fn do_exchange(&self, _: Request<Streaming<FlightData>>) -> Answer<Self::DoExchangeStream> {
        Err(Status::unimplemented(""))
    }

    async fn list_actions(&self, _: Request<Empty>) -> Answer<Self::ListActionsStream> {
        Err(Status::unimplemented(""))
    }
}

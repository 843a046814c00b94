//! A server of the control services on loopback, for tests.
//!
//! Who asks is what the header `who` says: `NAME` and then `ROLE=SCOPE` for each grant, separated by blanks; a scope
//! is `*` or the id of a store. Without the header nobody asks.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use auditlake_ingest::{ImportLimits, import_failures_schema, imports_schema};
use auditlake_model::access::{Grant, Principal, Scope};
use auditlake_model::{EventDataStoreId, StoreName};
use auditlake_proto::v1::event_data_stores_client::EventDataStoresClient;
use auditlake_proto::v1::imports_client::ImportsClient;
use auditlake_proto::v1::queries_client::QueriesClient;
use auditlake_proto::v1::server_client::ServerClient;
use auditlake_query::{QueriesTable, QueryConfig, QueryService, StoreLake};
use auditlake_store::{Lake, LakeEnv, NewEventDataStore, NewLake, ObjectStoreConfig};
use auditlake_synth::{SynthConfig, generate};
use auditlake_testkit::{ManualClock, SeededIds};
use object_store::ObjectStore;
use object_store::memory::InMemory;
use tempfile::TempDir;
use tonic::service::InterceptorLayer;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Server};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

use super::{AllowedSources, Control, ControlParts};
use crate::caller::Caller;

/// Everybody's header who may do everything.
pub(crate) const OWNER: &str = "root admin=*";

/// A lake in memory, and the services over it. Stops when it is dropped.
pub(crate) struct TestServer {
    pub(crate) lake: Lake,
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) control: Control,
    pub(crate) address: SocketAddr,
    folder: TempDir,
    task: tokio::task::JoinHandle<()>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::over(Arc::new(InMemory::new()), Arc::new(ManualClock::default()), 1).await
    }

    /// Starts a server over a lake that may be there already; `seed` keeps the ids of servers apart.
    pub(crate) async fn over(store: Arc<dyn ObjectStore>, clock: Arc<ManualClock>, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ids = Arc::new(SeededIds::new(seed));
        let env = LakeEnv { clock: Arc::<ManualClock>::clone(&clock), ids };
        let lake =
            Lake::with_object_store(Arc::clone(&store), "memory", NewLake::default(), env).await.unwrap();
        let allowed = folder.path().join("allowed");
        std::fs::create_dir(&allowed).unwrap();
        let parts = ControlParts {
            lake: lake.clone(),
            queries: Arc::new(queries(&lake)),
            allowed_sources: AllowedSources::parse(&[allowed.to_str().unwrap()]).unwrap(),
            source_config: ObjectStoreConfig::default(),
            // As many commits as can be, so that an import takes its time.
            import_limits: ImportLimits { commit_objects: 1, ..ImportLimits::default() },
            background: tokio::runtime::Handle::current(),
            started_at: lake.clock().now(),
        };
        let control = Control::start(parts);
        let (address, task) = serve(&control).await;
        Self { lake, store, clock, control, address, folder, task }
    }

    /// Returns a folder that imports may read.
    pub(crate) fn allowed(&self) -> PathBuf {
        self.folder.path().join("allowed")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a corpus to a folder that imports may read.
    pub(crate) fn corpus(&self, name: &str, events: u64, events_per_file: u32) -> String {
        let folder = self.allowed().join(name);
        let config = SynthConfig { events, days: 1, events_per_file, seed: 7, ..SynthConfig::default() };
        generate(&config, &folder, &mut |_| {}).unwrap();
        folder.to_str().unwrap().to_owned()
    }

    pub(crate) async fn create_store(&self, name: &str) -> EventDataStoreId {
        let new = NewEventDataStore::new(StoreName::parse(name).unwrap());
        self.lake.create_store(new).await.unwrap().id()
    }

    pub(crate) fn stores(&self, who: &str) -> EventDataStoresClient<TestChannel> {
        EventDataStoresClient::new(self.channel(who))
    }

    pub(crate) fn imports(&self, who: &str) -> ImportsClient<TestChannel> {
        ImportsClient::new(self.channel(who))
    }

    pub(crate) fn queries(&self, who: &str) -> QueriesClient<TestChannel> {
        QueriesClient::new(self.channel(who))
    }

    pub(crate) fn about(&self, who: &str) -> ServerClient<TestChannel> {
        ServerClient::new(self.channel(who))
    }

    pub(crate) fn channel(&self, who: &str) -> TestChannel {
        let channel = Channel::from_shared(format!("http://{}", self.address)).unwrap().connect_lazy();
        InterceptedService::new(channel, Who(who.to_owned()))
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) type TestChannel = InterceptedService<Channel, Who>;

/// Says who asks.
#[derive(Debug, Clone)]
pub(crate) struct Who(String);

impl tonic::service::Interceptor for Who {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if !self.0.is_empty() {
            request.metadata_mut().insert("who", self.0.parse().unwrap());
        }
        Ok(request)
    }
}

fn queries(lake: &Lake) -> QueryService {
    let log = QueriesTable::try_new(lake).unwrap();
    let system = vec![
        lake.system_table("imports", imports_schema()).unwrap(),
        lake.system_table("import_failures", import_failures_schema()).unwrap(),
        log.table().clone(),
    ];
    let tables = StoreLake::try_new(lake.clone(), system).unwrap();
    let config = QueryConfig { threads: NonZeroUsize::new(2), ..QueryConfig::default() };
    let (clock, ids) = (Arc::clone(lake.clock()), Arc::clone(lake.ids()));
    QueryService::try_new(Arc::new(tables), Arc::new(log), config, clock, ids).unwrap()
}

async fn serve(control: &Control) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let routes = control.routes().unwrap();
    let server = Server::builder().layer(InterceptorLayer::new(identify)).add_routes(routes);
    let task = tokio::spawn(async move {
        server.serve_with_incoming(incoming).await.unwrap();
    });
    (address, task)
}

/// Does what the authentication layer does, and believes everything.
fn identify(mut request: Request<()>) -> Result<Request<()>, Status> {
    let Some(who) = request.metadata().get("who").map(|who| who.to_str().unwrap().to_owned()) else {
        return Ok(request);
    };
    let mut words = who.split(' ');
    let name = words.next().unwrap();
    let grant = |word: &str| {
        let (role, scope) = word.split_once('=').unwrap();
        let scope = match scope {
            "*" => Scope::All,
            id => Scope::Store(EventDataStoreId::parse(id).unwrap()),
        };
        Grant { role: role.parse().unwrap(), scope }
    };
    request.extensions_mut().insert(Caller {
        principal: Arc::new(Principal::new(name, words.map(grant).collect())),
        session: None,
        address: None,
        user_agent: None,
        request_id: "test".into(),
    });
    Ok(request)
}

/// Returns Lake's name of the error in a status.
pub(crate) fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

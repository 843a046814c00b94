//! The lake that statements read: `trail`, from the shared data, and `events`, from `events.json`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use auditlake_ingest::{ImportLimits, ImportProgress, ImportRequest, ImportSource, Narrowing, run_import};
use auditlake_model::{Principal, RandomIds, Result, StoreName, SystemClock};
use auditlake_query::{QueriesTable, QueryConfig, QueryLog, QueryRequest, QueryService, StoreLake};
use auditlake_store::{Lake, LakeEnv, NewEventDataStore, NewLake, ObjectStoreConfig, SourceLocation};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use object_store::memory::InMemory;
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

/// A lake with its queries.
pub(crate) struct World {
    service: QueryService,
}

/// A result.
pub(crate) struct Answer {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
}

impl World {
    /// Makes the lake, in memory; `None` where the shared data is not at hand.
    async fn open() -> Option<Self> {
        let data = shared_data()?;
        let env = LakeEnv { clock: Arc::new(SystemClock), ids: Arc::new(RandomIds) };
        let new = NewLake::try_new("123456789012", "eu-west-1").unwrap();
        let lake = Lake::with_object_store(Arc::new(InMemory::new()), "memory", new, env).await.unwrap();
        import(&lake, "trail", &data).await;
        import(&lake, "events", &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/slt/events.json"))
            .await;
        Some(Self { service: service(lake) })
    }

    /// Does something with the lake, on a runtime of its own; `None` where the shared data is not at hand.
    pub(crate) fn run<T>(work: impl AsyncFnOnce(&Self) -> T) -> Option<T> {
        let threads = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        threads.block_on(async {
            let world = Self::open().await?;
            Some(work(&world).await)
        })
    }

    /// Plans one statement and runs nothing.
    pub(crate) async fn plan(&self, sql: &str) -> Result<()> {
        self.service.prepare(QueryRequest::new(sql, Principal::owner("slt"), "test")).await.map(drop)
    }

    /// Runs one statement to its end.
    pub(crate) async fn ask(&self, sql: &str) -> Result<Answer> {
        let mut handle = self.service.start(QueryRequest::new(sql, Principal::owner("slt"), "test"))?;
        let schema = handle.schema().await?;
        Ok(Answer { schema, batches: handle.collect().await? })
    }
}

async fn import(lake: &Lake, name: &str, path: &Path) {
    let new = NewEventDataStore::new(StoreName::parse(name).unwrap());
    let store = lake.create_store(new).await.unwrap().id();
    let source = SourceLocation::parse(path.canonicalize().unwrap().to_str().unwrap()).unwrap();
    let request = ImportRequest {
        store,
        sources: vec![ImportSource::Location(source)],
        source_config: ObjectStoreConfig::default(),
        narrowing: Narrowing::default(),
        dry_run: false,
        record_as: None,
        limits: ImportLimits::default(),
    };
    let progress = Arc::new(ImportProgress::default());
    let cancel = CancellationToken::new();
    run_import(lake, request, progress, cancel, &mut |failure| panic!("{failure:?}")).await.unwrap();
}

fn service(lake: Lake) -> QueryService {
    let queries = QueriesTable::try_new(&lake).unwrap();
    let tables = StoreLake::try_new(lake, vec![queries.table().clone()]).unwrap();
    let log: Arc<dyn QueryLog> = Arc::new(queries);
    // Tests run on busy machines, and without optimization.
    let config = QueryConfig { planning_limit: Duration::from_secs(30), ..QueryConfig::default() };
    QueryService::try_new(Arc::new(tables), log, config, Arc::new(SystemClock), Arc::new(RandomIds)).unwrap()
}

/// Returns the folder of shared data, or `None` where there is none (outside the developers' machines).
fn shared_data() -> Option<PathBuf> {
    let given = std::env::var_os("AUDITLAKE_SHARED").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let data = given.unwrap_or_else(beside).join("data");
    let found = data.is_dir();
    if !found {
        println!("skipped: {} is missing", data.display());
        let excused = std::env::var_os("AUDITLAKE_ALLOW_SKIP").is_some() || std::env::var_os("CI").is_none();
        assert!(excused, "in CI a skipped test is a failure");
    }
    found.then_some(data)
}

//! Import of a corpus and ten queries over it.
//!
//! The corpus is `AUDITLAKE_BENCH_CORPUS` (a folder of log files), or else one million synthetic events,
//! seed 1, in the temp folder. Figures of one machine and one run are comparable; others are not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs,
    reason = "bench"
)]

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use auditlake_ingest::{ImportLimits, ImportProgress, ImportRequest, ImportSource, Narrowing, run_import};
use auditlake_model::{EventDataStoreId, Principal, RandomIds, StoreName, SystemClock};
use auditlake_query::{QueriesTable, QueryConfig, QueryRequest, QueryService, StoreLake};
use auditlake_store::location::StoreLocation;
use auditlake_store::{Lake, LakeEnv, NewEventDataStore, NewLake, ObjectStoreConfig, SourceLocation};
use auditlake_synth::{SynthConfig, generate};
use criterion::{Criterion, criterion_group, criterion_main};
use tokio_util::sync::CancellationToken;

const QUERIES: [(&str, &str); 10] = [
    ("count", "SELECT count(*) FROM trail"),
    ("by_name", "SELECT eventName, count(*) AS n FROM trail GROUP BY eventName ORDER BY n DESC"),
    (
        "errors",
        "SELECT eventName, count(*) AS n FROM trail WHERE errorCode IS NOT NULL GROUP BY eventName ORDER BY n DESC LIMIT 10",
    ),
    (
        "one_day",
        "SELECT count(*) FROM trail WHERE eventTime >= '2026-01-03 00:00:00' AND eventTime < '2026-01-04 00:00:00'",
    ),
    ("latest", "SELECT eventTime, eventName, userIdentity.arn FROM trail ORDER BY eventTime DESC LIMIT 100"),
    (
        "by_arn",
        "SELECT userIdentity.arn, count(*) AS n FROM trail GROUP BY userIdentity.arn ORDER BY n DESC LIMIT 20",
    ),
    ("bucket", "SELECT count(*) FROM trail WHERE element_at(requestParameters, 'bucketName') LIKE '%log%'"),
    (
        "member",
        "SELECT count(*) FROM trail WHERE json_extract_scalar(requestParameters, '$.maxKeys') IS NOT NULL",
    ),
    (
        "needle",
        "SELECT eventTime, eventName FROM trail WHERE eventID = '00000000-0000-4000-8000-000000000000'",
    ),
    ("event_json", "SELECT eventJson FROM trail ORDER BY eventTime DESC LIMIT 100"),
];

fn corpus() -> PathBuf {
    if let Some(folder) = std::env::var_os("AUDITLAKE_BENCH_CORPUS") {
        return folder.into();
    }
    let folder = std::env::temp_dir().join("auditlake-bench-1m");
    if !folder.join("TRUTH.json").exists() {
        let config = SynthConfig { events: 1_000_000, seed: 1, ..SynthConfig::default() };
        generate(&config, &folder, &mut |_| {}).unwrap();
    }
    folder.join("AWSLogs")
}

async fn new_lake(folder: &std::path::Path) -> (Lake, EventDataStoreId) {
    let env = LakeEnv { clock: Arc::new(SystemClock), ids: Arc::new(RandomIds) };
    let location = StoreLocation::parse(folder.to_str().unwrap()).unwrap();
    let lake = Lake::open_or_create(&location, &ObjectStoreConfig::default(), NewLake::default(), env)
        .await
        .unwrap();
    let store = lake.create_store(NewEventDataStore::new(StoreName::parse("trail").unwrap())).await.unwrap();
    (lake, store.id())
}

async fn import(lake: &Lake, store: EventDataStoreId, logs: &std::path::Path) -> u64 {
    let request = ImportRequest {
        store,
        sources: vec![ImportSource::Location(SourceLocation::parse(logs.to_str().unwrap()).unwrap())],
        source_config: ObjectStoreConfig::default(),
        narrowing: Narrowing::default(),
        dry_run: false,
        record_as: None,
        limits: ImportLimits::default(),
    };
    let progress = Arc::new(ImportProgress::default());
    run_import(lake, request, progress, CancellationToken::new(), &mut |_| {}).await.unwrap().events_stored
}

fn service(lake: &Lake) -> QueryService {
    let queries = QueriesTable::try_new(lake).unwrap();
    let tables = StoreLake::try_new(lake.clone(), vec![queries.table().clone()]).unwrap();
    let (clock, ids) = (Arc::clone(lake.clock()), Arc::clone(lake.ids()));
    QueryService::try_new(Arc::new(tables), Arc::new(queries), QueryConfig::default(), clock, ids).unwrap()
}

fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let logs = corpus();
    let mut group = criterion.benchmark_group("lake");
    group.sample_size(10).measurement_time(Duration::from_secs(60)).warm_up_time(Duration::from_millis(1));
    group.bench_function("import", |bencher| {
        bencher.iter_custom(|rounds| {
            (0..rounds)
                .map(|_| {
                    let folder = tempfile::tempdir().unwrap();
                    let (lake, store) = runtime.block_on(new_lake(folder.path()));
                    let start = Instant::now();
                    black_box(runtime.block_on(import(&lake, store, &logs)));
                    start.elapsed()
                })
                .sum()
        });
    });
    let folder = tempfile::tempdir().unwrap();
    let (lake, store) = runtime.block_on(new_lake(folder.path()));
    runtime.block_on(import(&lake, store, &logs));
    let service = service(&lake);
    group.measurement_time(Duration::from_secs(5)).warm_up_time(Duration::from_secs(1));
    for (name, sql) in QUERIES {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                runtime.block_on(async {
                    let mut query =
                        service.start(QueryRequest::new(sql, Principal::owner("bench"), "bench")).unwrap();
                    black_box(query.collect().await.unwrap())
                })
            });
        });
    }
    group.finish();
    runtime.block_on(service.close());
}

criterion_group!(benches, bench);
criterion_main!(benches);

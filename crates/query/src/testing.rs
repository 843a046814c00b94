//! A small lake in memory, for the tests of this crate.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use auditlake_model::{
    CategoryClass, EventDataStoreId, RandomIds, Result, Retention, StoreState, SystemClock,
};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, StringViewArray, TimestampMicrosecondArray, UInt64Array,
    new_null_array,
};
use datafusion::arrow::compute::{concat, max_string_view, min_string_view};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parking_lot::Mutex;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use auditlake_store::ReferenceTable;

use crate::catalog::{LakeTables, TableEntry, TableKind};
use crate::history::{QueryLog, QueryRecord};
use crate::limits::QueryConfig;
use crate::reference::TableRows;
use crate::service::QueryService;
use crate::source::{ColumnStats, EVENT_TIME, ScanFile, ScanGroup, ScanSource};

pub(crate) const MICROS_PER_DAY: i64 = 86_400_000_000;

/// One event: time in microseconds, name, region, and its number.
pub(crate) type Event = (Option<i64>, Option<String>, Option<String>, i64);

/// Columns of [`batch`]: visible ones, then hidden ones.
pub(crate) fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8View, true);
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        Field::new(EVENT_TIME, time, true),
        text("eventName"),
        text("awsRegion"),
        Field::new("number", DataType::Int64, true),
        text("_remainder"),
        text("_derived"),
    ]))
}

/// Puts events into the columns of [`schema`].
pub(crate) fn batch(events: &[Event]) -> RecordBatch {
    let times: TimestampMicrosecondArray = events.iter().map(|event| event.0).collect();
    let names: StringViewArray = events.iter().map(|event| event.1.as_deref()).collect();
    let regions: StringViewArray = events.iter().map(|event| event.2.as_deref()).collect();
    let numbers: Int64Array = events.iter().map(|event| Some(event.3)).collect();
    let nothing = new_null_array(&DataType::Utf8View, events.len());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(times.with_timezone("UTC")),
        Arc::new(names),
        Arc::new(regions),
        Arc::new(numbers),
        Arc::clone(&nothing),
        nothing,
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

/// Events of many rows for tests that only need work to do.
pub(crate) fn numbered(rows: i64) -> RecordBatch {
    let events: Vec<Event> = (0..rows)
        .map(|n| (Some(n * 1_000_000), Some(format!("Name{}", n % 7)), Some("eu-west-1".into()), n))
        .collect();
    batch(&events)
}

/// A store that is being filled.
pub(crate) struct TestStore {
    name: String,
    object_store: Arc<InMemory>,
    groups: Vec<(SchemaRef, Vec<ScanFile>, Vec<RecordBatch>)>,
    /// Columns whose statistics are given to the scan.
    pub(crate) stats: Vec<&'static str>,
}

impl TestStore {
    pub(crate) fn new(name: &str, object_store: &Arc<InMemory>) -> Self {
        let stats = vec![EVENT_TIME, "eventName"];
        Self { name: name.to_owned(), object_store: Arc::clone(object_store), groups: Vec::new(), stats }
    }

    /// Writes one file for each day of the batch; a batch of other columns opens a new group.
    pub(crate) async fn add(&mut self, batch: &RecordBatch) {
        for (day, rows) in by_day(batch) {
            let file = self.write(day, &rows).await;
            let schema = rows.schema();
            match self.groups.iter_mut().find(|group| group.0 == schema) {
                Some((_, files, batches)) => {
                    files.push(file);
                    batches.push(rows);
                }
                None => self.groups.push((schema, vec![file], vec![rows])),
            }
        }
    }

    async fn write(&self, day: Option<i32>, rows: &RecordBatch) -> ScanFile {
        let mut bytes = Vec::new();
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(2_000)).build();
        let mut writer = ArrowWriter::try_new(&mut bytes, rows.schema(), Some(properties)).unwrap();
        writer.write(rows).unwrap();
        writer.close().unwrap();
        let number: usize = self.groups.iter().map(|group| group.1.len()).sum();
        let path = Path::from(format!("stores/{}/part-{number}.parquet", self.name));
        let size_bytes = bytes.len() as u64;
        self.object_store.put(&path, bytes.into()).await.unwrap();
        ScanFile {
            path,
            size_bytes,
            modified_at_ms: 0,
            event_date: day,
            num_rows: Some(rows.num_rows() as u64),
        }
    }

    /// Ends the filling; the store's schema is that of its first group.
    pub(crate) fn source(self) -> ScanSource {
        let all = self.groups.first().map_or_else(schema, |group| Arc::clone(&group.0));
        let stats = self.stats;
        let groups = self.groups.into_iter().map(|(schema, files, batches)| {
            let columns = stats.iter().filter(|name| schema.field_with_name(name).is_ok());
            let columns = columns.map(|name| column_stats(name, &batches)).collect();
            ScanGroup::try_new(schema, files, columns).unwrap()
        });
        ScanSource {
            name: self.name,
            version: 3,
            object_store_url: url(),
            object_store: self.object_store,
            schema: all,
            groups: groups.collect(),
        }
    }
}

pub(crate) fn url() -> ObjectStoreUrl {
    ObjectStoreUrl::parse("lake://test").unwrap()
}

fn by_day(batch: &RecordBatch) -> BTreeMap<Option<i32>, RecordBatch> {
    let times = batch.column_by_name(EVENT_TIME).unwrap().as_primitive::<TimestampMicrosecondType>().clone();
    let mut rows: BTreeMap<Option<i32>, Vec<RecordBatch>> = BTreeMap::new();
    for row in 0..batch.num_rows() {
        let day =
            times.is_valid(row).then(|| i32::try_from(times.value(row).div_euclid(MICROS_PER_DAY)).unwrap());
        rows.entry(day).or_default().push(batch.slice(row, 1));
    }
    let schema = batch.schema();
    let joined = |rows: Vec<RecordBatch>| {
        let columns = 0..schema.fields().len();
        let columns = columns.map(|column| {
            let parts: Vec<&dyn Array> = rows.iter().map(|row| row.column(column).as_ref()).collect();
            concat(&parts).unwrap()
        });
        RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap()
    };
    rows.into_iter().map(|(day, rows)| (day, joined(rows))).collect()
}

fn column_stats(name: &str, files: &[RecordBatch]) -> ColumnStats {
    let columns: Vec<&ArrayRef> = files.iter().map(|file| file.column_by_name(name).unwrap()).collect();
    let null_count: UInt64Array = columns.iter().map(|column| Some(column.null_count() as u64)).collect();
    let (min, max): (ArrayRef, ArrayRef) = match columns[0].data_type() {
        DataType::Utf8View => {
            let texts = || columns.iter().map(|column| column.as_string_view());
            let min: StringViewArray = texts().map(min_string_view).collect();
            let max: StringViewArray = texts().map(max_string_view).collect();
            (Arc::new(min), Arc::new(max))
        }
        _ => {
            let times = || {
                columns
                    .iter()
                    .map(|column| column.as_primitive::<TimestampMicrosecondType>().iter().flatten())
            };
            let min: TimestampMicrosecondArray = times().map(Iterator::min).collect();
            let max: TimestampMicrosecondArray = times().map(Iterator::max).collect();
            (Arc::new(min.with_timezone("UTC")), Arc::new(max.with_timezone("UTC")))
        }
    };
    ColumnStats { name: name.to_owned(), min, max, null_count }
}

/// A lake whose stores are all in memory.
#[derive(Debug, Default)]
pub(crate) struct MemoryLake {
    pub(crate) object_store: Arc<InMemory>,
    pub(crate) tables: Vec<(TableEntry, Arc<ScanSource>)>,
}

impl MemoryLake {
    /// Adds an event data store that keeps its events for ever.
    pub(crate) fn add(&mut self, source: ScanSource) -> EventDataStoreId {
        self.add_with(source, StoreState::Enabled, Retention::Forever)
    }

    pub(crate) fn add_with(
        &mut self,
        source: ScanSource,
        state: StoreState,
        retention: Retention,
    ) -> EventDataStoreId {
        let id = EventDataStoreId::generate(&RandomIds);
        let kind = TableKind::EventDataStore { id, state, retention, category: CategoryClass::Activity };
        self.tables.push((TableEntry { name: source.name.clone(), kind }, Arc::new(source)));
        id
    }

    /// A lake with the store `trail` of `rows` numbered events.
    pub(crate) async fn with_trail(rows: i64) -> Self {
        let mut lake = Self::default();
        let mut trail = TestStore::new("trail", &lake.object_store);
        trail.add(&numbered(rows)).await;
        lake.add(trail.source());
        lake
    }

    pub(crate) fn service(self, config: QueryConfig) -> (QueryService, Arc<MemoryLog>) {
        let log = Arc::new(MemoryLog::default());
        let recorder: Arc<dyn QueryLog> = Arc::<MemoryLog>::clone(&log);
        let service = QueryService::try_new(
            Arc::new(self),
            recorder,
            config,
            Arc::new(SystemClock),
            Arc::new(RandomIds),
        );
        (service.unwrap(), log)
    }
}

#[async_trait]
impl LakeTables for MemoryLake {
    fn object_store(&self) -> (ObjectStoreUrl, Arc<dyn ObjectStore>) {
        (url(), Arc::<InMemory>::clone(&self.object_store))
    }

    async fn tables(&self) -> Result<Vec<TableEntry>> {
        Ok(self.tables.iter().map(|(entry, _)| entry.clone()).collect())
    }

    async fn open(&self, table: &TableEntry, _version: Option<u64>) -> Result<Arc<ScanSource>> {
        let found = self.tables.iter().find(|(entry, _)| entry == table);
        Ok(found.map(|(_, source)| Arc::clone(source)).unwrap())
    }

    async fn reference(&self, _table: &ReferenceTable) -> Result<Arc<TableRows>> {
        unreachable!("these lakes have no reference tables")
    }
}

/// Keeps records, or fails.
#[derive(Debug, Default)]
pub(crate) struct MemoryLog {
    pub(crate) records: Mutex<Vec<QueryRecord>>,
    pub(crate) appends: Mutex<usize>,
    pub(crate) failure: Mutex<Option<auditlake_model::ErrorKind>>,
}

#[async_trait]
impl QueryLog for MemoryLog {
    async fn append(&self, records: Vec<QueryRecord>) -> Result<()> {
        *self.appends.lock() += 1;
        if let Some(kind) = *self.failure.lock() {
            return Err(auditlake_model::Error::new(kind, "append query records"));
        }
        self.records.lock().extend(records);
        Ok(())
    }
}

//! Every metric, its name and its labels.

use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use auditlake_model::{Error, ImportState, QueryState, Result, Timestamp};
use auditlake_query::QueryService;
use parking_lot::Mutex;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tonic::Code;

use super::stores::StoreFigures;

/// Media type of what [`Metrics::text`] returns.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Distinct names of stores that become labels; the rest share [`OTHER`].
const MAX_NAMES: usize = 1_000;
/// The label of what has no label of its own.
pub(crate) const OTHER: &str = "other";
/// Upper bounds of durations, in seconds.
const DURATION_BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0];

type FloatGauge = Gauge<f64, AtomicU64>;

/// A port of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Port {
    /// Flight SQL and gRPC.
    Flight,
    /// Metrics and probes.
    Http,
}

/// Why a connection was not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Too many are open.
    Full,
    /// The system could not accept it.
    Accept,
    /// The TLS handshake failed.
    Tls,
    /// The TLS handshake took too long.
    TlsTimeout,
}

impl EncodeLabelValue for Port {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> std::fmt::Result {
        let name = match self {
            Self::Flight => "flight",
            Self::Http => "http",
        };
        name.encode(encoder)
    }
}

impl EncodeLabelValue for Refusal {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> std::fmt::Result {
        let name = match self {
            Self::Full => "full",
            Self::Accept => "accept",
            Self::Tls => "tls",
            Self::TlsTimeout => "tls_timeout",
        };
        name.encode(encoder)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PortLabels {
    port: Port,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    port: Port,
    reason: Refusal,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    method: Arc<str>,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MethodLabels {
    method: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StoreLabels {
    store: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ImportLabels {
    store: String,
    state: &'static str,
}

fn durations() -> Histogram {
    Histogram::new(DURATION_BUCKETS)
}

type Durations<S> = Family<S, Histogram, fn() -> Histogram>;

fn duration_family<S: Clone + std::hash::Hash + Eq>() -> Durations<S> {
    Family::new_with_constructor(durations)
}

/// Every metric of a server. Cheap to update from anywhere.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    names: Names,
    process: ProcessMetrics,
    connections: ConnectionMetrics,
    rpc: RpcMetrics,
    queries: QueryMetrics,
    stores: StoreMetrics,
    imports: ImportMetrics,
    failed_logins: Counter,
}

#[derive(Debug, Default)]
struct ProcessMetrics {
    started: FloatGauge,
    memory: Gauge,
    handles: Gauge,
}

#[derive(Debug, Default)]
struct ConnectionMetrics {
    open: Family<PortLabels, Gauge>,
    accepted: Family<PortLabels, Counter>,
    refused: Family<RefusalLabels, Counter>,
}

#[derive(Debug)]
struct RpcMetrics {
    in_flight: Gauge,
    done: Family<CallLabels, Counter>,
    duration: Durations<MethodLabels>,
    sent: Family<MethodLabels, Counter>,
}

#[derive(Debug)]
struct QueryMetrics {
    duration: Durations<StateLabels>,
    rows: Counter,
    scanned: Counter,
    running: Gauge,
    queued: Gauge,
    memory: Gauge,
    unrecorded: Counter,
}

#[derive(Debug, Default)]
struct StoreMetrics {
    newest: Family<StoreLabels, FloatGauge>,
    oldest: Family<StoreLabels, FloatGauge>,
    events: Family<StoreLabels, Gauge>,
    bytes: Family<StoreLabels, Gauge>,
    files: Family<StoreLabels, Gauge>,
    refreshed: FloatGauge,
}

#[derive(Debug)]
struct ImportMetrics {
    last_success: Family<StoreLabels, FloatGauge>,
    runs: Family<ImportLabels, Counter>,
    events: Family<StoreLabels, Counter>,
    duration: Durations<StoreLabels>,
}

impl Metrics {
    /// Creates all metrics, at zero; `version` is the program's.
    pub fn new(version: &str, started_at: Timestamp) -> Self {
        let mut registry = Registry::default();
        let build = Info::new([("version".to_owned(), version.to_owned())]);
        registry.register("auditlake_build", "Version of the program", build);
        let process = ProcessMetrics::register(&mut registry);
        process.started.set(seconds(started_at));
        let connections = ConnectionMetrics::register(&mut registry);
        let rpc = RpcMetrics::register(&mut registry);
        let queries = QueryMetrics::register(&mut registry);
        let stores = StoreMetrics::register(&mut registry);
        let imports = ImportMetrics::register(&mut registry);
        let failed_logins = Counter::default();
        registry.register(
            "auditlake_failed_logins",
            "Requests with a wrong or missing credential",
            failed_logins.clone(),
        );
        let names = Names::default();
        Self { registry, names, process, connections, rpc, queries, stores, imports, failed_logins }
    }

    /// Returns all metrics as OpenMetrics text.
    ///
    /// # Errors
    ///
    /// `Internal` when the text cannot be written.
    pub fn text(&self) -> Result<String> {
        self.process.measure();
        let mut text = String::new();
        encode(&mut text, &self.registry).map_err(|e| Error::internal("write metrics").with_source(e))?;
        Ok(text)
    }

    /// Counts a connection until what is returned is dropped.
    pub fn connection(&self, port: Port) -> Counted {
        let labels = PortLabels { port };
        self.connections.accepted.get_or_create(&labels).inc();
        let open = self.connections.open.get_or_create_owned(&labels);
        open.inc();
        Counted(open)
    }

    /// Counts a connection that was not served.
    pub fn refused(&self, port: Port, reason: Refusal) {
        self.connections.refused.get_or_create(&RefusalLabels { port, reason }).inc();
    }

    /// Counts an RPC that began, until what is returned is dropped.
    pub fn call(&self) -> Counted {
        self.rpc.in_flight.inc();
        Counted(self.rpc.in_flight.clone())
    }

    /// Counts an RPC that ended.
    pub fn called(&self, method: &Arc<str>, code: Code, duration: Duration, sent_bytes: u64) {
        let labels = CallLabels { method: Arc::clone(method), code: code_name(code) };
        self.rpc.done.get_or_create(&labels).inc();
        let labels = MethodLabels { method: Arc::clone(method) };
        self.rpc.duration.get_or_create(&labels).observe(duration.as_secs_f64());
        self.rpc.sent.get_or_create(&labels).inc_by(sent_bytes);
    }

    /// Counts a query that ended.
    pub fn queried(&self, state: QueryState, elapsed: Duration, rows: u64, scanned_bytes: u64) {
        let labels = StateLabels { state: state.as_str() };
        self.queries.duration.get_or_create(&labels).observe(elapsed.as_secs_f64());
        self.queries.rows.inc_by(rows);
        self.queries.scanned.inc_by(scanned_bytes);
    }

    /// Takes over what the query service counts by itself.
    pub fn observe_queries(&self, queries: &QueryService) {
        let active = queries.active();
        let running = active.iter().filter(|query| query.state == QueryState::Running).count();
        self.queries.running.set(to_i64(running as u64));
        self.queries.queued.set(to_i64((active.len() - running) as u64));
        self.queries.memory.set(to_i64(queries.memory_used() as u64));
        self.queries.unrecorded.inner().store(queries.unrecorded_queries(), Ordering::Relaxed);
    }

    /// Takes over how many logins failed since the start.
    pub fn observe_failed_logins(&self, count: u64) {
        self.failed_logins.inner().store(count, Ordering::Relaxed);
    }

    /// Puts the figures of all stores in the place of those before.
    pub fn set_stores(&self, figures: &[StoreFigures], now: Timestamp) {
        let stores = &self.stores;
        let gone: Vec<StoreLabels> = {
            let names: HashSet<String> = figures.iter().map(|store| self.names.label(&store.name)).collect();
            let mut known = self.names.known();
            known.retain(|name| !names.contains(name));
            known.into_iter().map(|store| StoreLabels { store }).collect()
        };
        for labels in &gone {
            stores.forget(labels);
        }
        for figure in figures {
            let labels = StoreLabels { store: self.names.label(&figure.name) };
            stores.set(&labels, figure);
        }
        stores.refreshed.set(seconds(now));
    }

    /// Notes when an import into `store` last did well.
    pub fn import_succeeded(&self, store: &str, at: Timestamp) {
        let labels = StoreLabels { store: self.names.label(store) };
        self.imports.last_success.get_or_create(&labels).set(seconds(at));
    }

    /// Counts an import that the server ran.
    pub fn imported(&self, store: &str, state: ImportState, events_stored: u64, elapsed: Duration) {
        let store = self.names.label(store);
        let labels = ImportLabels { store: store.clone(), state: state.as_str() };
        self.imports.runs.get_or_create(&labels).inc();
        let labels = StoreLabels { store };
        self.imports.events.get_or_create(&labels).inc_by(events_stored);
        self.imports.duration.get_or_create(&labels).observe(elapsed.as_secs_f64());
    }
}

impl ProcessMetrics {
    fn register(registry: &mut Registry) -> Self {
        let all = Self::default();
        registry.register(
            "process_start_time_seconds",
            "When the server started, since the epoch",
            all.started.clone(),
        );
        registry.register(
            "process_resident_memory_bytes",
            "Memory that the process holds",
            all.memory.clone(),
        );
        registry.register("process_open_fds", "Handles that the process holds", all.handles.clone());
        all
    }

    /// Asks the system; where it does not tell (no `/proc`), the figures stay zero.
    fn measure(&self) {
        if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let kib = line.and_then(|text| text.trim().trim_end_matches(" kB").trim().parse::<i64>().ok());
            self.memory.set(kib.unwrap_or(0).saturating_mul(1_024));
        }
        if let Ok(handles) = std::fs::read_dir("/proc/self/fd") {
            self.handles.set(to_i64(handles.count() as u64));
        }
    }
}

impl ConnectionMetrics {
    fn register(registry: &mut Registry) -> Self {
        let all = Self::default();
        registry.register("auditlake_connections_open", "Connections that are open", all.open.clone());
        registry.register("auditlake_connections_accepted", "Connections accepted", all.accepted.clone());
        registry.register("auditlake_connections_refused", "Connections not served", all.refused.clone());
        all
    }
}

impl RpcMetrics {
    fn register(registry: &mut Registry) -> Self {
        let all = Self {
            in_flight: Gauge::default(),
            done: Family::default(),
            duration: duration_family(),
            sent: Family::default(),
        };
        registry.register("auditlake_rpc_in_flight", "RPCs that have not ended", all.in_flight.clone());
        registry.register("auditlake_rpc_handled", "RPCs that ended", all.done.clone());
        registry.register(
            "auditlake_rpc_duration_seconds",
            "Time from the request of an RPC to the end of its answer",
            all.duration.clone(),
        );
        registry.register("auditlake_rpc_sent_bytes", "Bytes of answers", all.sent.clone());
        all
    }
}

impl QueryMetrics {
    fn register(registry: &mut Registry) -> Self {
        let all = Self {
            duration: duration_family(),
            rows: Counter::default(),
            scanned: Counter::default(),
            running: Gauge::default(),
            queued: Gauge::default(),
            memory: Gauge::default(),
            unrecorded: Counter::default(),
        };
        registry.register(
            "auditlake_query_duration_seconds",
            "Time from the start of a query to its end",
            all.duration.clone(),
        );
        registry.register("auditlake_query_rows", "Rows that queries gave", all.rows.clone());
        registry.register("auditlake_query_scanned_bytes", "Bytes that queries read", all.scanned.clone());
        registry.register("auditlake_queries_running", "Queries that run", all.running.clone());
        registry.register("auditlake_queries_queued", "Queries that wait for others", all.queued.clone());
        registry.register("auditlake_query_memory_bytes", "Memory that queries hold", all.memory.clone());
        registry.register(
            "auditlake_query_records_lost",
            "Queries that could not be written to system.queries",
            all.unrecorded.clone(),
        );
        all
    }
}

impl StoreMetrics {
    fn register(registry: &mut Registry) -> Self {
        let all = Self::default();
        registry.register(
            "auditlake_store_newest_event_timestamp_seconds",
            "Time of the newest event of a store, since the epoch",
            all.newest.clone(),
        );
        registry.register(
            "auditlake_store_oldest_event_timestamp_seconds",
            "Time of the oldest event of a store, since the epoch",
            all.oldest.clone(),
        );
        registry.register("auditlake_store_events", "Events of a store", all.events.clone());
        registry.register("auditlake_store_size_bytes", "Bytes of data files of a store", all.bytes.clone());
        registry.register("auditlake_store_data_files", "Data files of a store", all.files.clone());
        registry.register(
            "auditlake_stores_refreshed_timestamp_seconds",
            "When the figures of stores were read, since the epoch",
            all.refreshed.clone(),
        );
        all
    }

    fn set(&self, labels: &StoreLabels, figures: &StoreFigures) {
        let set_time = |family: &Family<StoreLabels, FloatGauge>, time: Option<Timestamp>| match time {
            Some(time) => {
                family.get_or_create(labels).set(seconds(time));
            }
            None => {
                family.remove(labels);
            }
        };
        set_time(&self.newest, figures.newest_event_at);
        set_time(&self.oldest, figures.oldest_event_at);
        self.events.get_or_create(labels).set(to_i64(figures.num_events));
        self.bytes.get_or_create(labels).set(to_i64(figures.size_bytes));
        self.files.get_or_create(labels).set(to_i64(figures.num_files));
    }

    fn forget(&self, labels: &StoreLabels) {
        self.newest.remove(labels);
        self.oldest.remove(labels);
        self.events.remove(labels);
        self.bytes.remove(labels);
        self.files.remove(labels);
    }
}

impl ImportMetrics {
    fn register(registry: &mut Registry) -> Self {
        let all = Self {
            last_success: Family::default(),
            runs: Family::default(),
            events: Family::default(),
            duration: duration_family(),
        };
        registry.register(
            "auditlake_import_last_success_timestamp_seconds",
            "When the last import into a store that did well ended, since the epoch",
            all.last_success.clone(),
        );
        registry.register("auditlake_import_runs", "Imports that the server ran", all.runs.clone());
        registry.register(
            "auditlake_import_events_stored",
            "Events that imports of the server stored",
            all.events.clone(),
        );
        registry.register(
            "auditlake_import_duration_seconds",
            "Time that an import of the server took",
            all.duration.clone(),
        );
        all
    }
}

/// Counts something until it is dropped.
#[derive(Debug)]
pub struct Counted(Gauge);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Names that became labels, a bounded number.
#[derive(Debug, Default)]
struct Names(Mutex<HashSet<String>>);

impl Names {
    fn label(&self, name: &str) -> String {
        let mut names = self.0.lock();
        if names.contains(name) {
            return name.to_owned();
        }
        if names.len() >= MAX_NAMES {
            return OTHER.to_owned();
        }
        names.insert(name.to_owned());
        name.to_owned()
    }

    fn known(&self) -> Vec<String> {
        self.0.lock().iter().cloned().collect()
    }
}

fn seconds(at: Timestamp) -> f64 {
    at.as_micros() as f64 / 1e6
}

fn to_i64(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns a code as gRPC spells it.
pub(crate) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics() -> Metrics {
        Metrics::new("1.2.3", Timestamp::from_millis(5_000))
    }

    fn figures(name: &str, newest: Option<i64>) -> StoreFigures {
        StoreFigures {
            name: name.to_owned(),
            num_events: 7,
            size_bytes: 100,
            num_files: 1,
            newest_event_at: newest.map(Timestamp::from_millis),
            oldest_event_at: None,
        }
    }

    #[test]
    fn a_scrape_is_openmetrics_text() {
        let metrics = metrics();
        metrics.queried(QueryState::Finished, Duration::from_millis(30), 5, 100);
        metrics.called(&"/a.B/C".into(), Code::NotFound, Duration::from_secs(1), 9);
        let text = metrics.text().unwrap();
        assert!(text.ends_with("# EOF\n"), "{text}");
        for line in [
            "auditlake_build_info{version=\"1.2.3\"} 1",
            "process_start_time_seconds 5.0",
            "auditlake_query_duration_seconds_bucket{le=\"0.05\",state=\"FINISHED\"} 1",
            "auditlake_query_rows_total 5",
            "auditlake_rpc_handled_total{method=\"/a.B/C\",code=\"NOT_FOUND\"} 1",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_connection_counts_until_it_is_dropped() {
        let metrics = metrics();
        let open = metrics.connection(Port::Flight);
        assert!(metrics.text().unwrap().contains("auditlake_connections_open{port=\"flight\"} 1"));
        drop(open);
        let text = metrics.text().unwrap();
        assert!(text.contains("auditlake_connections_open{port=\"flight\"} 0"));
        assert!(text.contains("auditlake_connections_accepted_total{port=\"flight\"} 1"));
    }

    #[test]
    fn stores_that_are_gone_leave_the_text() {
        let metrics = metrics();
        metrics.set_stores(&[figures("a", Some(1_500)), figures("b", None)], Timestamp::EPOCH);
        let text = metrics.text().unwrap();
        assert!(text.contains("auditlake_store_newest_event_timestamp_seconds{store=\"a\"} 1.5"), "{text}");
        assert!(!text.contains("newest_event_timestamp_seconds{store=\"b\"}"));
        assert!(text.contains("auditlake_store_events{store=\"b\"} 7"));
        metrics.set_stores(&[figures("b", None)], Timestamp::EPOCH);
        assert!(!metrics.text().unwrap().contains("{store=\"a\"}"));
    }

    #[test]
    fn names_are_bounded() {
        let names = Names::default();
        for number in 0..2_000 {
            names.label(&number.to_string());
        }
        assert_eq!(names.label("0"), "0");
        assert_eq!(names.label("1999"), OTHER);
        assert_eq!(names.known().len(), MAX_NAMES);
    }
}

//! The engine's session: one base for the service, one derived from it for each query.
//!
//! What is the same for all queries (functions, rules, options) is built once; what belongs to one query (its
//! pinned catalog, memory, stop flag) is put on a copy.

use std::sync::Arc;

use auditlake_model::{Result, Timestamp};
use chrono::DateTime;
use datafusion::catalog::CatalogProviderList;
use datafusion::execution::SessionState;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionConfig;

use crate::catalog::{CATALOG, LAKE_SCHEMA, LakeTables};
use crate::error::from_datafusion;
use crate::guard::{CancelGuard, StopFlag};
use crate::limits::{CapFunctions, QueryConfig, QueryPool};
use crate::view::{
    EventJson, EventJsonChecksum, EventMentions, LiftEventJson, RemainderMember, SearchColumns,
};

/// Builds what all queries share: object store, footer cache, room on disk.
pub(crate) fn shared_runtime(config: &QueryConfig, lake: &dyn LakeTables) -> Result<Arc<RuntimeEnv>> {
    let disk = DiskManagerBuilder::default().with_max_temp_directory_size(config.temp_limit_bytes);
    let disk = match &config.temp_dir {
        None => disk,
        Some(folder) => disk.with_mode(DiskManagerMode::Directories(vec![folder.clone()])),
    };
    let footers = usize::try_from(config.footer_cache_bytes).unwrap_or(usize::MAX);
    let runtime = RuntimeEnvBuilder::new()
        .with_disk_manager_builder(disk)
        .with_metadata_cache_limit(footers)
        .build_arc()
        .map_err(|e| from_datafusion("set up query engine", e))?;
    let (url, store) = lake.object_store();
    runtime.register_object_store(url.as_ref(), store);
    Ok(runtime)
}

/// Builds the session that every query's session is derived from.
pub(crate) fn base_session(config: &QueryConfig, runtime: &Arc<RuntimeEnv>) -> SessionState {
    let mut builder = SessionStateBuilder::new()
        .with_default_features()
        .with_config(engine_config(config))
        .with_runtime_env(Arc::clone(runtime))
        .with_optimizer_rule(Arc::new(LiftEventJson))
        .with_optimizer_rule(Arc::new(SearchColumns));
    let own = [
        ScalarUDF::from(EventJson::new()),
        ScalarUDF::from(EventJsonChecksum::new()),
        ScalarUDF::from(EventMentions::new()),
        ScalarUDF::from(RemainderMember::new()),
    ];
    builder.scalar_functions().get_or_insert_default().extend(own.into_iter().map(Arc::new));
    auditlake_dialect::install(&mut builder);
    builder.build()
}

fn engine_config(config: &QueryConfig) -> SessionConfig {
    let mut engine = SessionConfig::new()
        .with_default_catalog_and_schema(CATALOG, LAKE_SCHEMA)
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(true)
        .with_target_partitions(config.worker_threads());
    let options = engine.options_mut();
    // The default of 10 MB a partition would fail every sort of a small pool.
    let reservation = config.query_memory_limit_bytes / 20 / config.worker_threads() as u64;
    let reservation = usize::try_from(reservation).unwrap_or(usize::MAX);
    let default = options.execution.sort_spill_reservation_bytes;
    options.execution.sort_spill_reservation_bytes = reservation.min(default);
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = true;
    engine
}

/// What belongs to one query alone.
pub(crate) struct QuerySession<'a> {
    pub(crate) config: &'a QueryConfig,
    pub(crate) catalog: Arc<dyn CatalogProviderList>,
    pub(crate) pool: Arc<QueryPool>,
    pub(crate) flag: &'a Arc<StopFlag>,
    /// Whether joins may hold one side in memory; sorting both sides instead can spill.
    pub(crate) hash_joins: bool,
    /// What `now()` is.
    pub(crate) now: Timestamp,
    /// Where tables are looked for that are named without a schema.
    pub(crate) default_schema: Option<&'static str>,
}

impl QuerySession<'_> {
    /// Derives the session of the query from the base.
    pub(crate) fn derive(self, base: &SessionState) -> Result<SessionState> {
        let runtime = RuntimeEnvBuilder::from_runtime_env(base.runtime_env())
            .with_memory_pool(self.pool)
            .build_arc()
            .map_err(|e| from_datafusion("set up query engine", e))?;
        let mut engine = base.config().clone();
        engine.options_mut().optimizer.prefer_hash_join = self.hash_joins;
        if let Some(schema) = self.default_schema {
            schema.clone_into(&mut engine.options_mut().catalog.default_schema);
        }
        let state = SessionStateBuilder::new_from_existing(base.clone())
            .with_config(engine)
            .with_runtime_env(runtime)
            .with_catalog_list(self.catalog)
            .with_analyzer_rule(Arc::new(CapFunctions::new(self.config, Arc::clone(self.flag))))
            .with_physical_optimizer_rule(Arc::new(CancelGuard::new(Arc::clone(self.flag))));
        let mut state = state.build();
        let now = DateTime::from_timestamp_micros(self.now.as_micros());
        state.execution_props_mut().query_execution_start_time = now;
        Ok(state)
    }
}

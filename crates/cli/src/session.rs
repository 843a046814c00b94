//! The query service over a lake, as this program runs it.

use std::sync::Arc;
use std::time::Duration;

use auditlake_model::{Principal, Result};
use auditlake_query::{QueryLog, QueryService};
use auditlake_server::state::lake_tables;
use auditlake_store::Lake;

use crate::config::Config;
use crate::context::Context;

/// How long the records of queries may hold up the end of the program once the user wants to leave.
const PATIENCE: Duration = Duration::from_secs(2);

/// Starts the query service over the stores of `lake` and the engine's own tables.
///
/// # Errors
/// Those of [`QueryService::try_new`].
pub(crate) fn start(lake: &Lake, config: &Config) -> Result<QueryService> {
    let (tables, queries) = lake_tables(lake)?;
    let log: Arc<dyn QueryLog> = Arc::new(queries);
    let (clock, ids) = (Arc::clone(lake.clock()), Arc::clone(lake.ids()));
    QueryService::try_new(Arc::new(tables), log, config.query.clone(), clock, ids)
}

/// Writes the last records of the history and tells what the service has to tell.
pub(crate) async fn close(service: QueryService, ctx: &Context) {
    let impatient = async {
        ctx.interrupt.cancelled().await;
        tokio::time::sleep(PATIENCE).await;
    };
    tokio::select! {
        () = service.flush_history() => {}
        () = impatient => {}
    }
    for notice in service.take_notices() {
        ctx.output.say(&notice);
    }
}

/// Returns who asks: the user, by the name that the environment tells; whoever has the files may do everything.
pub(crate) fn principal() -> Principal {
    let name = ["USER", "LOGNAME"].iter().find_map(|variable| std::env::var(variable).ok());
    Principal::owner(name.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned()))
}

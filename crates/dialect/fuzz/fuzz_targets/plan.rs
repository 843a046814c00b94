//! Any text is planned or refused, and nothing falls over.
#![no_main]

use std::sync::{Arc, LazyLock};

use auditlake_events::schema::event_schema;
use auditlake_model::{CategoryClass, ErrorKind};
use datafusion::datasource::empty::EmptyTable;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

/// A session with two event data stores that hold nothing.
static STATE: LazyLock<SessionState> = LazyLock::new(|| {
    let config = SessionConfig::new().with_information_schema(true).with_target_partitions(1);
    let mut builder = SessionStateBuilder::new().with_config(config).with_default_features();
    auditlake_dialect::install(&mut builder);
    let context = SessionContext::new_with_state(builder.build());
    for name in ["trail", "events"] {
        let table = EmptyTable::new(event_schema(CategoryClass::Activity, &[]));
        context.register_table(name, Arc::new(table)).expect("the name is free");
    }
    context.state()
});

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime starts"));

fuzz_target!(|sql: &str| {
    // Planning is promised this much stack, and no more.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(auditlake_dialect::STACK_BYTES);
        let planned = thread.spawn_scoped(scope, || plan(sql)).expect("a thread starts").join();
        planned.expect("planning does not panic");
    });
});

fn plan(sql: &str) {
    let error = match RUNTIME.block_on(auditlake_dialect::plan(&STATE, sql)) {
        Ok(planned) => match STATE.optimize(&planned.plan) {
            Ok(_) => return,
            Err(error) => auditlake_dialect::explain(&STATE, sql, error),
        },
        Err(error) => error,
    };
    assert_ne!(error.kind(), ErrorKind::Internal, "{sql}\n{}", error.report());
}

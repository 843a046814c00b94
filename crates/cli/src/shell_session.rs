//! The shell's session over a lake in this process.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, SchemaRef};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use auditlake_dialect::type_name;
use auditlake_events::schema::is_json;
use auditlake_ingest::{import_failures_schema, imports_schema};
use auditlake_model::{Error, ErrorKind, Principal, Result, Retention, StoreRef};
use auditlake_query::catalog::{TableEntry, TableKind, store_columns};
use auditlake_query::history::queries_schema;
use auditlake_query::{Progress, QueryHandle, QueryRequest, QueryService};
use auditlake_shell::{ColumnFacts, FunctionFacts, Purpose, RunningQuery, Session, ShellRequest, StoreFacts};
use auditlake_store::{Lake, StoreDescription};

use crate::session;

/// What stands before the names of the engine's own tables.
pub(crate) const SYSTEM: &str = "system.";

/// A lake and the service that answers queries over it.
#[derive(Debug)]
pub(crate) struct LakeSession {
    lake: Lake,
    service: Arc<QueryService>,
    principal: Arc<Principal>,
}

impl LakeSession {
    /// Creates the session; the service is shared with whoever closes it.
    pub(crate) fn new(lake: Lake, service: Arc<QueryService>) -> Self {
        Self { lake, service, principal: Arc::new(session::principal()) }
    }

    fn facts(&self, description: &StoreDescription) -> StoreFacts {
        let settings = description.store.settings();
        let on_off = |on: bool| if on { "on" } else { "off" }.to_owned();
        let retention = match settings.retention {
            Retention::Forever => "forever".to_owned(),
            Retention::Days(days) => format!("{days} days"),
        };
        let selectors = match &settings.selectors {
            Some(selectors) => selectors.selectors().len().to_string(),
            None => "every event of its category".to_owned(),
        };
        let line = |name: &str, value: String| (name.to_owned(), value);
        StoreFacts {
            name: settings.name.as_str().to_owned(),
            id: settings.id.to_string(),
            state: description.state.as_str().to_owned(),
            events: description.num_rows,
            size_bytes: description.size_bytes,
            files: description.num_files,
            first_event_at: description.first_event_at,
            last_event_at: description.last_event_at,
            settings: vec![
                line("category class", settings.category_class.as_str().to_owned()),
                line("event selectors", selectors),
                line("retention", retention),
                line("termination protection", on_off(settings.termination_protection)),
                line("ingestion", on_off(settings.ingestion)),
                line("promoted paths", settings.promoted.len().to_string()),
                line("version", description.store.version().to_string()),
            ],
        }
    }
}

#[async_trait]
impl Session for LakeSession {
    fn place(&self) -> String {
        self.lake.location().to_owned()
    }

    fn start(&self, request: ShellRequest) -> Result<Box<dyn RunningQuery>> {
        let client = match request.purpose {
            Purpose::Statement => "shell",
            Purpose::Completion => "shell-completion",
        };
        let mut query = QueryRequest::new(request.sql, Arc::clone(&self.principal), client)
            .with_parameters(request.parameters);
        query.time_limit = request.time_limit;
        query.since = request.since.map(|bound| bound.resolve(self.lake.clock().now()));
        Ok(Box::new(LakeQuery(self.service.start(query)?)))
    }

    async fn tables(&self) -> Result<Vec<String>> {
        let tables = self.service.tables(&self.principal).await?;
        Ok(tables.iter().map(shown_name).collect())
    }

    async fn stores(&self) -> Result<Vec<StoreFacts>> {
        let mut facts = Vec::new();
        for store in self.lake.list_stores().await? {
            match self.lake.describe(store.id()).await {
                Ok(description) => facts.push(self.facts(&description)),
                // Purged since it was listed.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(facts)
    }

    async fn store(&self, name: &str) -> Result<StoreFacts> {
        let store = self.lake.find_store(&StoreRef::parse(name)?).await?;
        Ok(self.facts(&self.lake.describe(store.id()).await?))
    }

    async fn columns(&self, table: &str) -> Result<Vec<ColumnFacts>> {
        if let Some(name) = table.strip_prefix(SYSTEM) {
            return Ok(columns_of(&system_schema(name)?));
        }
        let tables = self.service.tables(&self.principal).await?;
        let is_meant = |entry: &&TableEntry| entry.name.eq_ignore_ascii_case(table);
        let saved = |entry: &&TableEntry| matches!(entry.kind, TableKind::View(_) | TableKind::Reference(_));
        if let Some(entry) = tables.iter().find(|entry| saved(entry) && is_meant(entry)) {
            return Ok(columns_of(&self.service.columns(entry, &self.principal).await?));
        }
        let store = self.lake.find_store(&StoreRef::parse(table)?).await?;
        Ok(columns_of(&store_columns(store.settings().category_class)))
    }

    fn functions(&self) -> Vec<FunctionFacts> {
        let functions = self.service.functions().into_iter();
        let facts = functions.map(|function| FunctionFacts {
            name: function.name,
            signature: function.signature,
            help: function.help,
        });
        facts.collect()
    }

    fn take_notices(&self) -> Vec<String> {
        self.service.take_notices()
    }
}

/// A query of the service, as the shell holds it.
pub(crate) struct LakeQuery(pub(crate) QueryHandle);

#[async_trait]
impl RunningQuery for LakeQuery {
    async fn schema(&mut self) -> Result<SchemaRef> {
        self.0.schema().await
    }

    async fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        self.0.next_batch().await
    }

    fn progress(&self) -> Progress {
        self.0.progress()
    }

    fn cancel(&self) {
        self.0.cancel();
    }
}

/// Returns what stands behind FROM for a table.
fn shown_name(entry: &TableEntry) -> String {
    match entry.kind {
        TableKind::System => format!("{SYSTEM}{}", entry.name),
        _ => entry.name.clone(),
    }
}

fn system_schema(name: &str) -> Result<SchemaRef> {
    match name {
        "imports" => Ok(imports_schema()),
        "import_failures" => Ok(import_failures_schema()),
        "queries" => Ok(queries_schema()),
        _ => Err(Error::not_found(format!("no system table `{name}`"))
            .with_hint("There are imports, import_failures, queries.")),
    }
}

/// Returns the columns that statements can name.
pub(crate) fn columns_of(schema: &SchemaRef) -> Vec<ColumnFacts> {
    schema.fields().iter().map(|field| column(field)).collect()
}

fn column(field: &Field) -> ColumnFacts {
    let fields = match field.data_type() {
        DataType::Struct(fields) => fields.iter().map(|field| column(field)).collect(),
        DataType::List(item) | DataType::LargeList(item) => column(item).fields,
        _ => Vec::new(),
    };
    ColumnFacts { name: field.name().clone(), type_name: type_name(field), json: is_json(field), fields }
}

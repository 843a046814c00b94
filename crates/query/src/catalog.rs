//! The names that SQL can use: event data stores in `lake`, the engine's own records in `system`.
//!
//! ```text
//! auditlake (catalog)
//!   lake    every event data store, by name (ignoring case) and by UUID     default schema
//!           saved queries, reference tables, tables attached to the query, by name
//!   system  imports, import_failures, queries
//! ```
//!
//! A query gets a [`PinnedCatalog`] of its own: each store is opened once, at one version, however often the
//! query names it. Listing the names opens nothing. What the asker may not read is not there: neither listed nor
//! found; of the engine's records they see those that are theirs.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use auditlake_dialect::SavedQuery;
use auditlake_events::schema::{event_schema, is_hidden};
use auditlake_model::access::Resource;
use auditlake_model::{
    Action, CategoryClass, Error, EventDataStoreId, Principal, Result, Retention, Scope, StoreState,
    Timestamp,
};
use auditlake_store::{ReferenceTable, SavedView};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProviderList, SchemaProvider, TableProvider,
};
use datafusion::common::Result as DfResult;
use datafusion::datasource::TableType;
use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::ObjectStore;
use parking_lot::Mutex;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::error::into_datafusion;
use crate::history::QUERIES_TABLE;
use crate::provenance::PinnedTable;
use crate::reference::{Attachment, TableRows};
use crate::report::ScanReport;
use crate::source::ScanSource;
use crate::view::{EVENT_JSON, EVENT_JSON_CHECKSUM, RecordFilter, ViewKind, store_view};

/// Name of the catalog.
pub const CATALOG: &str = "auditlake";
/// Schema of the event data stores, and the default.
pub const LAKE_SCHEMA: &str = "lake";
/// Schema of the engine's own records.
pub const SYSTEM_SCHEMA: &str = "system";

/// Where a table's rows come from, and what hides some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableKind {
    /// An event data store.
    EventDataStore {
        /// Its id, by which SQL can name it too.
        id: EventDataStoreId,
        /// Its state; a store that is pending deletion answers no query.
        state: StoreState,
        /// Older events are hidden.
        retention: Retention,
        /// What its events are, which decides its columns.
        category: CategoryClass,
    },
    /// A saved query.
    View(Arc<SavedView>),
    /// A table that people brought, kept in the lake.
    Reference(Arc<ReferenceTable>),
    /// A table that came with the query.
    Attached(Attachment),
    /// One of the engine's own tables.
    System,
}

/// A table that can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableEntry {
    /// Name, in the case it was given.
    pub name: String,
    /// What it is.
    pub kind: TableKind,
}

impl TableEntry {
    /// Returns the schema that the table stands in.
    pub fn schema_name(&self) -> &'static str {
        match self.kind {
            TableKind::System => SYSTEM_SCHEMA,
            _ => LAKE_SCHEMA,
        }
    }

    /// Returns the columns that SQL sees of an event data store, with their types in the engine; `None` for others.
    ///
    /// They are the same for every store of a category class, so nothing is opened.
    pub fn store_columns(&self) -> Option<SchemaRef> {
        match &self.kind {
            TableKind::EventDataStore { category, .. } => Some(store_columns(*category)),
            _ => None,
        }
    }

    /// Tells whether the table shows rows of others.
    pub fn is_view(&self) -> bool {
        matches!(self.kind, TableKind::View(_))
    }

    /// Tells whether the table answers queries.
    pub fn is_queryable(&self) -> bool {
        !matches!(self.kind, TableKind::EventDataStore { state: StoreState::PendingDeletion, .. })
    }
}

/// The lake as queries need it: names, and snapshots to scan.
#[async_trait]
pub trait LakeTables: Debug + Send + Sync {
    /// Returns the object store of all data files, and the URL that stands for it in plans.
    fn object_store(&self) -> (ObjectStoreUrl, Arc<dyn ObjectStore>);

    /// Lists the event data stores and system tables, without opening them.
    ///
    /// # Errors
    ///
    /// As the storage gives them.
    async fn tables(&self) -> Result<Vec<TableEntry>>;

    /// Opens a table that [`LakeTables::tables`] listed: `version`, or the latest committed one.
    ///
    /// The engine's own tables only grow and have no versions to go back to: they are always the latest.
    ///
    /// # Errors
    ///
    /// `NotFound` when it was purged meanwhile or the version is gone, or as the storage gives them.
    async fn open(&self, table: &TableEntry, version: Option<u64>) -> Result<Arc<ScanSource>>;

    /// Reads a reference table that [`LakeTables::tables`] listed.
    ///
    /// # Errors
    ///
    /// As the storage gives them.
    async fn reference(&self, table: &ReferenceTable) -> Result<Arc<TableRows>>;

    /// Makes [`LakeTables::tables`] ask the storage next time, however young its last answer is: this process has
    /// changed the lake.
    fn expect_changes(&self) {}
}

/// Returns the columns that SQL sees of the event data stores of a category class.
pub fn store_columns(category: CategoryClass) -> SchemaRef {
    let schema = event_schema(category, &[]);
    let mut fields: Vec<FieldRef> =
        schema.fields().iter().filter(|field| !is_hidden(field.name())).map(Arc::clone).collect();
    fields.extend(
        [EVENT_JSON, EVENT_JSON_CHECKSUM].map(|name| Arc::new(Field::new(name, DataType::Utf8View, true))),
    );
    Arc::new(Schema::new(fields))
}

type OpenTable = Arc<OnceCell<Arc<dyn TableProvider>>>;

/// The tables of one query, each pinned at the version that was first opened.
#[derive(Debug)]
pub(crate) struct PinnedCatalog {
    lake: Arc<dyn LakeTables>,
    entries: Vec<TableEntry>,
    opened: Mutex<HashMap<usize, OpenTable>>,
    report: Arc<ScanReport>,
    visible: Visible,
}

/// Adds a table that came with the query.
///
/// It must not stand in for one of the lake: who reads the statement would take it for that.
fn add_attached(entries: &mut Vec<TableEntry>, attachment: &Attachment) -> Result<()> {
    let name = attachment.name().as_str();
    if entries.iter().any(|entry| entry.schema_name() == LAKE_SCHEMA && entry.name.eq_ignore_ascii_case(name))
    {
        return Err(Error::already_exists(format!("there is a table `{name}` in the lake"))
            .with_hint("Attach the file under another name."));
    }
    let kind = TableKind::Attached(attachment.clone());
    entries.push(TableEntry { name: name.to_owned(), kind });
    Ok(())
}

/// Tells whether a table is there for a principal.
pub(crate) fn is_visible(entry: &TableEntry, principal: &Principal) -> bool {
    match entry.kind {
        TableKind::EventDataStore { id, .. } => principal.may(Action::Read, Resource::Store(id)),
        // A saved query shows nothing but what who asks may read anyway; lists are there for everybody who reads.
        TableKind::View(_) | TableKind::Reference(_) => !principal.grants().is_empty(),
        TableKind::Attached(_) | TableKind::System => true,
    }
}

/// What decides which tables, and which of their rows, a query may see.
#[derive(Debug, Clone)]
pub(crate) struct Visible {
    /// The instant that retention counts from.
    pub(crate) now: Timestamp,
    /// The time bound that the query was asked with.
    pub(crate) since: Option<Timestamp>,
    /// Who asks.
    pub(crate) principal: Arc<Principal>,
    /// Versions to read instead of the latest ones.
    pub(crate) pins: Vec<PinnedTable>,
    /// Tables that came with the query.
    pub(crate) attached: Vec<Attachment>,
}

impl Visible {
    /// Returns which rows of a system table who asks may see.
    fn records(&self, table: &str) -> RecordFilter {
        let all = match table {
            // A query's text tells of events, so that of others is for those who may see all of them.
            QUERIES_TABLE => self.principal.may(Action::Read, Resource::QueryOf("")),
            _ => self.principal.may(Action::Read, Resource::Lake),
        };
        if all {
            return RecordFilter::All;
        }
        if table == QUERIES_TABLE {
            return RecordFilter::Equals {
                column: "principal",
                values: vec![self.principal.name().to_owned()],
            };
        }
        let stores = self.principal.grants().iter().filter_map(|grant| match grant.scope {
            Scope::Store(id) => Some(id.to_string()),
            Scope::All => None,
        });
        RecordFilter::Equals { column: "store_id", values: stores.collect() }
    }
}

impl PinnedCatalog {
    /// Lists the tables of `lake`; what the query scans is counted in `report`.
    ///
    /// # Errors
    ///
    /// As the storage gives them.
    pub(crate) async fn list(
        lake: Arc<dyn LakeTables>,
        report: Arc<ScanReport>,
        visible: Visible,
    ) -> Result<Self> {
        let mut entries = lake.tables().await?;
        entries.retain(|entry| is_visible(entry, &visible.principal));
        for attachment in &visible.attached {
            add_attached(&mut entries, attachment)?;
        }
        Ok(Self { lake, entries, opened: Mutex::default(), report, visible })
    }

    /// Wraps the tables as the engine wants its catalogs.
    pub(crate) fn into_list(self) -> Arc<dyn CatalogProviderList> {
        let list = MemoryCatalogProviderList::new();
        list.register_catalog(CATALOG.to_owned(), Arc::new(LakeCatalog { pinned: Arc::new(self) }));
        Arc::new(list)
    }

    fn names(&self, schema: SchemaName) -> Vec<String> {
        let names = self.entries.iter().filter(|entry| schema.holds(entry) && entry.is_queryable());
        names.map(|entry| entry.name.clone()).collect()
    }

    fn find(&self, schema: SchemaName, name: &str) -> Option<usize> {
        let id = (schema == SchemaName::Lake).then(|| store_id(name)).flatten();
        self.entries.iter().position(|entry| {
            let by_id = matches!(entry.kind, TableKind::EventDataStore { id: own, .. } if Some(own) == id);
            schema.holds(entry) && (by_id || entry.name.eq_ignore_ascii_case(name))
        })
    }

    async fn open(&self, schema: SchemaName, name: &str) -> Result<Arc<dyn TableProvider>> {
        let Some(index) = self.find(schema, name) else { return Err(self.not_found(schema, name)) };
        let entry = &self.entries[index];
        if !entry.is_queryable() {
            return Err(Error::new(
                auditlake_model::ErrorKind::Conflict,
                format!("event data store `{}` is pending deletion", entry.name),
            )
            .with_code("InactiveEventDataStoreException")
            .with_hint(format!("Restore it with `auditlake store restore {}` to query it.", entry.name)));
        }
        let cell = Arc::clone(self.opened.lock().entry(index).or_default());
        cell.get_or_try_init(|| self.open_entry(entry)).await.map(Arc::clone)
    }

    async fn open_entry(&self, entry: &TableEntry) -> Result<Arc<dyn TableProvider>> {
        if matches!(entry.kind, TableKind::View(_) | TableKind::Reference(_)) {
            self.report.use_saved(entry.clone());
        }
        match &entry.kind {
            TableKind::EventDataStore { .. } | TableKind::System => self.open_store(entry).await,
            TableKind::View(view) => Ok(Arc::new(SavedQuery {
                sql: view.sql.clone(),
                columns: view
                    .columns
                    .iter()
                    .map(|column| (column.name.clone(), column.type_name.clone()))
                    .collect(),
            })),
            TableKind::Reference(table) => self.lake.reference(table).await?.provider(),
            TableKind::Attached(attachment) => attachment.rows().provider(),
        }
    }

    async fn open_store(&self, entry: &TableEntry) -> Result<Arc<dyn TableProvider>> {
        let pin = self.visible.pins.iter().find(|pin| pin.is_of(entry));
        let source = self.lake.open(entry, pin.map(|pin| pin.version)).await?;
        let (id, kind) = match entry.kind {
            TableKind::EventDataStore { id, retention, .. } => {
                let cutoff = retention.cutoff(self.visible.now);
                (Some(id), ViewKind::Events { cutoff, since: self.visible.since })
            }
            _ => (None, ViewKind::Records(self.visible.records(&entry.name))),
        };
        self.report.pin(PinnedTable { name: entry.name.clone(), id, version: source.version });
        Ok(Arc::new(store_view(&source, &kind, &self.report)?))
    }

    fn not_found(&self, schema: SchemaName, name: &str) -> Error {
        let name = store_id(name).map_or_else(|| name.to_owned(), |id| id.to_string());
        if schema == SchemaName::System {
            let error = Error::not_found(format!("no system table `{name}`"));
            return error.with_hint(format!("There are {}.", self.names(schema).join(", ")));
        }
        let error = Error::not_found(format!("no event data store `{name}`"))
            .with_code("EventDataStoreNotFoundException");
        match self.nearest(schema, &name) {
            Some(near) => error.with_hint(format!("Did you mean `{near}`?")),
            None => error.with_hint("Run `auditlake store list` to see the names."),
        }
    }

    fn nearest(&self, schema: SchemaName, name: &str) -> Option<String> {
        let name = name.to_lowercase();
        let scored = self
            .names(schema)
            .into_iter()
            .map(|candidate| (strsim::damerau_levenshtein(&candidate.to_lowercase(), &name), candidate));
        scored.min().filter(|(distance, near)| *distance <= 1 + near.len() / 4).map(|(_, near)| near)
    }
}

/// Reads a store id; the front end hands bare UUIDs down as quoted names.
fn store_id(name: &str) -> Option<EventDataStoreId> {
    let uuid = Uuid::try_parse(name).ok()?;
    Some(EventDataStoreId::new(uuid))
}

/// The two schemas of a lake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SchemaName {
    Lake,
    System,
}

impl SchemaName {
    fn holds(self, entry: &TableEntry) -> bool {
        (self == Self::System) == (entry.kind == TableKind::System)
    }
}

#[derive(Debug)]
struct LakeCatalog {
    pinned: Arc<PinnedCatalog>,
}

impl CatalogProvider for LakeCatalog {
    fn schema_names(&self) -> Vec<String> {
        vec![LAKE_SCHEMA.to_owned(), SYSTEM_SCHEMA.to_owned()]
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        let schema = match name.to_ascii_lowercase().as_str() {
            LAKE_SCHEMA => SchemaName::Lake,
            SYSTEM_SCHEMA => SchemaName::System,
            _ => return None,
        };
        Some(Arc::new(LakeSchema { pinned: Arc::clone(&self.pinned), schema }))
    }
}

#[derive(Debug)]
struct LakeSchema {
    pinned: Arc<PinnedCatalog>,
    schema: SchemaName,
}

#[async_trait]
impl SchemaProvider for LakeSchema {
    fn table_names(&self) -> Vec<String> {
        self.pinned.names(self.schema)
    }

    async fn table(&self, name: &str) -> DfResult<Option<Arc<dyn TableProvider>>> {
        self.pinned.open(self.schema, name).await.map(Some).map_err(into_datafusion)
    }

    /// Tells the type without opening the table, so that listing names stays cheap.
    async fn table_type(&self, name: &str) -> DfResult<Option<TableType>> {
        let entry = self.pinned.find(self.schema, name).map(|index| &self.pinned.entries[index]);
        Ok(entry.map(|entry| if entry.is_view() { TableType::View } else { TableType::Base }))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.pinned.find(self.schema, name).is_some()
    }
}

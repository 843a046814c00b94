//! Which source object, and which record in it, each row of a result came from.
//!
//! ```text
//! Sort                                     Sort
//!   Projection eventName           ==>       Projection eventName, trail.__provenance.. (3)
//!     SubqueryAlias trail                      SubqueryAlias trail
//!       Projection  visible columns              Projection  visible columns, _sourceObject AS __provenance.. (3)
//!         TableScan                                TableScan
//! ```
//!
//! Only a plan whose every row is one event of one store can be widened: selections, projections, ORDER BY, LIMIT,
//! subqueries in FROM, UNION ALL over the same store. The rows and their order stay, since no node is added and no
//! expression is changed; the columns that SQL cannot see come behind those that the user asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use auditlake_events::schema::{IMPORT_ID, SOURCE_OBJECT, SOURCE_POSITION};
use auditlake_model::{Error, EventDataStoreId, Result};
use datafusion::arrow::array::{Array, AsArray, Int64Array, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type, Schema, SchemaRef};
use datafusion::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::tree_node::TreeNode as _;
use datafusion::common::{Column, Result as DfResult};
use datafusion::logical_expr::{
    Expr, Filter, Limit, LogicalPlan, Projection, Sort, SubqueryAlias, TableScan, Union,
};

use crate::catalog::{TableEntry, TableKind};

/// The hidden columns that tell where an event came from.
const HIDDEN: [&str; 3] = [SOURCE_OBJECT, SOURCE_POSITION, IMPORT_ID];
/// What they are called on their way through the plan, where no name of the user's can meet them.
const CARRIED: [&str; 3] = ["__provenance.object", "__provenance.position", "__provenance.import"];

/// Whether a result has a source for each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowProvenance {
    /// Each row is one event; the batches have three more columns at their end, see [`split`].
    PerRow {
        /// Name of the event data store that holds the events.
        store: String,
    },
    /// It has none, for the reason given: a clause such as `the query aggregates`.
    NotPerRow(String),
}

/// A table that a query is pinned to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PinnedTable {
    /// Its name.
    pub name: String,
    /// Its id; `None` for the engine's own tables.
    pub id: Option<EventDataStoreId>,
    /// The committed version that answers.
    pub version: u64,
}

impl PinnedTable {
    /// Tells whether this is a version of `table`, which may have another name by now.
    pub(crate) fn is_of(&self, table: &TableEntry) -> bool {
        match table.kind {
            TableKind::EventDataStore { id, .. } => self.id == Some(id),
            TableKind::System => self.id.is_none() && self.name == table.name,
            TableKind::View(_) | TableKind::Reference(_) | TableKind::Attached(_) => false,
        }
    }
}

/// Where the rows of one batch came from.
#[derive(Debug, Clone)]
pub struct RowOrigins {
    objects: StringViewArray,
    positions: Int64Array,
    imports: StringViewArray,
}

/// Where one row came from; `None` stands for what the row does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowOrigin<'a> {
    /// URI of the source object.
    pub object: Option<&'a str>,
    /// Ordinal of the record in it, from 0.
    pub position: Option<i64>,
    /// Id of the import that stored the event.
    pub import_id: Option<&'a str>,
}

impl RowOrigins {
    /// Returns the number of rows.
    pub fn num_rows(&self) -> usize {
        self.objects.len()
    }

    /// Returns the origins of the rows, in their order.
    pub fn iter(&self) -> impl Iterator<Item = RowOrigin<'_>> {
        let text = |array: &'_ StringViewArray, row: usize| array.is_valid(row).then_some(row);
        (0..self.num_rows()).map(move |row| RowOrigin {
            object: text(&self.objects, row).map(|row| self.objects.value(row)),
            position: self.positions.is_valid(row).then(|| self.positions.value(row)),
            import_id: text(&self.imports, row).map(|row| self.imports.value(row)),
        })
    }
}

/// Returns the part of a schema that the user asked for.
///
/// # Errors
/// `Internal` when the result was not planned with provenance per row.
pub fn visible(schema: &SchemaRef) -> Result<SchemaRef> {
    let shown = shown_columns(schema)?;
    Ok(Arc::new(Schema::new(schema.fields()[..shown].to_vec())))
}

/// Splits a batch of a result with [`RowProvenance::PerRow`] into what the user asked for and where it came from.
///
/// # Errors
/// `Internal` when the batch has no such columns.
pub fn split(batch: &RecordBatch) -> Result<(RecordBatch, RowOrigins)> {
    let shown = shown_columns(&batch.schema())?;
    let failed = |e| Error::internal("split provenance off a result").with_source(e);
    let column = |offset: usize, data_type: DataType| cast(batch.column(shown + offset), &data_type);
    let origins = RowOrigins {
        objects: column(0, DataType::Utf8View).map_err(failed)?.as_string_view().clone(),
        positions: column(1, DataType::Int64).map_err(failed)?.as_primitive::<Int64Type>().clone(),
        imports: column(2, DataType::Utf8View).map_err(failed)?.as_string_view().clone(),
    };
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let columns = batch.columns()[..shown].to_vec();
    let rows =
        RecordBatch::try_new_with_options(visible(&batch.schema())?, columns, &options).map_err(failed)?;
    Ok((rows, origins))
}

fn shown_columns(schema: &SchemaRef) -> Result<usize> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    match names.ends_with(&CARRIED) {
        true => Ok(names.len() - CARRIED.len()),
        false => Err(Error::internal("the result was planned without provenance")),
    }
}

/// A plan with the columns of provenance at its end.
#[derive(Debug)]
pub(crate) struct WidePlan {
    pub(crate) plan: LogicalPlan,
    /// Name of the store that holds the events.
    pub(crate) store: String,
}

/// Adds the columns of provenance to a plan that is not optimized yet; the reason when it has none per row.
pub(crate) fn widen(plan: &LogicalPlan) -> DfResult<Result<WidePlan, String>> {
    let mut widener = Widener::default();
    let Wide { plan, columns } = match widener.widen(plan)? {
        Ok(wide) => wide,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut stores = widener.stores.into_iter();
    let store = match (stores.next(), stores.next()) {
        (Some(store), None) => store,
        (None, _) => return Ok(Err("the query reads no event data store".to_owned())),
        (Some(_), Some(_)) => return Ok(Err("the query reads several event data stores".to_owned())),
    };
    let all = plan.schema().columns();
    if !all.ends_with(&columns) {
        return Ok(Err("the query is no plain selection of events".to_owned()));
    }
    // The root gives the columns their names, whatever they were called below.
    let own = all.len() - columns.len();
    let mut exprs: Vec<Expr> = all.into_iter().take(own).map(Expr::Column).collect();
    exprs.extend(carried(columns));
    let plan = LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(plan))?);
    Ok(Ok(WidePlan { plan, store }))
}

/// A plan with the columns of provenance, and how they are called there; above a scan they are its last three.
struct Wide {
    plan: LogicalPlan,
    columns: [Column; 3],
}

type Attempt = DfResult<Result<Wide, String>>;

fn carried(columns: [Column; 3]) -> impl Iterator<Item = Expr> {
    columns.into_iter().zip(CARRIED).map(|(column, name)| Expr::Column(column).alias(name))
}

#[derive(Default)]
struct Widener {
    stores: BTreeSet<String>,
}

impl Widener {
    fn widen(&mut self, plan: &LogicalPlan) -> Attempt {
        match plan {
            LogicalPlan::TableScan(scan) => Ok(self.scan(plan, scan)),
            LogicalPlan::Union(union) => self.union(union),
            LogicalPlan::Projection(projection) if projection.expr.iter().any(holds_subquery) => {
                Ok(Err("the query selects from a subquery beside its events".to_owned()))
            }
            LogicalPlan::Projection(projection) => {
                self.above(&projection.input, |below| project(projection, below))
            }
            LogicalPlan::Filter(filter) => self.above(&filter.input, |Wide { plan, columns }| {
                let plan = Filter::try_new(filter.predicate.clone(), Arc::new(plan))?;
                Ok(Wide { plan: LogicalPlan::Filter(plan), columns })
            }),
            LogicalPlan::Sort(sort) => self.above(&sort.input, |Wide { plan, columns }| {
                let plan = Sort { input: Arc::new(plan), ..sort.clone() };
                Ok(Wide { plan: LogicalPlan::Sort(plan), columns })
            }),
            LogicalPlan::Limit(limit) => self.above(&limit.input, |Wide { plan, columns }| {
                let plan = Limit { input: Arc::new(plan), ..limit.clone() };
                Ok(Wide { plan: LogicalPlan::Limit(plan), columns })
            }),
            LogicalPlan::SubqueryAlias(alias) => self.above(&alias.input, |Wide { plan, columns }| {
                let name = &alias.alias;
                let plan = SubqueryAlias::try_new(Arc::new(plan), name.clone())?;
                let columns = columns.map(|column| Column::new(Some(name.clone()), column.name));
                Ok(Wide { plan: LogicalPlan::SubqueryAlias(plan), columns })
            }),
            other => Ok(Err(reason(other).to_owned())),
        }
    }

    /// Widens a node's input, then makes the node anew above it.
    fn above(&mut self, input: &LogicalPlan, node: impl FnOnce(Wide) -> DfResult<Wide>) -> Attempt {
        match self.widen(input)? {
            Ok(below) => node(below).map(Ok),
            Err(reason) => Ok(Err(reason)),
        }
    }

    fn scan(&mut self, plan: &LogicalPlan, scan: &TableScan) -> Result<Wide, String> {
        let has = |name: &&str| scan.projected_schema.has_column_with_unqualified_name(name);
        if !HIDDEN.iter().all(has) {
            return Err("the query reads a table that holds no events".to_owned());
        }
        self.stores.insert(scan.table_name.table().to_owned());
        let columns = HIDDEN.map(|name| Column::new(Some(scan.table_name.clone()), name));
        Ok(Wide { plan: plan.clone(), columns })
    }

    /// The files of one store may come as a union; so may the same store, by UNION ALL.
    fn union(&mut self, union: &Union) -> Attempt {
        let mut inputs = Vec::with_capacity(union.inputs.len());
        for input in &union.inputs {
            match self.widen(input)? {
                Ok(wide) if wide.plan.schema().columns().ends_with(&wide.columns) => {
                    inputs.push(Arc::new(wide.plan));
                }
                // Columns of a union go by position.
                Ok(_) => return Ok(Err("the query is a union over bare tables".to_owned())),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        let union = Union::try_new_with_loose_types(inputs)?;
        let last: Vec<Column> = union.schema.columns().into_iter().rev().take(CARRIED.len()).collect();
        let Ok([import, position, object]) = <[Column; 3]>::try_from(last) else {
            return Ok(Err("the branches of the union differ".to_owned()));
        };
        Ok(Ok(Wide { plan: LogicalPlan::Union(union), columns: [object, position, import] }))
    }
}

fn project(projection: &Projection, below: Wide) -> DfResult<Wide> {
    let mut exprs = projection.expr.clone();
    exprs.extend(carried(below.columns));
    let plan = Projection::try_new(exprs, Arc::new(below.plan))?;
    Ok(Wide { plan: LogicalPlan::Projection(plan), columns: CARRIED.map(Column::from_name) })
}

fn holds_subquery(expr: &Expr) -> bool {
    let is_subquery =
        |expr: &Expr| Ok(matches!(expr, Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_)));
    expr.exists(is_subquery).unwrap_or(true)
}

/// Tells why a row of this node's result is no single event.
fn reason(plan: &LogicalPlan) -> &'static str {
    match plan {
        LogicalPlan::Aggregate(_) => "the query aggregates",
        LogicalPlan::Distinct(_) => "the query removes repeated rows",
        LogicalPlan::Join(_) => "the query joins",
        LogicalPlan::Window(_) => "the query uses a window function",
        LogicalPlan::Unnest(_) => "the query makes rows of the elements of lists",
        LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) => "the statement explains a query",
        LogicalPlan::EmptyRelation(_) | LogicalPlan::Values(_) => "the query reads no event data store",
        LogicalPlan::RecursiveQuery(_) => "the query is recursive",
        _ => "the query is no plain selection of events",
    }
}

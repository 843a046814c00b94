//! What SQL sees of a store: its visible columns, the event as JSON, and nothing that retention has expired.
//!
//! ```text
//! SubqueryAlias (by the engine)
//!   Projection  visible columns, lake_event_json(..) AS eventJson, .. AS eventJsonChecksum
//!     Union                                only when files differ in the columns they hold
//!       Projection  the same columns for each group, what it lacks read from the remainder
//!         Filter    eventTime >= since                            only when the query was asked with a bound
//!         Filter    eventTime >= cutoff OR eventTime IS NULL      only under a retention period
//!           TableScan  all columns of one group of files, hidden ones included
//! ```
//!
//! All nodes are the engine's own. `eventJson` is computed where it is asked for and nowhere else.

mod event_json;
mod lift;
mod remainder;
mod search;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use auditlake_events::schema::{DERIVED, REMAINDER, SOURCE_OBJECT, SOURCE_POSITION, is_hidden, is_json};
use auditlake_model::{Result, Timestamp};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use datafusion::common::{Column, DFSchema, Result as DfResult, ScalarValue, TableReference, plan_err};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast, lit};

pub(crate) use self::event_json::{EventJson, EventJsonChecksum};
pub(crate) use self::lift::LiftEventJson;
pub(crate) use self::remainder::RemainderMember;
pub(crate) use self::search::{EventMentions, SearchColumns};

use crate::error::from_datafusion;
use crate::provider::GroupTable;
use crate::report::ScanReport;
use crate::source::{EVENT_TIME, ScanGroup, ScanSource};
use auditlake_dialect::WILDCARD_KEY;

/// Virtual column: the event rebuilt as JSON.
pub const EVENT_JSON: &str = "eventJson";
/// Virtual column: Base64 of the SHA-256 of `eventJson`.
pub const EVENT_JSON_CHECKSUM: &str = "eventJsonChecksum";

/// What a view adds to the plain columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ViewKind {
    /// An event data store; events before the cutoff are expired.
    Events {
        /// Start of the retention period, if there is one.
        cutoff: Option<Timestamp>,
        /// The time bound of the query, if there is one; it hides events without a time too.
        since: Option<Timestamp>,
    },
    /// A table of the engine's own records: every column as it is.
    Records(RecordFilter),
}

impl ViewKind {
    fn is_records(&self) -> bool {
        matches!(self, Self::Records(_))
    }
}

/// Which of the engine's own records a query may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RecordFilter {
    /// Every one.
    All,
    /// Those whose column holds one of the values.
    Equals {
        /// Name of the column.
        column: &'static str,
        /// Its values; none show nothing.
        values: Vec<String>,
    },
}

/// Builds the view of one pinned store; its scans are counted in `report`.
pub(crate) fn store_view(
    source: &Arc<ScanSource>,
    kind: &ViewKind,
    report: &Arc<ScanReport>,
) -> Result<ViewTable> {
    let plan = view_plan(&with_a_group(source), kind, report);
    plan.map(|plan| ViewTable::new(plan, None)).map_err(|e| from_datafusion("plan view of store", e))
}

/// A store without files still has columns: it gets one group without files.
fn with_a_group(source: &Arc<ScanSource>) -> Arc<ScanSource> {
    if !source.groups.is_empty() {
        return Arc::clone(source);
    }
    let groups = vec![ScanGroup::empty(Arc::clone(&source.schema))];
    Arc::new(ScanSource { groups, ..ScanSource::clone(source) })
}

fn view_plan(source: &Arc<ScanSource>, kind: &ViewKind, report: &Arc<ScanReport>) -> DfResult<LogicalPlan> {
    let mut plan: Option<LogicalPlanBuilder> = None;
    for group in 0..source.groups.len() {
        let group = group_plan(source, group, kind, report)?;
        plan = Some(match plan {
            None => LogicalPlanBuilder::from(group),
            Some(plan) => plan.union(group)?,
        });
    }
    let Some(plan) = plan else { return plan_err!("store without a group of files") };
    let columns = view_columns(plan.schema(), &source.schema, kind)?;
    plan.project(columns)?.build()
}

/// The unexpired rows of one group of files: all its columns, or those that the view needs of every group.
fn group_plan(
    source: &Arc<ScanSource>,
    group: usize,
    kind: &ViewKind,
    report: &Arc<ScanReport>,
) -> DfResult<LogicalPlan> {
    let table = Arc::new(GroupTable::new(Arc::clone(source), group, Arc::clone(report)));
    let name = TableReference::bare(source.name.as_str());
    let mut plan = LogicalPlanBuilder::scan(name.clone(), provider_as_source(table), None)?;
    match kind {
        ViewKind::Events { cutoff, since } => {
            if let Some(cutoff) = cutoff {
                plan = plan.filter(kept_by_retention(&name, *cutoff))?;
            }
            if let Some(since) = since {
                plan = plan.filter(event_time(&name).gt_eq(instant(*since)))?;
            }
        }
        ViewKind::Records(RecordFilter::All) => {}
        ViewKind::Records(RecordFilter::Equals { column, values }) => {
            let column = Expr::Column(Column::new(Some(name.clone()), *column));
            plan = plan.filter(column.in_list(values.iter().map(lit).collect(), false))?;
        }
    }
    let file_schema = source.groups[group].file_schema();
    if source.groups.len() == 1 && needed(&source.schema, kind).all(|f| has(file_schema, f.name())) {
        return plan.build();
    }
    let columns = needed(&source.schema, kind).map(|field| match has(file_schema, field.name()) {
        true => Expr::Column(Column::new(Some(name.clone()), field.name())),
        false => later_column(field, has(file_schema, REMAINDER).then_some(&name)),
    });
    let columns: Vec<Expr> = columns.collect();
    plan.project(columns)?.build()
}

/// Columns that tell where an event came from: SQL may ask for them, and `SELECT *` passes over them.
const ORIGIN: [&str; 2] = [SOURCE_OBJECT, SOURCE_POSITION];

/// The columns that a view is made of: those that it shows, and those that rebuild the event.
fn needed<'a>(schema: &'a SchemaRef, kind: &ViewKind) -> impl Iterator<Item = &'a FieldRef> + use<'a> {
    let records = kind.is_records();
    schema.fields().iter().filter(move |field| {
        records
            || !is_hidden(field.name())
            || [REMAINDER, DERIVED].contains(&field.name().as_str())
            || ORIGIN.contains(&field.name().as_str())
    })
}

fn has(schema: &SchemaRef, column: &str) -> bool {
    schema.field_with_name(column).is_ok()
}

/// Events without a readable time never expire: nobody can tell their age.
fn kept_by_retention(table: &TableReference, cutoff: Timestamp) -> Expr {
    event_time(table).gt_eq(instant(cutoff)).or(event_time(table).is_null())
}

fn event_time(table: &TableReference) -> Expr {
    Expr::Column(Column::new(Some(table.clone()), EVENT_TIME))
}

fn instant(at: Timestamp) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(Some(at.as_micros()), Some("UTC".into())))
}

fn view_columns(input: &DFSchema, schema: &SchemaRef, kind: &ViewKind) -> DfResult<Vec<Expr>> {
    // By position of the name alone: a union forgets whose columns it holds.
    let column = |name: &str| {
        input.qualified_field_with_unqualified_name(name).map(|field| Expr::Column(Column::from(field)))
    };
    let shown = needed(schema, kind).filter(|field| kind.is_records() || !is_hidden(field.name()));
    let mut columns = shown.map(|field| column(field.name())).collect::<DfResult<Vec<_>>>()?;
    if let ViewKind::Events { .. } = kind {
        let all = needed(schema, kind).map(|field| field.name().as_str());
        let (origin, names): (Vec<&str>, Vec<&str>) = all.partition(|name| ORIGIN.contains(name));
        let parts = names.iter().map(|name| column(name)).collect::<DfResult<Vec<_>>>()?;
        let event = EventJson::call(&names, parts);
        columns.push(event.clone().alias(EVENT_JSON));
        columns.push(EventJsonChecksum::call(event).alias(EVENT_JSON_CHECKSUM));
        let outside_wildcard = HashMap::from([(WILDCARD_KEY.to_owned(), "false".to_owned())]);
        for name in origin {
            columns.push(column(name)?.alias_with_metadata(name, Some((&outside_wildcard).into())));
        }
    }
    Ok(columns)
}

/// The value of a field that was no column yet when the file was written; `table` has the remainder.
///
/// A struct or list that became a column later is null here; the event as JSON still has it.
fn later_column(field: &Field, table: Option<&TableReference>) -> Expr {
    let null = cast(lit(ScalarValue::Null), field.data_type().clone());
    let value = match (table, field.data_type()) {
        (None, _) => null,
        (_, data_type) if data_type.is_nested() => null,
        (Some(table), data_type) => {
            let remainder = Expr::Column(Column::new(Some(table.clone()), REMAINDER));
            let member = RemainderMember::call(remainder, field.name(), is_json(field));
            if *data_type == DataType::Utf8View { member } else { cast(member, data_type.clone()) }
        }
    };
    value.alias(field.name())
}

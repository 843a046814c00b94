//! Comparisons of values of different types, as CloudTrail Lake makes them.
//!
//! | one side | other side | compared as |
//! |---|---|---|
//! | timestamp | text in any form of an instant | timestamps; text that stands in the statement becomes a constant |
//! | date | text | dates, or timestamps if the text names a time |
//! | time | text | times |
//! | text | boolean | text, `true` and `false`; if the text stands in the statement, booleans |
//! | text | number | numbers; text that is none equals nothing, and is refused if it stands in the statement |
//! | map | map | what they hold, whatever the order |
//!
//! The planner asks [`super::operators`] for `=`, `<` and the like; the rule here sees to BETWEEN, IN, CASE and IS
//! DISTINCT FROM, whose types the planner does not look at.

use std::sync::Arc;

use auditlake_functions::{is_free_form, is_text, lake_cast};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result};
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::expr::{Between, Case, InList};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator};
use datafusion::optimizer::{Analyzer, AnalyzerRule};

use super::unlike;

/// Adds the rule to a session, before those of the engine.
///
/// To be called after the defaults were set.
pub(super) fn register(builder: &mut SessionStateBuilder) {
    let analyzer = builder.analyzer().get_or_insert_with(Analyzer::new);
    analyzer.rules.insert(0, Arc::new(Comparisons));
}

/// How a side of a comparison is brought to the other's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// It stays.
    None,
    /// It is cast.
    Cast(&'static str),
    /// It is cast; what cannot be is NULL.
    TryCast(&'static str),
}

impl Change {
    fn apply(self, expr: Expr) -> Expr {
        match self {
            Self::None => expr,
            Self::Cast(to) => lake_cast(expr, to, false),
            Self::TryCast(to) => lake_cast(expr, to, true),
        }
    }
}

/// Brings both sides of a comparison to one type; `None` if the engine does.
pub(super) fn aligned(left: &Expr, right: &Expr, schema: &DFSchema) -> Result<Option<(Expr, Expr)>> {
    let (_, left_field) = left.to_field(schema)?;
    let (_, right_field) = right.to_field(schema)?;
    unlike::check_text(left, &right_field)?;
    unlike::check_text(right, &left_field)?;
    let changes = match changes(left, &left_field, right, &right_field) {
        None => changes(right, &right_field, left, &left_field).map(|(right, left)| (left, right)),
        found => found,
    };
    Ok(changes.map(|(to_left, to_right)| (to_left.apply(left.clone()), to_right.apply(right.clone()))))
}

/// Returns how text on the left and another type on the right are changed.
fn changes(left: &Expr, left_field: &Field, right: &Expr, right_field: &Field) -> Option<(Change, Change)> {
    if let (DataType::Map(..), DataType::Map(..)) = (left_field.data_type(), right_field.data_type()) {
        return Some((Change::Cast("json"), Change::Cast("json")));
    }
    if !is_text(left_field.data_type()) || is_free_form(left_field) {
        return None;
    }
    let is_constant = matches!(left, Expr::Literal(..));
    match right_field.data_type() {
        DataType::Timestamp(..) => Some((Change::Cast("timestamp with time zone"), Change::None)),
        DataType::Date32 | DataType::Date64 if names_time(left) => {
            Some((Change::Cast("timestamp"), Change::Cast("timestamp")))
        }
        DataType::Date32 | DataType::Date64 => Some((Change::Cast("date"), Change::None)),
        DataType::Time32(_) | DataType::Time64(_) => Some((Change::Cast("time"), Change::None)),
        DataType::Boolean if is_constant && !matches!(right, Expr::Literal(..)) => {
            Some((Change::TryCast("boolean"), Change::None))
        }
        DataType::Boolean => Some((Change::None, Change::Cast("varchar"))),
        number if number.is_numeric() => Some((Change::TryCast("double"), Change::None)),
        _ => None,
    }
}

/// Tells whether a constant text is longer than a date.
fn names_time(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(value, _) => {
            value.try_as_str().flatten().is_some_and(|text| text.trim().len() > "YYYY-MM-DD".len())
        }
        _ => false,
    }
}

/// Brings the sides of comparisons to one type.
#[derive(Debug)]
struct Comparisons;

impl AnalyzerRule for Comparisons {
    fn name(&self) -> &str {
        "lake_comparisons"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let rewritten = plan.transform_up_with_subqueries(|node| {
            unlike::check_sides(&node)?;
            rewrite_expressions(node, rewrite_expr)
        })?;
        Ok(rewritten.data)
    }
}

/// Rewrites the expressions of a node, given the columns that they may read.
pub(super) fn rewrite_expressions(
    plan: LogicalPlan,
    rewrite: fn(Expr, &DFSchema) -> Result<Transformed<Expr>>,
) -> Result<Transformed<LogicalPlan>> {
    let mut schema = merge_schema(&plan.inputs());
    if let LogicalPlan::TableScan(scan) = &plan {
        let source = DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?;
        schema.merge(&source);
    }
    let preserver = NamePreserver::new(&plan);
    plan.map_expressions(|expr| {
        let name = preserver.save(&expr);
        let rewritten = expr.transform_up(|expr| rewrite(expr, &schema))?;
        Ok(rewritten.update_data(|expr| name.restore(expr)))
    })
}

fn rewrite_expr(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let rewritten = match &expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if matches!(op, Operator::IsDistinctFrom | Operator::IsNotDistinctFrom) || is_comparison(*op) =>
        {
            aligned(left, right, schema)?.map(|(left, right)| {
                Expr::BinaryExpr(BinaryExpr { left: Box::new(left), op: *op, right: Box::new(right) })
            })
        }
        Expr::Between(between) => {
            unlike::check_between(between, schema)?;
            aligned_between(between, schema)?
        }
        Expr::InList(list) => aligned_list(list, schema)?,
        Expr::Case(case) => {
            unlike::check_conditions(case, schema)?;
            aligned_case(case, schema)?
        }
        _ => None,
    };
    Ok(rewritten.map_or(Transformed::no(expr), Transformed::yes))
}

fn aligned_between(between: &Between, schema: &DFSchema) -> Result<Option<Expr>> {
    let Some(all) = aligned_all(&between.expr, [between.low.as_ref(), between.high.as_ref()], schema)? else {
        return Ok(None);
    };
    let (expr, mut bounds) = all;
    let (Some(high), Some(low)) = (bounds.pop(), bounds.pop()) else { return Ok(None) };
    let (low, high) = (Box::new(low), Box::new(high));
    Ok(Some(Expr::Between(Between { expr: Box::new(expr), negated: between.negated, low, high })))
}

fn aligned_list(list: &InList, schema: &DFSchema) -> Result<Option<Expr>> {
    let Some((expr, items)) = aligned_all(&list.expr, &list.list, schema)? else { return Ok(None) };
    Ok(Some(Expr::InList(InList { expr: Box::new(expr), list: items, negated: list.negated })))
}

/// Aligns the operand of `CASE x WHEN v`.
fn aligned_case(case: &Case, schema: &DFSchema) -> Result<Option<Expr>> {
    let Some(operand) = &case.expr else { return Ok(None) };
    let values = case.when_then_expr.iter().map(|(when, _)| when.as_ref());
    let Some((operand, values)) = aligned_all(operand, values, schema)? else { return Ok(None) };
    let results = case.when_then_expr.iter().map(|(_, then)| then.clone());
    let when_then_expr = values.into_iter().map(Box::new).zip(results).collect();
    let case = Case { expr: Some(Box::new(operand)), when_then_expr, else_expr: case.else_expr.clone() };
    Ok(Some(Expr::Case(case)))
}

/// Aligns an expression with each of several others, if that does the same to it each time.
fn aligned_all<'a>(
    expr: &Expr,
    others: impl IntoIterator<Item = &'a Expr>,
    schema: &DFSchema,
) -> Result<Option<(Expr, Vec<Expr>)>> {
    let mut pairs = Vec::new();
    for other in others {
        let is_null = matches!(other, Expr::Literal(value, _) if value.is_null());
        pairs.push(if is_null { None } else { Some((aligned(expr, other, schema)?, other)) });
    }
    let Some((first, _)) = pairs.iter().flatten().find(|(aligned, _)| aligned.is_some()) else {
        return Ok(None);
    };
    let changed = first.as_ref().map_or(expr, |(changed, _)| changed).clone();
    let mut items = Vec::with_capacity(pairs.len());
    for pair in pairs {
        items.push(match pair {
            None => Expr::Literal(datafusion::common::ScalarValue::Null, None),
            Some((Some((own, other)), _)) if own == changed => other,
            Some((None, other)) if changed == *expr => other.clone(),
            // The types of the others differ: the engine must see to it.
            Some(_) => return Ok(None),
        });
    }
    Ok(Some((changed, items)))
}

/// Tells whether an operator compares.
pub(super) fn is_comparison(op: Operator) -> bool {
    matches!(
        op,
        Operator::Eq | Operator::NotEq | Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use crate::testing::session;

    #[tokio::test]
    async fn comparisons_reach_the_scan_as_typed_constants() {
        let state = session();
        let at_ten = "TimestampMicrosecond(1704103200000000, Some(\"UTC\"))";
        let at_midnight = "TimestampMicrosecond(1704067200000000, Some(\"UTC\"))";
        for (condition, expect) in [
            ("eventTime > '2024-01-01T10:00:00Z'", format!("trail.eventTime > {at_ten}")),
            ("'2024-01-01 10:00' < eventTime", format!("trail.eventTime > {at_ten}")),
            ("eventTime >= '2024-01-01'", format!("trail.eventTime >= {at_midnight}")),
            ("eventTime > CAST('2024-01-01 10:00:00' AS timestamp)", format!("trail.eventTime > {at_ten}")),
            ("eventTime > TIMESTAMP '2024-01-01 10:00:00'", format!("trail.eventTime > {at_ten}")),
            (
                "eventTime > TIMESTAMP '2024-01-01 11:00:00 Europe/Berlin'",
                format!("trail.eventTime > {at_ten}"),
            ),
            ("eventTime > DATE '2024-01-01'", format!("trail.eventTime > {at_midnight}")),
            (
                "eventTime > TIMESTAMP '2024-01-01 12:00:00' - 2 * INTERVAL '1' HOUR",
                format!("trail.eventTime > {at_ten}"),
            ),
            (
                "eventTime BETWEEN '2024-01-01' AND '2024-01-01 10:00:00.000'",
                format!("trail.eventTime >= {at_midnight}, trail.eventTime <= {at_ten}"),
            ),
            ("eventTime IN ('2024-01-01 10:00:00')", format!("trail.eventTime = {at_ten}")),
            ("eventTime = CAST(eventTime AS timestamp)", "Filter: trail.eventTime IS NOT NULL".to_owned()),
            (
                "sessionCredentialFromConsole = true",
                "trail.sessionCredentialFromConsole = Utf8View(\"true\")".to_owned(),
            ),
            ("eventName LIKE 'Get%'", "trail.eventName LIKE Utf8View(\"Get%\")".to_owned()),
            ("date(eventTime) > DATE '2023-12-31'", format!("trail.eventTime >= {at_midnight}")),
            (
                "date(eventTime) = DATE '2024-01-01'",
                format!("trail.eventTime >= {at_midnight}, trail.eventTime <"),
            ),
            ("CAST(eventName AS varchar) = 'x'", "trail.eventName = Utf8View(\"x\")".to_owned()),
        ] {
            let sql = format!("SELECT eventID FROM trail WHERE {condition}");
            let planned = crate::plan(&state, &sql).await.unwrap();
            let plan = state.optimize(&planned.plan).unwrap().display_indent().to_string();
            assert!(plan.replace(" AND ", ", ").contains(&expect), "{condition}: {plan}");
        }
    }
}

//! Parts of a condition that may fail are evaluated only for rows that pass the other parts.
//!
//! The engine evaluates the conjuncts of a filter in any order, some on all rows. `eventName = 'PutObject' AND
//! requestParameters['bucketName'] = 'x'` would then fail for an event of another name, which has no such member.
//!
//! | condition | becomes |
//! |---|---|
//! | filter `a AND f AND b` | `a AND b AND CASE WHEN a AND b THEN f ELSE false END` |
//! | `a AND f` elsewhere | `CASE WHEN a IS NOT FALSE THEN a AND f ELSE false END` |
//! | `a OR f` elsewhere | `CASE WHEN a IS NOT TRUE THEN a OR f ELSE true END` |
//!
//! `f` may fail, `a` and `b` may not ([`auditlake_functions::fallible`]). [`Guard`] is the last of the logical rules,
//! when conditions are where they stay. The engine would take the CASE apart when its rules run again; [`Unguard`],
//! the first of them, puts the plain condition back.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::Case;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::{
    conjunction, merge_schema, split_conjunction, split_conjunction_owned,
};
use datafusion::logical_expr::{
    BinaryExpr, Expr, Filter, LogicalPlan, Operator, Projection, TableProviderFilterPushDown, TableScan,
    TableScanBuilder, lit, when,
};
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

use auditlake_functions::fallible::{could_fail, may_fail};

/// Guards what may fail.
#[derive(Debug, Default)]
pub(super) struct Guard;

/// Takes away what [`Guard`] put in.
#[derive(Debug, Default)]
pub(super) struct Unguard;

impl OptimizerRule for Guard {
    fn name(&self) -> &str {
        "guard_fallible"
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        rewrite(plan, could_fail, guarded_condition, guard_step)
    }
}

impl OptimizerRule for Unguard {
    fn name(&self) -> &str {
        "unguard_fallible"
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let is_case = |expr: &Expr| matches!(expr, Expr::Case(_));
        rewrite(plan, is_case, plain_condition, |expr, _| Ok(unguard_step(expr)))
    }
}

/// Guards and unguards whole conditions, given the conditions that hold beside them; tells whether it did.
type Condition = fn(Vec<Expr>, &[Expr], &DFSchema) -> Result<Transformed<Vec<Expr>>>;

/// Guards and unguards one AND or OR.
type Step = fn(Expr, &DFSchema) -> Result<Transformed<Expr>>;

/// Rewrites the conditions of filters, scans and joins as a whole, and all expressions step by step.
///
/// Nodes without an expression that is `of_interest` are left alone.
fn rewrite(
    plan: LogicalPlan,
    of_interest: fn(&Expr) -> bool,
    condition: Condition,
    step: Step,
) -> Result<Transformed<LogicalPlan>> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found |= has(node, of_interest)?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    if !found {
        return Ok(Transformed::no(plan));
    }
    plan.transform_up_with_subqueries(|node| {
        if !has(&node, of_interest)? {
            return Ok(Transformed::no(node));
        }
        let schema = schema_of(&node)?;
        let fixed = taken_by_table(&node)?;
        let node = conditions(node, &fixed, &schema, condition)?;
        let preserver = NamePreserver::new(&node.data);
        let changed = node.transformed;
        let inside = node.data.map_expressions(|expr| {
            if fixed.contains(&expr) {
                return Ok(Transformed::no(expr));
            }
            let name = preserver.save(&expr);
            let rewritten = expr.transform_up(|expr| step(expr, &schema))?;
            Ok(rewritten.update_data(|expr| name.restore(expr)))
        })?;
        let done = Transformed::new_transformed(inside.data, inside.transformed || changed);
        if changed { done.transform_data(narrow) } else { Ok(done) }
    })
}

/// Tells whether an expression of a node is, or holds, one that is `of_interest`.
fn has(node: &LogicalPlan, of_interest: fn(&Expr) -> bool) -> Result<bool> {
    let mut found = false;
    node.apply_expressions(|expr| {
        expr.apply(|expr| {
            found |= of_interest(expr);
            Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })
    })?;
    Ok(found)
}

/// Rewrites the condition of a filter, scan or join, but for the `fixed` parts of it.
fn conditions(
    node: LogicalPlan,
    fixed: &[Expr],
    schema: &DFSchema,
    rule: Condition,
) -> Result<Transformed<LogicalPlan>> {
    match node {
        LogicalPlan::Filter(mut filter) => {
            let beside = match filter.input.as_ref() {
                LogicalPlan::TableScan(scan) => scan.filters.clone(),
                _ => Vec::new(),
            };
            let parts = split_conjunction_owned(filter.predicate.clone());
            let done = rule(parts, &beside, schema)?;
            filter.predicate = conjunction(done.data).unwrap_or_else(|| lit(true));
            Ok(Transformed::new_transformed(LogicalPlan::Filter(filter), done.transformed))
        }
        LogicalPlan::TableScan(mut scan) => {
            let (mut filters, rest): (Vec<Expr>, Vec<Expr>) =
                std::mem::take(&mut scan.filters).into_iter().partition(|filter| fixed.contains(filter));
            let parts = rest.into_iter().flat_map(split_conjunction_owned).collect();
            let done = rule(parts, &filters, schema)?;
            filters.extend(done.data);
            scan.filters = filters;
            Ok(Transformed::new_transformed(LogicalPlan::TableScan(scan), done.transformed))
        }
        LogicalPlan::Join(mut join) => {
            let Some(filter) = join.filter.take() else {
                return Ok(Transformed::no(LogicalPlan::Join(join)));
            };
            let done = rule(split_conjunction_owned(filter), &[], schema)?;
            join.filter = conjunction(done.data);
            Ok(Transformed::new_transformed(LogicalPlan::Join(join), done.transformed))
        }
        other => Ok(Transformed::no(other)),
    }
}

/// Returns the filters of a scan that its table alone evaluates.
///
/// They stay as they are: nobody would evaluate what the table no longer takes upon itself.
fn taken_by_table(node: &LogicalPlan) -> Result<Vec<Expr>> {
    let LogicalPlan::TableScan(scan) = node else { return Ok(Vec::new()) };
    let support = scan.source.supports_filters_pushdown(&scan.filters.iter().collect::<Vec<_>>())?;
    let by_table =
        scan.filters.iter().zip(support).filter(|(_, by)| *by == TableProviderFilterPushDown::Exact);
    Ok(by_table.map(|(filter, _)| filter.clone()).collect())
}

/// Widens the scan under a filter whose guard reads more columns than the scan gives, and hides these above.
fn narrow(node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Filter(filter) = &node else { return Ok(Transformed::no(node)) };
    let LogicalPlan::TableScan(scan) = filter.input.as_ref() else { return Ok(Transformed::no(node)) };
    let Some(mut projection) = scan.projection.clone() else { return Ok(Transformed::no(node)) };
    let columns = filter.input.schema().columns();
    let source = scan.source.schema();
    for column in filter.predicate.column_refs() {
        let index = source.index_of(&column.name)?;
        if !projection.contains(&index) {
            projection.push(index);
        }
    }
    if projection.len() == columns.len() {
        return Ok(Transformed::no(node));
    }
    let scan = TableScanBuilder::from(scan.clone()).with_projection(Some(projection)).build()?;
    let filter = Filter::new(filter.predicate.clone(), Arc::new(LogicalPlan::TableScan(scan)));
    let shown = columns.into_iter().map(Expr::Column).collect();
    let projected = Projection::try_new(shown, Arc::new(LogicalPlan::Filter(filter)))?;
    Ok(Transformed::yes(LogicalPlan::Projection(projected)))
}

/// Returns the columns that the expressions of a node may read.
fn schema_of(node: &LogicalPlan) -> Result<DFSchema> {
    let of_scan = |scan: &TableScan| {
        DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())
    };
    match node {
        LogicalPlan::TableScan(scan) => of_scan(scan),
        LogicalPlan::Filter(filter) => match filter.input.as_ref() {
            LogicalPlan::TableScan(scan) => of_scan(scan),
            other => Ok(other.schema().as_ref().clone()),
        },
        other => Ok(merge_schema(&other.inputs())),
    }
}

fn guarded_condition(parts: Vec<Expr>, beside: &[Expr], schema: &DFSchema) -> Result<Transformed<Vec<Expr>>> {
    let (fallible, safe): (Vec<Expr>, Vec<Expr>) =
        parts.into_iter().partition(|part| guarded_part(part).is_none() && may_fail(part, schema));
    let is_guard = |part: &&Expr| guarded_part(part).is_none() && !may_fail(part, schema);
    let mut guards: Vec<Expr> = Vec::new();
    for part in beside.iter().chain(&safe).filter(is_guard) {
        if !guards.contains(part) {
            guards.push(part.clone());
        }
    }
    let mut parts = safe;
    match (conjunction(guards), conjunction(fallible.clone())) {
        (Some(guard), Some(fallible)) => {
            parts.push(when(guard, fallible).otherwise(lit(false))?);
            Ok(Transformed::yes(parts))
        }
        _ => {
            parts.extend(fallible);
            Ok(Transformed::no(parts))
        }
    }
}

fn plain_condition(parts: Vec<Expr>, beside: &[Expr], _schema: &DFSchema) -> Result<Transformed<Vec<Expr>>> {
    let others = parts.clone();
    let holds_anyway = |part: &&Expr| others.contains(part) || beside.contains(part);
    let mut changed = false;
    let mut plain = Vec::with_capacity(parts.len());
    for part in parts {
        match guarded_part(&part) {
            Some((guard, guarded)) if split_conjunction(guard).iter().all(holds_anyway) => {
                changed = true;
                plain.extend(split_conjunction(guarded).into_iter().cloned());
            }
            _ => plain.push(part),
        }
    }
    Ok(Transformed::new_transformed(plain, changed))
}

/// Returns guard and `f` of `CASE WHEN guard THEN f ELSE false END`.
fn guarded_part(part: &Expr) -> Option<(&Expr, &Expr)> {
    match part {
        Expr::Case(Case { expr: None, when_then_expr, else_expr: Some(otherwise) }) => {
            match when_then_expr.as_slice() {
                [(guard, guarded)] if **otherwise == lit(false) => Some((guard, guarded)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Guards the right side of AND and OR.
fn guard_step(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) = &expr else {
        return Ok(Transformed::no(expr));
    };
    if !may_fail(right, schema) || is_guarded_by(right, left) {
        return Ok(Transformed::no(expr));
    }
    let left = left.as_ref().clone();
    let (undecided, decided) = match op {
        Operator::And => (left.is_not_false(), lit(false)),
        _ => (left.is_not_true(), lit(true)),
    };
    Ok(Transformed::yes(when(undecided, expr).otherwise(decided)?))
}

/// Tells whether a part is evaluated only where what stands beside it holds: so are filters that were guarded as a whole.
fn is_guarded_by(part: &Expr, beside: &Expr) -> bool {
    let Some((guard, _)) = guarded_part(part) else { return false };
    let holds = split_conjunction(beside);
    split_conjunction(guard).iter().any(|guard| holds.contains(guard))
}

/// Returns the `a AND f` that [`guard_step`] guarded.
fn unguarded_step(expr: &Expr) -> Option<&Expr> {
    let Expr::Case(Case { expr: None, when_then_expr, else_expr: Some(otherwise) }) = expr else {
        return None;
    };
    let [(undecided, guarded)] = when_then_expr.as_slice() else { return None };
    let Expr::BinaryExpr(BinaryExpr { left, op, .. }) = guarded.as_ref() else { return None };
    let is_guard = match (op, undecided.as_ref()) {
        (Operator::And, Expr::IsNotFalse(guard)) => guard == left && **otherwise == lit(false),
        (Operator::Or, Expr::IsNotTrue(guard)) => guard == left && **otherwise == lit(true),
        _ => false,
    };
    is_guard.then_some(guarded)
}

fn unguard_step(expr: Expr) -> Transformed<Expr> {
    match unguarded_step(&expr) {
        Some(plain) => Transformed::yes(plain.clone()),
        None => Transformed::no(expr),
    }
}

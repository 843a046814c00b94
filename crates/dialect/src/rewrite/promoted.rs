//! Reads promoted members from their own columns.
//!
//! An event data store keeps the members that incident queries filter by a second time, as plain hidden columns:
//! `_requestParameters_bucketName` beside `requestParameters`. Plain columns have statistics and bloom filters
//! and need no JSON parser. This rule swaps each access for its column, wherever the access stands:
//!
//! ```text
//! Aggregate: group by lake_get(trail.requestParameters, 'bucketName')        _requestParameters_bucketName
//!   Filter: get_field(trail.userIdentity, 'arn') = 'x'                       _userIdentity_arn = 'x'
//!     SubqueryAlias: trail                 wants go down,      ^
//!       Projection: visible columns          |  grants come up |             visible columns, and the two
//!         TableScan                          v                 |             projection widened
//! ```
//!
//! A node tells its input which members its expressions want; a scan grants those it has a column for, and each
//! node on the way hands the column up. Over a union, as over files with different promoted columns, one scan
//! that has the column is enough: the others compute the member.
//!
//! Exact by construction: the column holds what the access gives, row by row ([`auditlake_events::json::member_text`],
//! or the leaf itself). `json_extract_scalar` differs for nested values and is guarded, see [`Form::Scalar`].

use std::sync::Arc;

use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, DFSchemaRef, Result, TableReference, internal_err};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{
    Aggregate, BinaryExpr, Expr, Filter, Join, LogicalPlan, Operator, Projection, SubqueryAlias, TableScan,
    TableScanBuilder, Union,
};
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

use super::access::{Access, Form, is_guarded, text_of};
use super::wants::{Grants, Want, distinct, grant_of, member_type, wants_in};

/// Reads promoted members from their own columns.
#[derive(Debug, Default)]
pub struct PromotedPaths;

impl OptimizerRule for PromotedPaths {
    fn name(&self) -> &str {
        "promoted_paths"
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if !has_access(&plan)? {
            return Ok(Transformed::no(plan));
        }
        let mut rewriter = Rewriter { replaced: false };
        let rewritten = rewriter.closed(plan.clone())?;
        Ok(if rewriter.replaced { Transformed::yes(rewritten) } else { Transformed::no(plan) })
    }
}

fn has_access(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                found |= Access::of(expr).is_some();
                Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
            })
        })
    })?;
    Ok(found)
}

struct Rewriter {
    replaced: bool,
}

impl Rewriter {
    /// Rewrites a plan and keeps its schema.
    fn closed(&mut self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let schema = Arc::clone(plan.schema());
        let (plan, _) = self.open(plan, &[])?;
        only(plan, &schema, Vec::new())
    }

    /// Rewrites a plan; its output may have more columns than before, among them the granted ones.
    fn open(&mut self, plan: LogicalPlan, wants: &[Want]) -> Result<(LogicalPlan, Grants)> {
        let plan = plan.map_subqueries(|subquery| self.closed(subquery).map(Transformed::yes)).data()?;
        match plan {
            LogicalPlan::TableScan(scan) => self.scan(scan, wants),
            LogicalPlan::Projection(projection) => self.projection(projection, wants),
            LogicalPlan::SubqueryAlias(alias) => self.alias(alias, wants),
            LogicalPlan::Filter(filter) => self.filter(filter, wants),
            LogicalPlan::Sort(_) | LogicalPlan::Limit(_) | LogicalPlan::Window(_) => {
                self.passing(plan, wants)
            }
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate, wants),
            LogicalPlan::Join(join) => self.join(join, wants),
            LogicalPlan::Union(union) => self.union(union, wants),
            other => {
                let plan = other.map_children(|child| self.closed(child).map(Transformed::yes)).data()?;
                Ok((plan, vec![None; wants.len()]))
            }
        }
    }

    fn scan(&mut self, mut scan: TableScan, wants: &[Want]) -> Result<(LogicalPlan, Grants)> {
        let source = scan.source.schema();
        let promoted = |want: &Want| {
            let field = source.field_with_name(&want.column.name).ok()?;
            let hidden = want.member.hidden_column(field.name())?;
            let index = source.index_of(&hidden).ok()?;
            let has_type = member_type(field, &want.member)? == *source.field(index).data_type();
            has_type.then_some((index, Column::new(Some(scan.table_name.clone()), hidden)))
        };
        let found: Vec<_> = wants.iter().map(promoted).collect();
        // Filters in a scan see all columns of the table.
        let own = wants_in(&scan.filters);
        let own_grants: Grants = own.iter().map(|want| promoted(want).map(|(_, column)| column)).collect();
        let filters = std::mem::take(&mut scan.filters);
        scan.filters = filters
            .into_iter()
            .map(|filter| self.replace_condition(filter, &own, &own_grants))
            .collect::<Result<_>>()?;
        if let Some(projection) = &mut scan.projection {
            for (index, _) in found.iter().flatten() {
                if !projection.contains(index) {
                    projection.push(*index);
                }
            }
        }
        let grants = found.into_iter().map(|found| found.map(|(_, column)| column)).collect();
        Ok((LogicalPlan::TableScan(TableScanBuilder::from(scan).build()?), grants))
    }

    fn projection(&mut self, projection: Projection, wants: &[Want]) -> Result<(LogicalPlan, Grants)> {
        let Projection { expr: exprs, input, schema, .. } = projection;
        let below = |want: &Want| {
            let index = schema.maybe_index_of_column(&want.column)?;
            match unaliased(&exprs[index]) {
                Expr::Column(column) => Some(Want { column: column.clone(), member: want.member.clone() }),
                _ => None,
            }
        };
        let passed: Vec<Option<Want>> = wants.iter().map(below).collect();
        let (input, all, granted) = self.input(input, &exprs, passed.iter().flatten())?;
        let preserver = NamePreserver::new_for_projection();
        let mut exprs = self.replace_all(exprs, &all, &granted, &preserver)?;
        let mut grants = vec![None; wants.len()];
        for (grant, want) in grants.iter_mut().zip(&passed) {
            let Some(column) = want.as_ref().and_then(|want| grant_of(want, &all, &granted)) else {
                continue;
            };
            let expr = Expr::Column(column.clone());
            if !exprs.contains(&expr) {
                exprs.push(expr);
            }
            *grant = Some(column);
        }
        Ok((LogicalPlan::Projection(Projection::try_new(exprs, input)?), grants))
    }

    fn alias(&mut self, alias: SubqueryAlias, wants: &[Want]) -> Result<(LogicalPlan, Grants)> {
        let input_schema = Arc::clone(alias.input.schema());
        let below = |want: &Want| {
            let index = alias.schema.maybe_index_of_column(&want.column)?;
            Some(Want {
                column: Column::from(input_schema.qualified_field(index)),
                member: want.member.clone(),
            })
        };
        let passed: Vec<Option<Want>> = wants.iter().map(below).collect();
        let (input, all, granted) = self.input(alias.input, &[], passed.iter().flatten())?;
        let below = Arc::clone(input.schema());
        let renamed = SubqueryAlias::try_new(input, alias.alias)?;
        let grant = |want: &Option<Want>| {
            let column = grant_of(want.as_ref()?, &all, &granted)?;
            let index = below.maybe_index_of_column(&column)?;
            Some(Column::from(renamed.schema.qualified_field(index)))
        };
        let grants = passed.iter().map(grant).collect();
        Ok((LogicalPlan::SubqueryAlias(renamed), grants))
    }

    fn filter(&mut self, filter: Filter, wants: &[Want]) -> Result<(LogicalPlan, Grants)> {
        let Filter { predicate, input, .. } = filter;
        let (input, all, granted) = self.input(input, std::slice::from_ref(&predicate), wants)?;
        let predicate = self.replace_condition(predicate, &all, &granted)?;
        let grants = wants.iter().map(|want| grant_of(want, &all, &granted)).collect();
        Ok((LogicalPlan::Filter(Filter::try_new(predicate, input)?), grants))
    }

    /// Handles nodes whose output is their input, and perhaps columns of their own behind it.
    fn passing(&mut self, plan: LogicalPlan, wants: &[Want]) -> Result<(LogicalPlan, Grants)> {
        let exprs = plan.expressions();
        let Some(input) = plan.inputs().first().map(|input| Arc::new((*input).clone())) else {
            return Ok((plan, vec![None; wants.len()]));
        };
        let schema = Arc::clone(input.schema());
        let passed = wants.iter().filter(|want| schema.has_column(&want.column));
        let (input, all, granted) = self.input(input, &exprs, passed)?;
        let preserver = NamePreserver::new(&plan);
        let exprs = self.replace_all(exprs, &all, &granted, &preserver)?;
        let grants = wants.iter().map(|want| grant_of(want, &all, &granted)).collect();
        Ok((plan.with_new_exprs(exprs, vec![Arc::unwrap_or_clone(input)])?, grants))
    }

    fn aggregate(&mut self, aggregate: Aggregate, wants: &[Want]) -> Result<(LogicalPlan, Grants)> {
        let none = vec![None; wants.len()];
        let has_sets = aggregate.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_)));
        if has_sets {
            // The names of its output come from inside the sets.
            let plan = LogicalPlan::Aggregate(aggregate);
            let plan = plan.map_children(|child| self.closed(child).map(Transformed::yes)).data()?;
            return Ok((plan, none));
        }
        let Aggregate { input, group_expr, aggr_expr, .. } = aggregate;
        let groups = group_expr.len();
        let exprs: Vec<Expr> = group_expr.into_iter().chain(aggr_expr).collect();
        let (input, all, granted) = self.input(input, &exprs, &[])?;
        let preserver = NamePreserver::new_for_projection();
        let mut groups_and_aggregates = self.replace_all(exprs, &all, &granted, &preserver)?;
        let aggregates = groups_and_aggregates.split_off(groups);
        Ok((LogicalPlan::Aggregate(Aggregate::try_new(input, groups_and_aggregates, aggregates)?), none))
    }

    fn join(&mut self, join: Join, wants: &[Want]) -> Result<(LogicalPlan, Grants)> {
        let plan = LogicalPlan::Join(join.clone());
        let exprs = plan.expressions();
        let own = wants_in(&exprs);
        // What the join does not put out cannot be handed up.
        let passed: Vec<&Want> = wants.iter().filter(|want| join.schema.has_column(&want.column)).collect();
        let of = |side: &LogicalPlan| -> Vec<Want> {
            let is_in = |want: &&Want| side.schema().has_column(&want.column);
            distinct(own.iter().chain(passed.iter().copied()).filter(is_in))
        };
        let (left_wants, right_wants) = (of(&join.left), of(&join.right));
        let (left, left_grants) = self.open(Arc::unwrap_or_clone(join.left), &left_wants)?;
        let (right, right_grants) = self.open(Arc::unwrap_or_clone(join.right), &right_wants)?;
        let all: Vec<Want> = left_wants.into_iter().chain(right_wants).collect();
        let granted: Grants = left_grants.into_iter().chain(right_grants).collect();
        let preserver = NamePreserver::new(&plan);
        let exprs = self.replace_all(exprs, &all, &granted, &preserver)?;
        let plan = plan.with_new_exprs(exprs, vec![left, right])?;
        let schema = plan.schema();
        let grant = |want: &Want| grant_of(want, &all, &granted).filter(|column| schema.has_column(column));
        Ok((plan.clone(), wants.iter().map(grant).collect()))
    }

    fn union(&mut self, union: Union, wants: &[Want]) -> Result<(LogicalPlan, Grants)> {
        let indices: Vec<Option<usize>> =
            wants.iter().map(|want| union.schema.maybe_index_of_column(&want.column)).collect();
        let mut branches = Vec::with_capacity(union.inputs.len());
        for input in union.inputs {
            let schema = Arc::clone(input.schema());
            let column = |index: usize| Column::from(schema.qualified_field(index));
            let want = |(want, index): (&Want, &Option<usize>)| Want {
                column: index.map_or_else(|| want.column.clone(), column),
                member: want.member.clone(),
            };
            let passed: Vec<Want> = wants.iter().zip(&indices).map(want).collect();
            let (plan, grants) = self.open(Arc::unwrap_or_clone(input), &passed)?;
            branches.push(Branch { plan, schema, wants: passed, grants });
        }
        // One branch that has the column is enough; where none has it, the access stays where it is.
        let column = |(qualifier, field): (Option<&TableReference>, &FieldRef)| {
            (qualifier.cloned(), Arc::clone(field))
        };
        let mut fields: Vec<_> = union.schema.iter().map(column).collect();
        let mut grants = vec![None; wants.len()];
        for (want, grant) in grants.iter_mut().enumerate() {
            let field = branches.iter().find_map(|branch| branch.field_of(want));
            if let (Some(field), Some(_)) = (field, indices[want]) {
                let name = format!("__promoted_{}", fields.len());
                fields.push((None, Arc::new(field.as_ref().clone().with_name(&name).with_nullable(true))));
                *grant = Some(Column::new_unqualified(name));
            }
        }
        let metadata = union.schema.metadata().clone();
        let inputs =
            branches.into_iter().map(|branch| branch.close(&grants).map(Arc::new)).collect::<Result<_>>()?;
        let schema = if grants.iter().any(Option::is_some) {
            Arc::new(DFSchema::new_with_metadata(fields, metadata)?)
        } else {
            union.schema
        };
        Ok((LogicalPlan::Union(Union { inputs, schema }), grants))
    }

    /// Opens the input of a node with the wants of its own expressions and those passed down.
    fn input<'a>(
        &mut self,
        input: Arc<LogicalPlan>,
        exprs: &[Expr],
        passed: impl IntoIterator<Item = &'a Want>,
    ) -> Result<(Arc<LogicalPlan>, Vec<Want>, Grants)> {
        let mut all = wants_in(exprs);
        all.extend(passed.into_iter().cloned());
        let all = distinct(&all);
        let (input, granted) = self.open(Arc::unwrap_or_clone(input), &all)?;
        Ok((Arc::new(input), all, granted))
    }

    fn replace_all(
        &mut self,
        exprs: Vec<Expr>,
        wants: &[Want],
        grants: &[Option<Column>],
        preserver: &NamePreserver,
    ) -> Result<Vec<Expr>> {
        let replace = |expr: Expr| {
            let name = preserver.save(&expr);
            Ok(name.restore(self.replace(expr, wants, grants)?))
        };
        exprs.into_iter().map(replace).collect()
    }

    /// Replaces every granted access in an expression.
    fn replace(&mut self, expr: Expr, wants: &[Want], grants: &[Option<Column>]) -> Result<Expr> {
        expr.transform_down(|expr| {
            if is_guarded(&expr) {
                return Ok(Transformed::new(expr, false, TreeNodeRecursion::Jump));
            }
            let Some(access) = Access::of(&expr) else { return Ok(Transformed::no(expr)) };
            let want = Want { column: access.column.clone(), member: access.member.clone() };
            let Some(promoted) = grant_of(&want, wants, grants) else { return Ok(Transformed::no(expr)) };
            let replaced = access.replaced(&expr, &promoted)?;
            self.replaced = true;
            Ok(Transformed::new(replaced, true, TreeNodeRecursion::Jump))
        })
        .data()
    }

    /// Replaces every granted access in a condition that rows pass only if it is true.
    ///
    /// There `json_extract_scalar(...) = 'text'` is the same as that of the column, unless the text could be
    /// that of an object or array.
    fn replace_condition(
        &mut self,
        condition: Expr,
        wants: &[Want],
        grants: &[Option<Column>],
    ) -> Result<Expr> {
        let mut conditions = Vec::new();
        for condition in split_conjunction_owned(condition) {
            let simple = scalar_access(&condition).and_then(|access| {
                let want = Want { column: access.column.clone(), member: access.member };
                grant_of(&want, wants, grants)
            });
            conditions.push(match simple {
                Some(promoted) => {
                    self.replaced = true;
                    with_column(condition, promoted)
                }
                None => self.replace(condition, wants, grants)?,
            });
        }
        // Splitting a condition gives at least one.
        conjunction(conditions).map_or_else(|| internal_err!("condition without parts"), Ok)
    }
}

/// A branch of a union on its way.
struct Branch {
    plan: LogicalPlan,
    /// The schema it had.
    schema: DFSchemaRef,
    wants: Vec<Want>,
    grants: Grants,
}

impl Branch {
    /// Returns the field of the column that was granted for a want.
    fn field_of(&self, want: usize) -> Option<FieldRef> {
        let column = self.grants[want].as_ref()?;
        let index = self.plan.schema().maybe_index_of_column(column)?;
        Some(Arc::clone(self.plan.schema().qualified_field(index).1))
    }

    /// Returns the branch with its old columns, then one for each granted want of the union.
    fn close(self, granted: &[Option<Column>]) -> Result<LogicalPlan> {
        let Self { plan, schema, wants, grants } = self;
        let added = granted.iter().enumerate().filter_map(|(want, name)| {
            let name = name.as_ref()?;
            let expr = match &grants[want] {
                Some(column) => Expr::Column(column.clone()),
                None => wants[want].member.read_from(wants[want].column.clone()),
            };
            Some(expr.alias(name.name.clone()))
        });
        only(plan, &schema, added.collect())
    }
}

/// Cuts a plan down to the columns of `schema` and adds `more`.
fn only(plan: LogicalPlan, schema: &DFSchemaRef, more: Vec<Expr>) -> Result<LogicalPlan> {
    if more.is_empty() && plan.schema().fields().len() == schema.fields().len() {
        return Ok(plan);
    }
    let columns = schema.columns().into_iter().map(Expr::Column).chain(more).collect();
    Ok(LogicalPlan::Projection(Projection::try_new(columns, Arc::new(plan))?))
}

fn unaliased(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => unaliased(&alias.expr),
        other => other,
    }
}

/// Returns the `json_extract_scalar` in `access = 'text'` and `access IN ('text', ...)`, if no text could be
/// that of an object or array.
fn scalar_access(condition: &Expr) -> Option<Access<'_>> {
    let is_scalar = |text: &Expr| text_of(text).is_some_and(|text| !text.starts_with(['{', '[']));
    let access = match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) if is_scalar(right) => {
            Access::of(left)
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) if is_scalar(left) => {
            Access::of(right)
        }
        Expr::InList(InList { expr, list, negated: false }) if list.iter().all(is_scalar) => Access::of(expr),
        _ => None,
    };
    access.filter(|access| access.form == Form::Scalar)
}

/// Puts a column in place of the access in a condition that [`scalar_access`] takes.
fn with_column(condition: Expr, column: Column) -> Expr {
    let column = Expr::Column(column);
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if text_of(&right).is_some() => {
            drop(left);
            Expr::BinaryExpr(BinaryExpr { left: Box::new(column), op, right })
        }
        Expr::BinaryExpr(BinaryExpr { left, op, .. }) => {
            Expr::BinaryExpr(BinaryExpr { left, op, right: Box::new(column) })
        }
        Expr::InList(InList { list, negated, .. }) => {
            Expr::InList(InList { expr: Box::new(column), list, negated })
        }
        other => other,
    }
}

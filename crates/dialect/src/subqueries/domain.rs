//! The values for which a subquery is asked.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchemaRef, JoinType, Result, TableReference};
use datafusion::functions::core::expr_fn::r#struct;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};

use super::native::subquery_of;
use super::repeatable;

/// The distinct values of those columns of a query that its subquery refers to.
#[derive(Debug)]
pub(super) struct Domain {
    /// Columns of the query, and their names in the domain.
    pairs: Vec<(Column, Column)>,
    /// One row for each combination of values; a single row if there are no columns.
    pub(super) plan: LogicalPlan,
    number: usize,
}

impl Domain {
    /// Collects the columns of `input` that `subquery` refers to, and `subject`.
    pub(super) fn of(
        number: usize,
        input: &LogicalPlan,
        subquery: &LogicalPlan,
        subject: Option<&Column>,
    ) -> Result<Self> {
        let mut found: Vec<Column> = subject.into_iter().cloned().collect();
        for column in outer_columns(subquery)? {
            if input.schema().has_column(&column) && !found.contains(&column) {
                found.push(column);
            }
        }
        let name = |place: usize| Column::from_name(format!(":outer{number}:{place}"));
        let pairs: Vec<(Column, Column)> =
            found.into_iter().enumerate().map(|(place, column)| (column, name(place))).collect();
        let plan = if pairs.is_empty() {
            LogicalPlanBuilder::empty(true).build()?
        } else {
            repeatable::check(input)?;
            let exprs: Vec<Expr> =
                pairs.iter().map(|(from, to)| Expr::Column(from.clone()).alias(to.name.as_str())).collect();
            distinct(LogicalPlanBuilder::from(input.clone()).project(exprs)?)?
        };
        Ok(Self { pairs, plan, number })
    }

    /// Returns the domain that is the query itself.
    pub(super) fn whole(number: usize, input: LogicalPlan) -> Self {
        let pairs = input.schema().columns().into_iter().map(|column| (column.clone(), column)).collect();
        Self { pairs, plan: input, number }
    }

    /// Returns the columns of the domain.
    pub(super) fn columns(&self) -> Vec<Expr> {
        self.pairs.iter().map(|(_, column)| Expr::Column(column.clone())).collect()
    }

    /// Returns the column of the domain that has the values of a column of the query.
    pub(super) fn column_of(&self, column: &Column) -> Expr {
        let found = self.pairs.iter().find(|(from, _)| from == column).map(|(_, to)| to);
        Expr::Column(found.unwrap_or(column).clone())
    }

    /// Joins the rows of a subquery, which have the columns of the domain, to the query.
    pub(super) fn join(
        &self,
        input: LogicalPlan,
        rows: LogicalPlan,
        join_type: JoinType,
        filter: Option<Expr>,
    ) -> Result<LogicalPlan> {
        let builder = LogicalPlanBuilder::from(input);
        if self.pairs.is_empty() {
            let condition = filter.unwrap_or_else(|| lit(true));
            return builder.join_on(rows, join_type, [condition])?.build();
        }
        let (left, right): (Vec<Column>, Vec<Column>) = self.pairs.iter().cloned().unzip();
        builder.join_with_expr_keys(rows, join_type, same(left, right), filter)?.build()
    }

    /// Gives the columns of a subquery an alias, those of the domain none.
    pub(super) fn requalified(
        &self,
        rows: LogicalPlan,
        subquery: &LogicalPlan,
        alias: &TableReference,
    ) -> Result<LogicalPlan> {
        let named = subquery.schema().columns().into_iter().map(|column| {
            let name = column.name.clone();
            Expr::Column(column).alias_qualified(Some(alias.clone()), name)
        });
        let exprs: Vec<Expr> = self.columns().into_iter().chain(named).collect();
        LogicalPlanBuilder::from(rows).project(exprs)?.build()
    }

    /// Renames the columns of the domain in rows that are joined to others that have them; returns the new names.
    pub(super) fn renamed(
        &self,
        rows: LogicalPlan,
        original: &LogicalPlan,
    ) -> Result<(LogicalPlan, Vec<Column>)> {
        let names: Vec<Column> =
            self.pairs.iter().map(|(_, to)| Column::from_name(format!("{}:right", to.name))).collect();
        let keys = self.columns().into_iter().zip(&names).map(|(key, name)| key.alias(name.name.as_str()));
        let exprs: Vec<Expr> =
            keys.chain(original.schema().columns().into_iter().map(Expr::Column)).collect();
        Ok((LogicalPlanBuilder::from(rows).project(exprs)?.build()?, names))
    }

    /// Returns the columns of the domain as keys of a join.
    pub(super) fn keys(&self) -> Vec<Column> {
        self.pairs.iter().map(|(_, to)| to.clone()).collect()
    }

    pub(super) fn name(&self, what: &str) -> String {
        format!(":{what}{}", self.number)
    }

    /// Tells whether a plan refers to columns of the query that the domain has.
    pub(super) fn is_wanted_by(&self, plan: &LogicalPlan) -> Result<bool> {
        let found = outer_columns(plan)?;
        Ok(found.iter().any(|column| self.pairs.iter().any(|(from, _)| from == column)))
    }

    /// Writes references to the query as columns of the domain, in an expression over the rows of `inputs`.
    pub(super) fn rewrite(&self, expr: Expr, inputs: &[&LogicalPlan]) -> Result<Expr> {
        let rewritten = expr.transform_up(|expr| match expr {
            Expr::OuterReferenceColumn(field, column) => match self.renaming(&column) {
                Some(to) => Ok(Transformed::yes(Expr::Column(to))),
                None => Ok(Transformed::no(Expr::OuterReferenceColumn(field, column))),
            },
            other => self.rewrite_nested(other, &schemas_of(inputs)),
        });
        rewritten.map(|rewritten| rewritten.data)
    }

    /// As [`Self::rewrite`]; the expression keeps the name that it had.
    pub(super) fn rewrite_named(&self, expr: Expr, inputs: &[&LogicalPlan]) -> Result<Expr> {
        let (relation, name) = expr.qualified_name();
        let new = self.rewrite(expr, inputs)?;
        let is_same = new.qualified_name() == (relation.clone(), name.clone());
        Ok(if is_same { new } else { new.alias_qualified(relation, name) })
    }

    fn renaming(&self, column: &Column) -> Option<Column> {
        self.pairs.iter().find(|(from, _)| from == column).map(|(_, to)| to.clone())
    }

    /// Writes references inside of a subquery to the query as references to the domain, which now stands around it.
    ///
    /// `between` are the queries in between: what they have is theirs.
    fn rewrite_nested(&self, mut expr: Expr, between: &[DFSchemaRef]) -> Result<Transformed<Expr>> {
        let subquery = match &mut expr {
            Expr::Exists(exists) => &mut exists.subquery,
            Expr::ScalarSubquery(subquery) => subquery,
            Expr::InSubquery(found) => &mut found.subquery,
            Expr::SetComparison(comparison) => &mut comparison.subquery,
            _ => return Ok(Transformed::no(expr)),
        };
        let plan = self.rename(subquery.subquery.as_ref().clone(), between)?;
        subquery.outer_ref_columns = plan.all_out_ref_exprs();
        subquery.subquery = plan.into();
        Ok(Transformed::yes(expr))
    }

    fn rename(&self, plan: LogicalPlan, between: &[DFSchemaRef]) -> Result<LogicalPlan> {
        let renamed = plan.transform_up(|node| {
            let inner: Vec<DFSchemaRef> = between.iter().cloned().chain(schemas_of(&node.inputs())).collect();
            node.map_expressions(|expr| {
                expr.transform_up(|expr| match expr {
                    Expr::OuterReferenceColumn(field, column) => {
                        let is_nearer = between.iter().any(|schema| schema.has_column(&column));
                        let to = self.renaming(&column).filter(|_| !is_nearer).unwrap_or(column);
                        Ok(Transformed::yes(Expr::OuterReferenceColumn(field, to)))
                    }
                    other => self.rewrite_nested(other, &inner),
                })
            })
        });
        renamed.map(|renamed| renamed.data)
    }
}

/// Returns the distinct rows of a plan.
///
/// The engine must not know that they are: it takes groups by them and a further key for distinct by them alone.
fn distinct(rows: LogicalPlanBuilder) -> Result<LogicalPlan> {
    let columns: Vec<Expr> = rows.schema().columns().into_iter().map(Expr::Column).collect();
    let is_null = columns.first().map(|first| first.clone().is_null());
    let keys: Vec<Expr> = columns.iter().cloned().chain(is_null).collect();
    rows.aggregate(keys, Vec::<Expr>::new())?.project(columns)?.build()
}

/// Returns keys of a join by which NULL is equal to NULL.
///
/// Each side is one row, which is never NULL itself. (A join that takes all NULLs for equal would do so for conditions too
/// that the optimizer moves into it.)
pub(super) fn same(left: Vec<Column>, right: Vec<Column>) -> (Vec<Expr>, Vec<Expr>) {
    let row = |columns: Vec<Column>| vec![r#struct(columns.into_iter().map(Expr::Column).collect())];
    (row(left), row(right))
}

fn schemas_of(plans: &[&LogicalPlan]) -> Vec<DFSchemaRef> {
    plans.iter().map(|plan| Arc::clone(plan.schema())).collect()
}

/// Returns the columns around a plan that it refers to, from wherever inside.
fn outer_columns(plan: &LogicalPlan) -> Result<Vec<Column>> {
    let mut found = Vec::new();
    plan.apply(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::OuterReferenceColumn(_, column) = expr {
                    found.push(column.clone());
                }
                if let Some(subquery) = subquery_of(expr) {
                    // What the node itself has is not around it.
                    let schemas = schemas_of(&node.inputs());
                    let outside = |column: &Column| !schemas.iter().any(|schema| schema.has_column(column));
                    found.extend(outer_columns(&subquery.subquery)?.into_iter().filter(outside));
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

//! A subquery for each row of its domain.
//!
//! What does not refer to the query is joined to the domain as it is. What does gets the columns of the domain from
//! below, and carries them up: groups, windows, limits and duplicates are those of one row of the domain.

use std::sync::Arc;

use auditlake_functions::engine_error::into_datafusion;
use auditlake_model::Error;
use datafusion::common::{Column, JoinType, NullEquality, Result};
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::{Case, Sort as SortKey, WindowFunction};
use datafusion::logical_expr::logical_plan::{Aggregate, FetchType, Join, Limit, SkipType, Values, Window};
use datafusion::logical_expr::{
    Distinct, Expr, LogicalPlan, LogicalPlanBuilder, WindowFunctionDefinition, lit,
};

use super::domain::{Domain, same};
use super::{column, columns_of};

impl Domain {
    /// Plans the rows of `plan` for each row of the domain: its columns, and those of the domain.
    pub(super) fn push(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        if !self.is_wanted_by(&plan)? {
            return self.beside(plan);
        }
        match plan {
            LogicalPlan::Projection(node) => {
                let exprs = self.rewrite_each(node.expr, &[&node.input])?;
                let input = self.push(node.input.as_ref().clone())?;
                self.project(input, exprs)
            }
            LogicalPlan::Filter(node) => {
                let predicate = self.rewrite(node.predicate, &[&node.input])?;
                LogicalPlanBuilder::from(self.push(node.input.as_ref().clone())?).filter(predicate)?.build()
            }
            LogicalPlan::SubqueryAlias(node) => {
                let input = self.push(node.input.as_ref().clone())?;
                let names = node.schema.columns().into_iter().map(|column| (column.relation, column.name));
                let exprs = node.input.schema().columns().into_iter().zip(names);
                let exprs =
                    exprs.map(|(from, (relation, name))| Expr::Column(from).alias_qualified(relation, name));
                self.project(input, exprs.collect())
            }
            LogicalPlan::Subquery(node) => self.push(node.subquery.as_ref().clone()),
            LogicalPlan::Unnest(node) => {
                let input = self.push(node.input.as_ref().clone())?;
                LogicalPlanBuilder::from(input)
                    .unnest_columns_with_options(node.exec_columns, node.options)?
                    .build()
            }
            LogicalPlan::Aggregate(node) => self.push_aggregate(node),
            LogicalPlan::Window(node) => self.push_window(node),
            // The order of a subquery matters for a limit only.
            LogicalPlan::Sort(node) if node.fetch.is_none() => self.push(node.input.as_ref().clone()),
            LogicalPlan::Limit(node) => self.push_limit(node),
            LogicalPlan::Distinct(Distinct::All(input)) => {
                LogicalPlanBuilder::from(self.push(input.as_ref().clone())?).distinct()?.build()
            }
            LogicalPlan::Join(node) => self.push_join(node),
            LogicalPlan::Union(node) => {
                let schema = Arc::clone(&node.schema);
                let inputs: Vec<LogicalPlan> =
                    node.inputs.iter().map(|input| input.as_ref().clone()).collect();
                self.push_union(inputs, &schema.columns())
            }
            LogicalPlan::Values(node) => self.push_values(node),
            other => Err(unsupported(&other)),
        }
    }

    /// Joins rows to the domain that are the same for each of its rows.
    fn beside(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        match &plan {
            LogicalPlan::EmptyRelation(empty) if empty.produce_one_row => Ok(self.plan.clone()),
            _ => LogicalPlanBuilder::from(self.plan.clone()).cross_join(plan)?.build(),
        }
    }

    fn rewrite_each(&self, exprs: Vec<Expr>, inputs: &[&LogicalPlan]) -> Result<Vec<Expr>> {
        exprs.into_iter().map(|expr| self.rewrite_named(expr, inputs)).collect()
    }

    fn project(&self, input: LogicalPlan, exprs: Vec<Expr>) -> Result<LogicalPlan> {
        let all: Vec<Expr> = self.columns().into_iter().chain(exprs).collect();
        LogicalPlanBuilder::from(input).project(all)?.build()
    }

    /// Gives the columns of a node their old names: those behind the columns of the domain, `kept` in number.
    fn renamed_to(&self, plan: LogicalPlan, names: &[Column]) -> Result<LogicalPlan> {
        let new = plan.schema().columns();
        let behind = new.len().saturating_sub(names.len());
        let exprs = new.into_iter().skip(behind).zip(names).map(|(from, name)| {
            if from == *name {
                Expr::Column(from)
            } else {
                Expr::Column(from).alias_qualified(name.relation.clone(), name.name.as_str())
            }
        });
        let exprs: Vec<Expr> = exprs.collect();
        self.project(plan, exprs)
    }

    fn push_aggregate(&self, node: Aggregate) -> Result<LogicalPlan> {
        let names = node.schema.columns();
        let groups = self.rewrite_each(node.group_expr, &[&node.input])?;
        let mut aggregates = self.rewrite_each(node.aggr_expr, &[&node.input])?;
        let mut input = self.push(node.input.as_ref().clone())?;
        if groups.is_empty() {
            // A count of no rows is zero: each row of the domain is there, those that only it brings are not counted.
            let mark = self.name("row");
            let (rows, keys) = self.renamed(input, &node.input)?;
            let marked: Vec<Expr> =
                columns_of(&rows).into_iter().chain([lit(true).alias(mark.as_str())]).collect();
            let rows = LogicalPlanBuilder::from(rows).project(marked)?.build()?;
            input = LogicalPlanBuilder::from(self.plan.clone())
                .join_with_expr_keys(rows, JoinType::Left, same(self.keys(), keys), None)?
                .build()?;
            let is_row = column(&mark).is_not_null();
            aggregates = aggregates.into_iter().map(|expr| only_where(expr, &is_row)).collect();
        }
        let keys: Vec<Expr> = self.columns().into_iter().chain(groups).collect();
        let plan = LogicalPlanBuilder::from(input).aggregate(keys, aggregates)?.build()?;
        self.renamed_to(plan, &names)
    }

    fn push_window(&self, node: Window) -> Result<LogicalPlan> {
        let names = node.schema.columns();
        let exprs = self.rewrite_each(node.window_expr, &[&node.input])?;
        let exprs: Vec<Expr> = exprs.into_iter().map(|expr| self.partitioned(expr)).collect();
        let input = self.push(node.input.as_ref().clone())?;
        // The columns of the input first, in their old order.
        let input = self.project(input, columns_of(&node.input))?;
        let plan = LogicalPlanBuilder::from(input).window(exprs)?.build()?;
        self.renamed_to(plan, &names)
    }

    fn partitioned(&self, expr: Expr) -> Expr {
        match expr {
            Expr::Alias(mut alias) => {
                *alias.expr = self.partitioned(*alias.expr);
                Expr::Alias(alias)
            }
            Expr::WindowFunction(mut window) => {
                window.params.partition_by.extend(self.columns());
                Expr::WindowFunction(window)
            }
            other => other,
        }
    }

    fn push_limit(&self, node: Limit) -> Result<LogicalPlan> {
        let (SkipType::Literal(skip), FetchType::Literal(fetch)) =
            (node.get_skip_type()?, node.get_fetch_type()?)
        else {
            return Err(unsupported(&LogicalPlan::Limit(node)));
        };
        let again =
            |input: &Arc<LogicalPlan>| LogicalPlan::Limit(Limit { input: Arc::clone(input), ..node.clone() });
        match node.input.as_ref() {
            // To where the order is, and its keys.
            LogicalPlan::Projection(inner) => {
                let exprs = self.rewrite_each(inner.expr.clone(), &[&inner.input])?;
                let input = self.push_any(again(&inner.input))?;
                self.project(input, exprs)
            }
            LogicalPlan::Sort(sort) => {
                let keys = sort.expr.iter().map(|key| {
                    Ok(SortKey { expr: self.rewrite(key.expr.clone(), &[&sort.input])?, ..key.clone() })
                });
                let keys = keys.collect::<Result<Vec<_>>>()?;
                let names = sort.input.schema().columns();
                self.first_rows(self.push(sort.input.as_ref().clone())?, keys, skip, fetch, &names)
            }
            other => {
                let names = other.schema().columns();
                self.first_rows(self.push(other.clone())?, Vec::new(), skip, fetch, &names)
            }
        }
    }

    /// As [`Self::push`], for a node that counts rows: even if it does not refer to the query, something above may.
    fn push_any(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        if self.is_wanted_by(&plan)? { self.push(plan) } else { self.beside(plan) }
    }

    /// Takes some rows of each row of the domain.
    fn first_rows(
        &self,
        rows: LogicalPlan,
        order_by: Vec<SortKey>,
        skip: usize,
        fetch: Option<usize>,
        names: &[Column],
    ) -> Result<LogicalPlan> {
        let place = self.name("place");
        let mut window =
            WindowFunction::new(WindowFunctionDefinition::WindowUDF(row_number_udwf()), Vec::new());
        window.params.partition_by = self.columns();
        window.params.order_by = order_by;
        let number = Expr::WindowFunction(Box::new(window));
        let numbered = LogicalPlanBuilder::from(rows).window([number.alias(place.as_str())])?;
        let skip = u64::try_from(skip).unwrap_or(u64::MAX);
        let last = fetch.map(|fetch| skip.saturating_add(u64::try_from(fetch).unwrap_or(u64::MAX)));
        let mut is_taken = column(&place).gt(lit(skip));
        if let Some(last) = last {
            is_taken = is_taken.and(column(&place).lt_eq(lit(last)));
        }
        let plan = numbered.filter(is_taken)?.build()?;
        self.project(plan, names.iter().cloned().map(Expr::Column).collect())
    }

    fn push_join(&self, node: Join) -> Result<LogicalPlan> {
        let (left, right) = (node.left.as_ref(), node.right.as_ref());
        let on_left = self.is_wanted_by(left)?;
        let keeps_right = matches!(node.join_type, JoinType::Right | JoinType::Full);
        let shows_left = matches!(
            node.join_type,
            JoinType::Inner | JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark
        );
        if !shows_left && !keeps_right {
            return Err(unsupported(&LogicalPlan::Join(node)));
        }
        let on = node.on.iter().map(|(left_key, right_key)| {
            Ok((self.rewrite(left_key.clone(), &[left])?, self.rewrite(right_key.clone(), &[right])?))
        });
        let on = on.collect::<Result<Vec<(Expr, Expr)>>>()?;
        let filter = node.filter.clone().map(|filter| self.rewrite(filter, &[left, right])).transpose()?;
        let equal = on.into_iter().map(|(left, right)| match node.null_equality {
            NullEquality::NullEqualsNothing => left.eq(right),
            NullEquality::NullEqualsNull => datafusion::logical_expr::binary_expr(
                left,
                datafusion::logical_expr::Operator::IsNotDistinctFrom,
                right,
            ),
        });
        let condition = datafusion::logical_expr::utils::conjunction(equal.chain(filter));
        let wants_both = self.is_wanted_by(right)? || keeps_right;
        let left_rows =
            if on_left || shows_left || keeps_right { self.push_any(left.clone())? } else { left.clone() };
        let names = node.schema.columns().into_iter().map(Expr::Column).collect::<Vec<_>>();
        let joined = if wants_both {
            let (right_rows, keys) = self.renamed(self.push_any(right.clone())?, right)?;
            let equal = same(self.keys(), keys.clone());
            let joined = LogicalPlanBuilder::from(left_rows).join_with_expr_keys(
                right_rows,
                node.join_type,
                equal,
                condition,
            )?;
            return self.finish_join(joined.build()?, node.join_type, &keys, names);
        } else {
            LogicalPlanBuilder::from(left_rows).join_on(right.clone(), node.join_type, condition)?
        };
        self.project(joined.build()?, names)
    }

    /// Chooses the columns of a join both of whose sides have the columns of the domain.
    fn finish_join(
        &self,
        plan: LogicalPlan,
        join_type: JoinType,
        keys: &[Column],
        names: Vec<Expr>,
    ) -> Result<LogicalPlan> {
        if !matches!(join_type, JoinType::Right | JoinType::Full) {
            return self.project(plan, names);
        }
        // Rows of the right side alone have their values of the domain there.
        let coalesced = self.keys().into_iter().zip(keys).map(|(left, right)| {
            let name = left.name.clone();
            datafusion::functions::core::expr_fn::coalesce(vec![
                Expr::Column(left),
                Expr::Column(right.clone()),
            ])
            .alias(name)
        });
        let exprs: Vec<Expr> = coalesced.chain(names).collect();
        LogicalPlanBuilder::from(plan).project(exprs)?.build()
    }

    fn push_union(&self, inputs: Vec<LogicalPlan>, names: &[Column]) -> Result<LogicalPlan> {
        let mut rows: Option<LogicalPlanBuilder> = None;
        for input in inputs {
            let columns = columns_of(&input);
            let pushed = self.push_any(input)?;
            let branch = self.project(pushed, columns)?;
            rows = Some(match rows {
                Some(rows) => rows.union(branch)?,
                None => LogicalPlanBuilder::from(branch),
            });
        }
        match rows {
            Some(rows) => self.renamed_to(rows.build()?, names),
            None => self.beside(LogicalPlanBuilder::empty(false).build()?),
        }
    }

    /// Plans VALUES that refer to the query: the domain beside the numbers of the rows, by which values are chosen.
    fn push_values(&self, node: Values) -> Result<LogicalPlan> {
        let (names, number) = (node.schema.columns(), self.name("number"));
        let numbers = (0i64..).take(node.values.len()).map(|row| vec![lit(row)]).collect();
        let numbers = LogicalPlanBuilder::values(numbers)?;
        let first = Column::from_name("column1");
        let numbers = numbers.project([Expr::Column(first).alias(number.as_str())])?.build()?;
        let rows = LogicalPlanBuilder::from(self.plan.clone()).cross_join(numbers)?.build()?;
        let mut chosen: Vec<Vec<(i64, Expr)>> = vec![Vec::new(); names.len()];
        for (row, values) in (0i64..).zip(node.values) {
            for (choices, value) in chosen.iter_mut().zip(values) {
                choices.push((row, self.rewrite(value, &[])?));
            }
        }
        let exprs = chosen.into_iter().zip(names).map(|(choices, name)| {
            let branches =
                choices.into_iter().map(|(row, value)| (Box::new(lit(row)), Box::new(value))).collect();
            let case = Case::new(Some(Box::new(column(&number))), branches, None);
            Expr::Case(case).alias(name.name)
        });
        self.project(rows, exprs.collect())
    }
}

/// Restricts an aggregate to rows for which a condition holds.
fn only_where(expr: Expr, condition: &Expr) -> Expr {
    match expr {
        Expr::Alias(mut alias) => {
            *alias.expr = only_where(*alias.expr, condition);
            Expr::Alias(alias)
        }
        Expr::AggregateFunction(mut aggregate) => {
            let filter = match aggregate.params.filter.take() {
                Some(filter) => filter.and(condition.clone()),
                None => condition.clone(),
            };
            aggregate.params.filter = Some(Box::new(filter));
            Expr::AggregateFunction(aggregate)
        }
        other => other,
    }
}

fn unsupported(plan: &LogicalPlan) -> datafusion::common::DataFusionError {
    let text = plan.display().to_string();
    let what = text.split(':').next().unwrap_or_default().to_owned();
    into_datafusion(
        Error::unsupported(format!("a subquery that refers to the query around it inside of {what}"))
            .with_hint("Join the tables instead."),
    )
}

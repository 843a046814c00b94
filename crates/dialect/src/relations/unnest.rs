//! UNNEST in FROM: each item of an array, each entry of a map, as a row beside the row it comes from.
//!
//! | argument | columns |
//! |---|---|
//! | array of rows | one for each field |
//! | other array | one |
//! | map, free-form field | key and value |
//!
//! Columns have the names that the alias lists. Without a list they have the names of the fields, `key` and `value`; a
//! single column has the name of the alias. If the list has one name for each argument, a row is one column, with its
//! fields as members. (In Trino such a list is an error, in older engines it is not.)

use std::sync::Arc;

use auditlake_events::schema::is_json;
use auditlake_functions::engine_error::into_datafusion;
use auditlake_functions::unnest::{entries_udf, positions_udf};
use auditlake_functions::{gives_json_text, is_text};
use auditlake_model::Error;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::metadata::FieldMetadata;
use datafusion::common::{Column, NullHandling, Result, TableReference, UnnestOptions};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder};
use sqlparser::ast::{Expr as SqlExpr, Join, JoinConstraint, JoinOperator, TableAlias, TableFactor, Value};

use super::Relations;
use crate::names::mark;

/// How UNNEST is joined to the rows that it belongs to.
struct Joined {
    /// Whether a row without items stays, with NULL for the item.
    keeps_all: bool,
    condition: Option<SqlExpr>,
}

/// One argument, as an array.
struct Argument {
    /// The name of its array before, and of its item after the unnesting.
    name: String,
    array: Expr,
    item: FieldRef,
}

/// A column of the result without its name.
struct Output {
    expr: Expr,
    /// The name it has by itself.
    own_name: Option<String>,
    metadata: Option<FieldMetadata>,
}

impl Relations {
    /// Plans the rows of `left`, or a single one, with those of UNNEST.
    pub(super) fn plan_unnest(
        &self,
        left: Option<TableFactor>,
        unnested: Join,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<LogicalPlan> {
        let TableFactor::UNNEST { alias, array_exprs, with_offset, with_ordinality, .. } = unnested.relation
        else {
            return Err(into_datafusion(Error::internal("UNNEST was expected")));
        };
        if with_offset {
            let error = Error::unsupported("UNNEST WITH OFFSET")
                .with_hint("Write WITH ORDINALITY; it counts from 1.");
            return Err(into_datafusion(error));
        }
        let joined = joined(unnested.join_operator).map_err(into_datafusion)?;
        let left = match left {
            Some(left) => context.plan(left)?,
            None => LogicalPlanBuilder::empty(true).build()?,
        };
        let number = self.next_number();
        let mut arguments = Vec::with_capacity(array_exprs.len());
        for (place, expr) in array_exprs.into_iter().enumerate() {
            let expr = context.sql_expr_to_logical_expr(expr, left.schema())?;
            let (_, field) = expr.to_field(left.schema().as_ref())?;
            let name = mark(&mark("unnest", number), place);
            arguments.push(argument(name, expr, &field).map_err(into_datafusion)?);
        }
        let ordinality = with_ordinality.then(|| mark(&mark("unnest", number), arguments.len()));
        let outputs =
            self.outputs(&arguments, ordinality.as_deref(), alias.as_ref()).map_err(into_datafusion)?;
        let relation = match &alias {
            Some(alias) => TableReference::bare(alias.name.value.as_str()),
            None => TableReference::bare(mark("unnest", number)),
        };
        let names = self.names(&outputs, alias.as_ref(), ordinality.is_some()).map_err(into_datafusion)?;
        let rows = unnest_rows(left, arguments, ordinality, joined.keeps_all)?;
        let plan = named(rows, outputs, names, &relation)?;
        match joined.condition {
            None => Ok(plan),
            Some(condition) => {
                let condition = context.sql_to_expr(condition, plan.schema())?;
                LogicalPlanBuilder::from(plan).filter(condition)?.build()
            }
        }
    }

    /// Returns the columns that the items make.
    fn outputs(
        &self,
        arguments: &[Argument],
        ordinality: Option<&str>,
        alias: Option<&TableAlias>,
    ) -> Result<Vec<Output>, Error> {
        let extra = usize::from(ordinality.is_some());
        let listed = alias.map(|alias| alias.columns.len()).filter(|count| *count > 0);
        let by_field: usize =
            arguments.iter().map(|argument| fields_of(&argument.item).map_or(1, <[_]>::len)).sum();
        let rows_are_whole = match listed {
            None => false,
            Some(count) if count == by_field + extra => false,
            Some(count) if count == arguments.len() + extra => true,
            Some(count) => {
                let columns = by_field + extra;
                let error =
                    Error::invalid(format!("alias of UNNEST lists {count} columns, but there are {columns}"));
                return Err(error.with_hint(
                    "An array of rows gives one column for each field, a map gives two, WITH ORDINALITY adds one.",
                ));
            }
        };
        let mut outputs = Vec::new();
        for argument in arguments {
            let item = Expr::Column(Column::from_name(argument.name.as_str()));
            match fields_of(&argument.item) {
                Some(fields) if !rows_are_whole => outputs.extend(fields.iter().map(|field| Output {
                    expr: get_field(item.clone(), field.name().as_str()),
                    own_name: Some(self.spelling.fold(field.name())),
                    metadata: None,
                })),
                _ => {
                    outputs.push(Output { expr: item, own_name: None, metadata: metadata_of(&argument.item) })
                }
            }
        }
        outputs.extend(ordinality.map(|name| Output {
            expr: Expr::Column(Column::from_name(name)),
            own_name: Some("ordinality".to_owned()),
            metadata: None,
        }));
        Ok(outputs)
    }

    /// Returns a name for each column, all different.
    fn names(
        &self,
        outputs: &[Output],
        alias: Option<&TableAlias>,
        has_ordinality: bool,
    ) -> Result<Vec<String>, Error> {
        let listed: Vec<&str> =
            alias.iter().flat_map(|alias| &alias.columns).map(|column| column.name.value.as_str()).collect();
        let is_single = outputs.len() == 1 + usize::from(has_ordinality);
        let mut names: Vec<String> = Vec::with_capacity(outputs.len());
        for (place, output) in outputs.iter().enumerate() {
            let name = match (listed.get(place), &output.own_name, alias) {
                (Some(listed), ..) => (*listed).to_owned(),
                (None, Some(own), _) => own.clone(),
                (None, None, Some(alias)) if is_single => alias.name.value.clone(),
                (None, None, _) => format!("_col{place}"),
            };
            let is_taken = names.contains(&name);
            if is_taken && !listed.is_empty() {
                return Err(Error::invalid(format!("alias of UNNEST lists column `{name}` twice")));
            }
            names.push(if is_taken { mark(&name, place) } else { name });
        }
        Ok(names)
    }
}

/// Reads how UNNEST is joined.
fn joined(operator: JoinOperator) -> Result<Joined, Error> {
    let unsupported = |what: &str| {
        Error::unsupported(format!("{what} with UNNEST")).with_hint(
            "Write CROSS JOIN UNNEST(..), or LEFT JOIN UNNEST(..) ON TRUE to keep rows without items.",
        )
    };
    match operator {
        JoinOperator::CrossJoin(JoinConstraint::None) => Ok(Joined { keeps_all: false, condition: None }),
        JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => match constraint {
            JoinConstraint::On(condition) => {
                let condition = Some(condition).filter(|condition| !is_true(condition));
                Ok(Joined { keeps_all: false, condition })
            }
            _ => Err(unsupported("a join without ON")),
        },
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => match constraint {
            JoinConstraint::On(condition) if is_true(&condition) => {
                Ok(Joined { keeps_all: true, condition: None })
            }
            _ => Err(unsupported("LEFT JOIN on another condition than TRUE")),
        },
        JoinOperator::Right(_) | JoinOperator::RightOuter(_) => Err(unsupported("RIGHT JOIN")),
        JoinOperator::FullOuter(_) => Err(unsupported("FULL JOIN")),
        _ => Err(unsupported("this join")),
    }
}

fn is_true(expr: &SqlExpr) -> bool {
    match expr {
        SqlExpr::Value(value) => value.value == Value::Boolean(true),
        SqlExpr::Nested(inner) => is_true(inner),
        _ => false,
    }
}

/// Makes an array of an argument.
fn argument(name: String, expr: Expr, field: &Field) -> Result<Argument, Error> {
    let of_entries = |expr: Expr| entries_udf().call(vec![expr]);
    match field.data_type() {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            Ok(Argument { name, item: Arc::clone(item), array: expr })
        }
        DataType::Map(entries, _) => {
            Ok(Argument { name, item: Arc::clone(entries), array: of_entries(expr) })
        }
        text if is_text(text) && (is_json(field) || gives_json_text(&expr)) => {
            let array = of_entries(expr);
            let text = |name: &str| Field::new(name, DataType::Utf8View, true);
            let entry = DataType::Struct(vec![text("key"), text("value")].into());
            Ok(Argument { name, item: Arc::new(Field::new("entries", entry, false)), array })
        }
        other => {
            let what = field.name();
            let error = Error::invalid(format!("UNNEST takes arrays and maps; `{what}` is of type {other}"));
            Err(if is_text(other) {
                error.with_hint(format!(
                    "If it holds a JSON array, write `UNNEST(CAST(json_parse({what}) AS array(varchar)))`."
                ))
            } else {
                error
            })
        }
    }
}

/// Returns the fields of an item that is a row.
fn fields_of(item: &Field) -> Option<&[FieldRef]> {
    match item.data_type() {
        DataType::Struct(fields) => Some(fields),
        _ => None,
    }
}

/// Unnesting drops what is known of an item beside its type.
fn metadata_of(item: &Field) -> Option<FieldMetadata> {
    (!item.metadata().is_empty()).then(|| FieldMetadata::from(item.metadata().clone()))
}

fn columns_of(plan: &LogicalPlan) -> Vec<Expr> {
    plan.schema().columns().into_iter().map(Expr::Column).collect()
}

/// Plans a row for each item: all columns of `left`, then the items.
fn unnest_rows(
    left: LogicalPlan,
    arguments: Vec<Argument>,
    ordinality: Option<String>,
    keeps_all: bool,
) -> Result<LogicalPlan> {
    let mut items: Vec<Column> =
        arguments.iter().map(|argument| Column::from_name(argument.name.as_str())).collect();
    let arrays = arguments.into_iter().map(|argument| argument.array.alias(argument.name));
    let exprs: Vec<Expr> = columns_of(&left).into_iter().chain(arrays).collect();
    let mut builder = LogicalPlanBuilder::from(left).project(exprs)?;
    if let Some(name) = ordinality {
        let counted = positions_udf().call(items.iter().cloned().map(Expr::Column).collect());
        let plan = builder.build()?;
        let exprs: Vec<Expr> = columns_of(&plan).into_iter().chain([counted.alias(name.as_str())]).collect();
        builder = LogicalPlanBuilder::from(plan).project(exprs)?;
        items.push(Column::from_name(name));
    }
    let handling = if keeps_all { NullHandling::PreserveAndExpandEmpty } else { NullHandling::Drop };
    let options = UnnestOptions::new().with_null_handling(handling);
    builder.unnest_columns_with_options(items, options)?.build()
}

/// Gives the columns of the items their names, behind those that were there before.
fn named(
    rows: LogicalPlan,
    outputs: Vec<Output>,
    names: Vec<String>,
    relation: &TableReference,
) -> Result<LogicalPlan> {
    let is_item = |column: &Column| column.relation.is_none() && column.name.starts_with("unnest:");
    let before = rows.schema().columns().into_iter().filter(|column| !is_item(column)).map(Expr::Column);
    let items = outputs.into_iter().zip(names).map(|(output, name)| {
        output.expr.alias_qualified_with_metadata(Some(relation.clone()), name, output.metadata)
    });
    let exprs: Vec<Expr> = before.chain(items).collect();
    LogicalPlanBuilder::from(rows).project(exprs)?.build()
}

//! Lambdas leave the plan before it is optimized: each call becomes one of a scalar function that holds the lambdas compiled.
//!
//! In the engine's own form a lambda names its parameters by their place behind the columns of the row. What moves columns
//! around, a projection that goes down into a scan for one, leaves these numbers as they were, and the plan fails or
//! finds other columns. As a scalar function a call has nothing but arguments, among them what the lambdas read of the row:
//!
//! ```text
//! filter(resources, r -> r.arn <> userIdentity.arn)
//!   => call(resources, userIdentity.arn)     with the body  p0.arn <> c0
//! ```

use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, FieldRef};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, Result, internal_err};
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::expr::{HigherOrderFunction, Lambda, ScalarFunction};
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    Expr, ExprSchemable, HigherOrderReturnFieldArgs, LogicalPlan, ScalarUDF, ValueOrLambda,
};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};
use datafusion::physical_expr::create_physical_expr;

use super::compiled::{Body, CompiledCall, Place};
use crate::text::is_text;

/// The rule; it must come before all others.
#[derive(Debug, Default)]
pub struct CompileLambdas;

impl OptimizerRule for CompileLambdas {
    fn name(&self) -> &str {
        "compile_lambdas"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if !has_lambdas(&plan)? {
            return Ok(Transformed::no(plan));
        }
        let inputs = plan.inputs();
        let schema = if inputs.is_empty() { plan.schema().as_ref().clone() } else { merge_schema(&inputs) };
        let compiler = Compiler { schema: &schema, config };
        let plan = plan.map_expressions(|expr| {
            expr.transform_up(|expr| match expr {
                Expr::HigherOrderFunction(call) => Ok(Transformed::yes(compiler.compile(call)?)),
                other => Ok(Transformed::no(other)),
            })
        })?;
        Ok(Transformed::yes(plan.data.recompute_schema()?))
    }
}

fn has_lambdas(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_expressions(|expr| {
        found |= expr.exists(|expr| Ok(matches!(expr, Expr::HigherOrderFunction(_))))?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

struct Compiler<'a> {
    schema: &'a DFSchema,
    config: &'a dyn OptimizerConfig,
}

impl Compiler<'_> {
    /// Makes one call; calls within its lambdas were made before.
    fn compile(&self, call: HigherOrderFunction) -> Result<Expr> {
        let name = Expr::HigherOrderFunction(call.clone()).schema_name().to_string();
        let mut parameters = call.lambda_parameters(self.schema)?.into_iter();
        let HigherOrderFunction { func: function, args } = call;
        let mut arguments = Vec::new();
        let mut places = Vec::new();
        for argument in &args {
            if let Expr::Lambda(_) = argument {
                continue;
            }
            arguments.push(argument.clone());
        }
        let values = arguments.len();
        for argument in args {
            places.push(match argument {
                Expr::Lambda(lambda) => {
                    let Some(fields) = parameters.next() else {
                        return internal_err!("`{}` names no parameters of a lambda", function.name());
                    };
                    Place::Lambda(Box::new(self.body(lambda, fields, &mut arguments, values)?))
                }
                value => Place::Value(value.to_field(self.schema)?.1),
            });
        }
        let fields: Vec<ValueOrLambda<FieldRef, FieldRef>> = places.iter().map(Place::field).collect();
        let constants = vec![None; fields.len()];
        let known = HigherOrderReturnFieldArgs { arg_fields: &fields, scalar_arguments: &constants };
        let return_field = function.return_field_from_args(known)?;
        let compiled = CompiledCall::new(function, places, arguments.len(), name, return_field);
        Ok(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::from(compiled)), arguments)))
    }

    /// Compiles a lambda; what it reads of the row is added to the arguments behind the first `values`.
    fn body(
        &self,
        lambda: Lambda,
        fields: Vec<FieldRef>,
        arguments: &mut Vec<Expr>,
        values: usize,
    ) -> Result<Body> {
        let Lambda { params, body } = lambda;
        let mut used = vec![false; params.len()];
        let mut captured: Vec<usize> = Vec::new();
        let body = body.transform_down(|expr| {
            if let Expr::LambdaVariable(variable) = &expr
                && let Some(place) = params.iter().position(|name| *name == variable.name)
            {
                used[place] = true;
                return Ok(jump(column(parameter_name(place))));
            }
            if !is_of_row(&expr, &params) {
                return Ok(Transformed::no(expr));
            }
            let known = arguments[values..].iter().position(|argument| *argument == expr);
            let place = known.unwrap_or_else(|| {
                arguments.push(expr);
                arguments.len() - values - 1
            });
            if !captured.contains(&place) {
                captured.push(place);
            }
            Ok(jump(column(capture_name(place))))
        })?;
        let mut columns = Vec::new();
        for place in &captured {
            let field = arguments[values + place].to_field(self.schema)?.1;
            columns.push(field.as_ref().clone().with_name(capture_name(*place)).with_nullable(true));
        }
        let captures: Vec<FieldRef> = columns.iter().cloned().map(Arc::new).collect();
        let parameters: Vec<Field> = fields
            .iter()
            .take(params.len())
            .enumerate()
            .map(|(place, field)| field.as_ref().clone().with_name(parameter_name(place)))
            .collect();
        let used: Vec<usize> = (0..parameters.len()).filter(|place| used[*place]).collect();
        columns.extend(used.iter().map(|place| parameters[*place].clone()));
        let schema = DFSchema::from_unqualified_fields(columns.into(), Default::default())?;
        let body = self.simplified(body.data, &schema)?;
        let context = PhysicalPlanningContext::default();
        let compiled = create_physical_expr(&body, &schema, &ExecutionProps::new(), &context)?;
        Ok(Body {
            result: body.to_field(&schema)?.1,
            parameters: parameters.into_iter().map(Arc::new).collect(),
            used,
            captures,
            captured: captured.into_iter().map(|place| values + place).collect(),
            expr: body,
            compiled,
        })
    }

    fn simplified(&self, body: Expr, schema: &DFSchema) -> Result<Expr> {
        let context = SimplifyContext::builder()
            .with_schema(Arc::new(schema.clone()))
            .with_config_options(self.config.options())
            .with_query_execution_start_time(self.config.query_execution_start_time())
            .build();
        ExprSimplifier::new(context).simplify(body)
    }
}

/// Tells whether an expression reads the row around a lambda and nothing else, and cannot fail.
///
/// Members of a column are read once a row then, not once an item.
fn is_of_row(expr: &Expr, parameters: &[String]) -> bool {
    match expr {
        Expr::Column(_) | Expr::OuterReferenceColumn(..) => true,
        Expr::LambdaVariable(variable) => !parameters.contains(&variable.name),
        Expr::ScalarFunction(call) if reads_member(call) => {
            call.args.first().is_some_and(|of| is_of_row(of, parameters))
        }
        _ => false,
    }
}

/// Tells whether a call reads a member of its first argument by a constant name.
fn reads_member(call: &ScalarFunction) -> bool {
    let steps = call.args.get(1..).unwrap_or_default();
    match call.func.name() {
        "get_field" | crate::lake_get::NAME => steps.iter().all(|step| matches!(step, Expr::Literal(..))),
        // A position in an array may be no position.
        crate::element_at::NAME => {
            steps.iter().all(|step| matches!(step, Expr::Literal(name, _) if is_text(&name.data_type())))
        }
        _ => false,
    }
}

fn jump(expr: Expr) -> Transformed<Expr> {
    Transformed::new(expr, true, TreeNodeRecursion::Jump)
}

fn column(name: String) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

fn parameter_name(place: usize) -> String {
    format!("p{place}")
}

fn capture_name(place: usize) -> String {
    format!("c{place}")
}

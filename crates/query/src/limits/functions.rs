//! Length caps on functions that build strings and arrays.
//!
//! The memory pool does not see what an expression makes: `repeat` over one batch can take all memory before
//! any operator counts a byte. So each call of a builder is wrapped: its result is estimated from its
//! arguments, a single value beyond `max_value_bytes` fails, and a batch that may pass `max_batch_bytes` is
//! worked off in slices that are counted as they come, with a look at the stop flag between them.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use auditlake_model::Error;
use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature,
};
use datafusion::optimizer::AnalyzerRule;

use super::array_agg::CountedArrayAgg;
use super::sizes::{self, Estimate, StringConcat};
use crate::error::into_datafusion;
use crate::guard::StopFlag;
use crate::limits::QueryConfig;

/// The analyzer rule that wraps builders.
///
/// It runs before the optimizer, which evaluates constant calls while planning.
#[derive(Debug)]
pub(crate) struct CapFunctions {
    caps: Arc<Caps>,
}

#[derive(Debug)]
struct Caps {
    max_value_bytes: u64,
    max_batch_bytes: u64,
    flag: Arc<StopFlag>,
}

impl CapFunctions {
    pub(crate) fn new(config: &QueryConfig, flag: Arc<StopFlag>) -> Self {
        let QueryConfig { max_value_bytes, max_batch_bytes, .. } = *config;
        Self { caps: Arc::new(Caps { max_value_bytes, max_batch_bytes, flag }) }
    }

    fn cap(&self, expr: Expr) -> Transformed<Expr> {
        match expr {
            Expr::ScalarFunction(call) => match sizes::estimate_of(call.func.name()) {
                Some(estimate) if !is_capped(&call.func) => {
                    Transformed::yes(self.wrap(call.func, call.args, estimate))
                }
                _ => Transformed::no(Expr::ScalarFunction(call)),
            },
            Expr::BinaryExpr(binary) if binary.op == Operator::StringConcat => {
                let function = Arc::new(ScalarUDF::from(StringConcat::new()));
                Transformed::yes(self.wrap(function, vec![*binary.left, *binary.right], sizes::joined))
            }
            Expr::AggregateFunction(mut call) => match CountedArrayAgg::of(&call.func) {
                Some(counted) => {
                    call.func = counted;
                    Transformed::yes(Expr::AggregateFunction(call))
                }
                None => Transformed::no(Expr::AggregateFunction(call)),
            },
            other => Transformed::no(other),
        }
    }

    fn wrap(&self, inner: Arc<ScalarUDF>, args: Vec<Expr>, estimate: Estimate) -> Expr {
        let capped = CappedFunction { inner, estimate, caps: Arc::clone(&self.caps) };
        Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::from(capped)), args))
    }
}

impl AnalyzerRule for CapFunctions {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|node| {
            node.map_expressions(|expr| expr.transform_up(|expr| Ok(self.cap(expr))))
        })
        .data()
    }

    fn name(&self) -> &str {
        "cap_functions"
    }
}

fn is_capped(function: &ScalarUDF) -> bool {
    function.inner().is::<CappedFunction>()
}

/// A builder with its result capped; for planning it is the function inside.
#[derive(Debug)]
struct CappedFunction {
    inner: Arc<ScalarUDF>,
    estimate: Estimate,
    caps: Arc<Caps>,
}

impl PartialEq for CappedFunction {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl Eq for CappedFunction {}

impl Hash for CappedFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl ScalarUDFImpl for CappedFunction {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        self.inner.inner().schema_name(args)
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arg_types)
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arg_types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.caps.flag.check()?;
        // Constant arguments make one value, whatever the number of rows.
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let sizes = (self.estimate)(&args.args, rows)?;
        if let Some(largest) = sizes.iter().max().filter(|size| **size > self.caps.max_value_bytes) {
            return Err(self.too_long(*largest, self.caps.max_value_bytes, "max_value_bytes"));
        }
        if sizes.iter().sum::<u64>() <= self.caps.max_batch_bytes {
            return self.inner.invoke_with_args(args);
        }
        self.invoke_in_slices(&args, &sizes)
    }
}

impl CappedFunction {
    /// Works the batch off in slices, each estimated to stay well below the cap.
    fn invoke_in_slices(&self, args: &ScalarFunctionArgs, sizes: &[u64]) -> Result<ColumnarValue> {
        let slice_bytes = (self.caps.max_batch_bytes / 4).max(1);
        let mut parts: Vec<ArrayRef> = Vec::new();
        let mut bytes = 0u64;
        let mut start = 0;
        while start < sizes.len() {
            self.caps.flag.check()?;
            let length = slice_length(&sizes[start..], slice_bytes);
            let part = self.inner.invoke_with_args(slice(args, start, length))?.into_array(length)?;
            bytes += part.get_array_memory_size() as u64;
            if bytes > self.caps.max_batch_bytes {
                return Err(self.too_long(bytes, self.caps.max_batch_bytes, "max_batch_bytes"));
            }
            parts.push(part);
            start += length;
        }
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        Ok(ColumnarValue::Array(concat(&parts)?))
    }

    fn too_long(&self, bytes: u64, limit: u64, name: &'static str) -> DataFusionError {
        let function = self.inner.name();
        into_datafusion(
            Error::resources_exhausted(format!("`{function}` makes {bytes} bytes, more than {limit}"))
                .with_context("limit", name)
                .with_hint("Cut its arguments with substr, or raise the limit."),
        )
    }
}

/// Returns how many of the first rows stay below `bytes` together; at least one.
fn slice_length(sizes: &[u64], bytes: u64) -> usize {
    let mut sum = 0u64;
    let fitting = sizes.iter().take_while(|size| {
        sum = sum.saturating_add(**size);
        sum <= bytes
    });
    fitting.count().max(1)
}

fn slice(args: &ScalarFunctionArgs, start: usize, length: usize) -> ScalarFunctionArgs {
    let slice_arg = |arg: &ColumnarValue| match arg {
        ColumnarValue::Array(array) => ColumnarValue::Array(array.slice(start, length)),
        ColumnarValue::Scalar(scalar) => ColumnarValue::Scalar(scalar.clone()),
    };
    ScalarFunctionArgs {
        args: args.args.iter().map(slice_arg).collect(),
        arg_fields: args.arg_fields.clone(),
        number_rows: length,
        return_field: Arc::clone(&args.return_field),
        config_options: Arc::clone(&args.config_options),
    }
}

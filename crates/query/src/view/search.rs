//! `mentions(eventJson, 'text')` searches the columns of an event instead of rebuilding it.
//!
//! ```text
//! mentions(lake_event_json('a,b', a, b), 'x')   ==>   lake_event_mentions('a,b', 'x', a, b)
//! ```

use auditlake_events::event_mentions;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};
use std::sync::Arc;

use super::EventJson;
use super::event_json::named_columns;
use crate::error::into_datafusion;

/// The function of the dialect that searches JSON.
const MENTIONS: &str = "mentions";

/// The optimizer rule; it has to run after filters have been pushed to where events are made of columns.
#[derive(Debug, Default)]
pub(crate) struct SearchColumns;

impl OptimizerRule for SearchColumns {
    fn name(&self) -> &str {
        "search_columns"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        plan.map_expressions(|expr| expr.transform_up(|expr| Ok(searched(expr))))
    }
}

fn searched(expr: Expr) -> Transformed<Expr> {
    let Expr::ScalarFunction(call) = &expr else { return Transformed::no(expr) };
    let [Expr::ScalarFunction(event), text @ Expr::Literal(..)] = call.args.as_slice() else {
        return Transformed::no(expr);
    };
    let (Some((names, columns)), MENTIONS, EventJson::NAME) =
        (event.args.split_first(), call.name(), event.name())
    else {
        return Transformed::no(expr);
    };
    let args = [names, text].into_iter().chain(columns).cloned().collect();
    Transformed::yes(ScalarUDF::from(EventMentions::new()).call(args))
}

/// `lake_event_mentions('name,name,..', text, column, column, ..)`: whether a constant text is in the event of each row.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct EventMentions {
    signature: Signature,
}

impl EventMentions {
    const NAME: &'static str = "lake_event_mentions";

    pub(crate) fn new() -> Self {
        Self { signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for EventMentions {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [ColumnarValue::Scalar(names), ColumnarValue::Scalar(text), columns @ ..] = args.args.as_slice()
        else {
            return exec_err!("{} takes the names of its columns and a text first", Self::NAME);
        };
        let (Some(Some(names)), Some(text)) = (names.try_as_str(), text.try_as_str()) else {
            return exec_err!("{} takes constant texts", Self::NAME);
        };
        let Some(text) = text else { return Ok(ColumnarValue::Scalar(ScalarValue::Boolean(None))) };
        let batch = named_columns(names, columns, args.number_rows)?;
        let hits = event_mentions(&batch, text).map_err(into_datafusion)?;
        Ok(ColumnarValue::Array(Arc::new(hits)))
    }
}

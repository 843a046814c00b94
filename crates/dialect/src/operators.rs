//! Operators whose meaning depends on the types of both sides.
use datafusion::logical_expr::planner::ExprPlanner;
/// Plans operators.
#[derive(Debug, Default)]
pub(super) struct Operators;
impl ExprPlanner for Operators {}

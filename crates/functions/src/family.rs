//! What a family of functions adds to the engine.

use std::sync::Arc;

use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, WindowUDF};

use crate::list::Words;
use crate::scalar::Scalar;

/// The functions of one family.
///
/// A function of the engine that shares a name or alias with one of these gives way to it.
#[derive(Default)]
pub(crate) struct Family {
    /// Functions of one row.
    pub(crate) scalar: Vec<Arc<ScalarUDF>>,
    /// Functions of a group of rows.
    pub(crate) aggregate: Vec<Arc<AggregateUDF>>,
    /// Functions of a row among its neighbours.
    pub(crate) window: Vec<Arc<WindowUDF>>,
    /// Functions that take lambdas.
    pub(crate) lambda: Vec<Arc<HigherOrderUDF>>,
    /// Words about functions that have none of their own: those of the engine under Trino's meaning, and those
    /// that are other words for an expression (`if`).
    pub(crate) words: &'static [Words],
}

impl Family {
    /// Returns a family of scalar functions.
    pub(crate) fn of_scalars(table: &'static [Scalar]) -> Self {
        Self { scalar: table.iter().map(Scalar::udf).collect(), ..Self::default() }
    }
}

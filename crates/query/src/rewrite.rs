//! Plan rewrites that know what event data stores are made of.
//!
//! | rule | what it does | when |
//! |---|---|---|
//! | [`PromotedPaths`] | reads promoted members from their own columns, not from JSON or structs | first of the logical rules |
//! | [`LiftProjections`] | computes expensive columns after a top-n, not before it | before dynamic filters are pushed down |
//!
//! Both leave standard nodes only.

mod access;
mod lift;
mod promoted;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::optimizer::Optimizer;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;

pub use lift::LiftProjections;
pub use promoted::PromotedPaths;

/// Adds the rules to a session, beside those of the engine.
///
/// To be called after the defaults were set.
pub fn register(builder: &mut SessionStateBuilder) {
    let logical = builder.optimizer().get_or_insert_with(Optimizer::new);
    logical.rules.insert(0, Arc::new(PromotedPaths));
    let physical = builder.physical_optimizers().get_or_insert_with(PhysicalOptimizer::new);
    let is_last_pushdown = |name: &str| name == "FilterPushdown(Post)";
    let place =
        physical.rules.iter().position(|rule| is_last_pushdown(rule.name())).unwrap_or(physical.rules.len());
    physical.rules.insert(place, Arc::new(LiftProjections));
}

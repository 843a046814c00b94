//! Plan rewrites that know what event data stores are made of.
//!
//! | rule | what it does | when |
//! |---|---|---|
//! | [`CompileLambdas`] | makes scalar functions of functions that take lambdas | first of the logical rules |
//! | [`PromotedPaths`] | reads promoted members from their own columns, not from JSON or structs | after that |
//!
//! They leave standard nodes only. (What is computed after a top-n instead of before it: [`crate::view`].)

mod access;
mod optional;
mod promoted;
mod wants;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use auditlake_functions::CompileLambdas;
use datafusion::execution::SessionStateBuilder;
use datafusion::optimizer::Optimizer;

use self::optional::Optional;
pub use self::promoted::PromotedPaths;

/// Adds the rules to a session, before those of the engine.
///
/// To be called after the defaults were set.
pub fn register(builder: &mut SessionStateBuilder) {
    let optimizer = builder.optimizer().get_or_insert_with(Optimizer::new);
    for rule in &mut optimizer.rules {
        if rule.name() == "push_down_leaf_projections" {
            *rule = Arc::new(Optional(Arc::clone(rule)));
        }
    }
    optimizer.rules.insert(0, Arc::new(PromotedPaths));
    optimizer.rules.insert(0, Arc::new(CompileLambdas));
}

//! Plan rewrites that know what event data stores are made of.
//!
//! | rule | what it does | when |
//! |---|---|---|
//! | [`CompileLambdas`] | makes scalar functions of functions that take lambdas | first of all |
//! | [`Unguard`], [`Guard`] | what may fail in a condition is evaluated for rows that pass the rest of it | then, last |
//! | [`MissingMembers`] | a member that is not there does not fail in a condition | before [`PromotedPaths`] |
//! | [`PromotedPaths`] | reads promoted members from their own columns, not from JSON or structs | before the engine's logical rules |
//! | [`SeveralMembers`] | reads several members of one field in one pass | before the engine's rule for common expressions |
//!
//! They leave standard nodes only. (What is computed after a top-n instead of before it: [`crate::view`].)

mod access;
mod guards;
mod members;
mod optional;
mod promoted;
mod several;
mod wants;

#[cfg(test)]
mod guard_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use auditlake_functions::CompileLambdas;
use datafusion::execution::SessionStateBuilder;
use datafusion::optimizer::{Optimizer, OptimizerRule};

use self::guards::{Guard, Unguard};
use self::members::MissingMembers;
use self::optional::Optional;
pub use self::promoted::PromotedPaths;
use self::several::SeveralMembers;

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
    let first: [Arc<dyn OptimizerRule + Send + Sync>; 4] =
        [Arc::new(CompileLambdas), Arc::new(Unguard), Arc::new(MissingMembers), Arc::new(PromotedPaths)];
    optimizer.rules.splice(0..0, first);
    let common = optimizer.rules.iter().position(|rule| rule.name() == "common_sub_expression_eliminate");
    optimizer.rules.insert(common.unwrap_or(optimizer.rules.len()), Arc::new(SeveralMembers));
    optimizer.rules.push(Arc::new(Guard));
}

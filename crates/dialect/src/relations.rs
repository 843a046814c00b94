//! Relations that the engine does not plan, or not as Trino: UNNEST, TABLESAMPLE, joins by names, EXCEPT ALL, WITH TIES.
//!
//! ```text
//! FROM a, UNNEST(a.x) AS t (y)  --group-->  FROM (a CROSS JOIN UNNEST(a.x) AS t (y))
//!                               --plan--->  Projection(a.*, y AS t.y) <- Unnest(y) <- Projection(a.*, a.x AS y) <- a
//! ```
//!
//! The engine plans the right side of a join without the left one and so cannot see `a.x`. So the tree is grouped
//! first: what UNNEST may refer to becomes one relation with it, which [`Relations`] is asked to plan. The plan is
//! made of the engine's own nodes only: filters and the choice of columns go down through it.

mod group;
mod named;
mod row_in;
mod sample;
mod set_all;
mod unnest;
mod using;
mod with_ties;

#[cfg(test)]
mod tests;

pub(super) use group::{group_from, group_joins};
pub(super) use named::{name_derived, name_values};
pub(super) use row_in::row_in;
pub(super) use set_all::as_relation as set_operation_as_relation;
pub(super) use with_ties::as_relation as with_ties_as_relation;

use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::common::Result;
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use sqlparser::ast::TableFactor;

use super::names::Spelling;

/// Plans the relations of one statement.
#[derive(Debug)]
pub(super) struct Relations {
    /// Columns that UNNEST makes of the fields of rows are spelled as all other names.
    spelling: Spelling,
    /// How many UNNESTs were planned; makes the names between their plans unique.
    unnests: AtomicUsize,
}

impl Relations {
    pub(super) fn new(spelling: Spelling) -> Self {
        Self { spelling, unnests: AtomicUsize::new(0) }
    }

    fn next_number(&self) -> usize {
        self.unnests.fetch_add(1, Ordering::Relaxed)
    }
}

impl RelationPlanner for Relations {
    fn plan_relation(
        &self,
        mut relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        if let Some(sample) = sample::take(&mut relation) {
            return Ok(planned(sample::plan(sample, relation, context)?));
        }
        let relation = match set_all::sides(relation) {
            Ok(sides) => return Ok(planned(set_all::plan(sides, context)?)),
            Err(relation) => *relation,
        };
        let relation = match with_ties::of(relation) {
            Ok(found) => return Ok(planned(with_ties::plan(found, context)?)),
            Err(relation) => *relation,
        };
        match group::split(relation) {
            Ok((left, last)) if group::is_unnest(&last.relation) => {
                Ok(planned(self.plan_unnest(left, last, context)?))
            }
            Ok((Some(left), last)) => Ok(planned(using::plan(left, last, context)?)),
            Ok((None, last)) => Ok(RelationPlanning::Original(Box::new(last.relation))),
            Err(relation) => Ok(RelationPlanning::Original(relation)),
        }
    }
}

fn planned(plan: LogicalPlan) -> RelationPlanning {
    RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, None)))
}

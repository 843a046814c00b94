//! Relations that the engine does not plan by itself: UNNEST and TABLESAMPLE in FROM.
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
mod sample;
mod unnest;

pub(super) use group::{group_from, group_joins};
pub(super) use named::{name_derived, name_values};

use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::common::Result;
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
            let plan = sample::plan(sample, relation, context)?;
            return Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, None))));
        }
        match group::split(relation) {
            Ok((left, unnest)) => {
                let plan = self.plan_unnest(left, unnest, context)?;
                Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, None))))
            }
            Err(relation) => Ok(RelationPlanning::Original(relation)),
        }
    }
}

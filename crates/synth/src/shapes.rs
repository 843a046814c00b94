//! The kinds of events that a corpus draws from: our own writing, after the public descriptions of
//! CloudTrail record contents; nothing in it was copied from a real log.

mod compute;
mod data;
mod identity;
mod network;
mod operations;

use auditlake_model::Result;

use crate::rng::{Rng, Weighted};
use crate::shape::{CompiledShape, Shape, Who};

/// Refusal by IAM policy, in the words that most services use.
pub(crate) const DENIED: &str = "User: ${arn} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action";

/// Shapes that may stand in one kind of log file, and how often each is drawn.
#[derive(Debug)]
pub(crate) struct ShapeTable {
    shapes: Vec<CompiledShape>,
    choice: Weighted,
}

impl ShapeTable {
    /// Returns the shapes of management and data events.
    ///
    /// # Errors
    /// `Internal` when a table names an unknown slot.
    pub(crate) fn activity() -> Result<ShapeTable> {
        ShapeTable::of(rows())
    }

    /// Returns the shapes of network activity events.
    ///
    /// # Errors
    /// `Internal` when a table names an unknown slot.
    pub(crate) fn network() -> Result<ShapeTable> {
        ShapeTable::of(network::SHAPES.iter().copied())
    }

    fn of(rows: impl Iterator<Item = Shape>) -> Result<ShapeTable> {
        let shapes: Vec<CompiledShape> = rows.map(CompiledShape::new).collect::<Result<_>>()?;
        let choice = Weighted::new(shapes.iter().map(|shape| shape.shape.weight));
        Ok(ShapeTable { shapes, choice })
    }

    /// Draws a shape.
    pub(crate) fn draw(&self, rng: &mut Rng) -> &CompiledShape {
        &self.shapes[self.choice.draw(rng)]
    }
}

/// Returns the AWS services that call on their own behalf; a service may appear several times.
pub(crate) fn callers() -> impl Iterator<Item = &'static str> {
    rows().filter_map(|shape| match shape.who {
        Who::Service(name) => Some(name),
        _ => None,
    })
}

fn rows() -> impl Iterator<Item = Shape> {
    [data::SHAPES, identity::SHAPES, compute::SHAPES, operations::SHAPES].into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_shape_compiles_and_has_failures_below_a_thousand() {
        for shape in [ShapeTable::activity(), ShapeTable::network()]
            .into_iter()
            .flat_map(|table| table.unwrap().shapes)
        {
            let failing: u16 = shape.shape.failures.iter().map(|failure| failure.per_mille).sum();
            assert!(failing <= 1000, "{}", shape.shape.name);
            assert!(shape.shape.weight > 0, "{}", shape.shape.name);
        }
    }

    #[test]
    fn services_of_a_corpus_are_many() {
        let mut services: Vec<&str> = rows().map(|shape| shape.service).collect();
        services.sort_unstable();
        services.dedup();
        for service in [
            "s3",
            "iam",
            "sts",
            "ec2",
            "kms",
            "lambda",
            "dynamodb",
            "signin",
            "rds",
            "secretsmanager",
            "cloudtrail",
            "logs",
            "sns",
            "sqs",
            "ecs",
            "eks",
        ] {
            assert!(services.contains(&service), "{service}");
        }
        assert!((60..=90).contains(&rows().count()), "{}", rows().count());
    }
}

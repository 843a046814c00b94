//! The kinds of events that a corpus draws from: our own writing, after the public descriptions of
//! CloudTrail record contents; nothing in it was copied from a real log.

mod compute;
mod data;
mod identity;
mod operations;

use auditlake_model::Result;

use crate::shape::{CompiledShape, Shape, Who};

/// Refusal by IAM policy, in the words that most services use.
pub(crate) const DENIED: &str = "User: ${arn} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action";

/// Returns all shapes, compiled, in the order of their tables.
///
/// # Errors
/// `Internal` when a table names an unknown slot.
pub(crate) fn compile_all() -> Result<Vec<CompiledShape>> {
    rows().map(CompiledShape::new).collect()
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
        for shape in compile_all().unwrap() {
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

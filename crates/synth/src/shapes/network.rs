//! Calls through VPC endpoints, as network activity events tell them: who, what and whether the
//! endpoint's policy refused, but no parameters.

use crate::shape::{Failure, Nature, Shape, Who, fails, read};

const REFUSED: &[Failure] =
    &[fails(400, "VpceAccessDenied", "The request was denied due to a VPC endpoint policy")];

const fn through_endpoint(service: &'static str, name: &'static str, weight: u64) -> Shape {
    Shape {
        nature: Nature::Network,
        who: Who::Workload,
        event_type: "AwsVpceEvent",
        ..read(service, name, weight)
    }
}

/// The rows of this table.
pub(super) const SHAPES: &[Shape] = &[
    through_endpoint("s3", "GetObject", 50),
    through_endpoint("s3", "ListObjects", 10).failing(REFUSED),
    through_endpoint("s3", "PutObject", 12).by(Who::OtherAccount).failing(REFUSED),
    through_endpoint("kms", "Decrypt", 30),
    through_endpoint("secretsmanager", "GetSecretValue", 12).failing(REFUSED),
    through_endpoint("cloudtrail", "LookupEvents", 3).failing(REFUSED),
];

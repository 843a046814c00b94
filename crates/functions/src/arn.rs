//! Parts of ARNs: `arn:partition:service:region:account:resource`.
//!
//! Beyond Trino. What is no ARN gives NULL, and so does an empty part, such as the account of an S3 bucket: compared
//! with an account it is unknown, not another one.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;

use crate::call::{Call, scalar};
use crate::family::Family;
use crate::scalar::Scalar;

static FUNCTIONS: &[Scalar] = &[
    scalar!("arn_partition", [], "arn_partition(arn)", "Returns the partition of an ARN, as in `aws`.",
        [Text] -> Text, |call| part(call, |arn| arn.partition)),
    scalar!("arn_service", [], "arn_service(arn)", "Returns the service of an ARN, as in `s3`.",
        [Text] -> Text, |call| part(call, |arn| arn.service)),
    scalar!("arn_region", [], "arn_region(arn)", "Returns the region of an ARN; NULL if it names none.",
        [Text] -> Text, |call| part(call, |arn| arn.region)),
    scalar!("arn_account", [], "arn_account(arn)", "Returns the account of an ARN; NULL if it names none.",
        [Text] -> Text, |call| part(call, |arn| arn.account)),
    scalar!("arn_resource", [], "arn_resource(arn)", "Returns the resource of an ARN with its type, as in `user/alice`.",
        [Text] -> Text, |call| part(call, |arn| arn.resource)),
    scalar!("arn_resource_type", [], "arn_resource_type(arn)",
        "Returns the type of the resource of an ARN, as in `user`; NULL if it names none.",
        [Text] -> Text, |call| part(call, |arn| arn.resource_type())),
];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family::of_scalars(FUNCTIONS)
}

fn part(call: &Call<'_>, part: for<'a> fn(Arn<'a>) -> &'a str) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_texts(|row| Ok(texts.at(row).and_then(Arn::parse).map(part).filter(|part| !part.is_empty())))
}

struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        let mut next = || parts.next();
        Some(Self {
            partition: next()?,
            service: next()?,
            region: next()?,
            account: next()?,
            resource: next()?,
        })
    }

    /// Returns what stands before the first slash or colon of the resource.
    ///
    /// The resources of S3, SNS and SQS are names without a type.
    fn resource_type(self) -> &'a str {
        if matches!(self.service, "s3" | "sns" | "sqs") {
            return "";
        }
        let resource = self.resource.strip_prefix('/').unwrap_or(self.resource);
        resource.split_once(['/', ':']).map_or("", |(kind, _)| kind)
    }
}

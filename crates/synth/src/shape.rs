//! The form of one kind of event, written as a table row and compiled once into a template.
//!
//! A shape's texts are JSON with slots such as `${bucket}`; [`Slot`] lists them. The parts that every
//! event has (identity, time, ids) are not in the shape: `event.rs` writes them.

use auditlake_model::{Error, Result};

use crate::rng::Weighted;

/// Who makes this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Any person or workload.
    Anyone,
    /// A person: IAM user, single sign-on session, now and then federated or root.
    Person,
    /// A person in the AWS console.
    Console,
    /// A role session of a machine, function, pod or pipeline.
    Workload,
    /// The account's root user.
    Root,
    /// An AWS service, by its DNS name.
    Service(&'static str),
    /// A principal of another account, which is known by account and id only.
    OtherAccount,
    /// A caller with an OpenID Connect token.
    WebIdentity,
    /// A person known to IAM Identity Center, without an AWS identity yet.
    IdentityCenter,
    /// Someone at the sign-in page who gave the right user name (or hides it).
    SignIn,
}

/// What CloudTrail says about the nature of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nature {
    /// A management event that only reads.
    Read,
    /// A management event that changes something.
    Write,
    /// A data event that only reads.
    DataRead,
    /// A data event that changes something.
    DataWrite,
    /// A call through a VPC endpoint; it lies in log files of its own.
    Network,
}

/// A way in which the call fails, and how often in a thousand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failure {
    /// The cases in a thousand.
    pub(crate) per_mille: u16,
    /// The `errorCode`; none for failed sign-ins, which have a message only.
    pub(crate) code: Option<&'static str>,
    /// The `errorMessage`, as template text; empty for none.
    pub(crate) message: &'static str,
    /// The `responseElements`; `null` nearly always.
    pub(crate) response: &'static str,
}

/// One kind of event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// The service, as in `eventSource` without `.amazonaws.com`.
    pub(crate) service: &'static str,
    /// The `eventName`.
    pub(crate) name: &'static str,
    /// How often it is drawn, relative to other shapes.
    pub(crate) weight: u64,
    /// The nature of the call.
    pub(crate) nature: Nature,
    /// The caller.
    pub(crate) who: Who,
    /// The `eventType`.
    pub(crate) event_type: &'static str,
    /// Whether the service has one region for all: its events say us-east-1.
    pub(crate) global: bool,
    /// Whether both accounts of a cross-account call get the event: it has a `sharedEventID`.
    pub(crate) shared: bool,
    /// `requestParameters`.
    pub(crate) request: &'static str,
    /// `responseElements` of a call that went well.
    pub(crate) response: &'static str,
    /// `additionalEventData`; empty for none.
    pub(crate) extra: &'static str,
    /// `serviceEventDetails`; empty for none.
    pub(crate) details: &'static str,
    /// `resources`; empty for none.
    pub(crate) resources: &'static str,
    /// `apiVersion`; empty for none.
    pub(crate) api_version: &'static str,
    /// Ways to fail.
    pub(crate) failures: &'static [Failure],
}

/// Starts a shape of a management event that reads.
pub(crate) const fn read(service: &'static str, name: &'static str, weight: u64) -> Shape {
    Shape {
        service,
        name,
        weight,
        nature: Nature::Read,
        who: Who::Anyone,
        event_type: "AwsApiCall",
        global: false,
        shared: false,
        request: "null",
        response: "null",
        extra: "",
        details: "",
        resources: "",
        api_version: "",
        failures: &[],
    }
}

/// Starts a shape of a management event that changes something.
pub(crate) const fn write(service: &'static str, name: &'static str, weight: u64) -> Shape {
    Shape { nature: Nature::Write, ..read(service, name, weight) }
}

/// Starts a shape of a data event that reads.
pub(crate) const fn data_read(service: &'static str, name: &'static str, weight: u64) -> Shape {
    Shape { nature: Nature::DataRead, ..read(service, name, weight) }
}

/// Starts a shape of a data event that changes something.
pub(crate) const fn data_write(service: &'static str, name: &'static str, weight: u64) -> Shape {
    Shape { nature: Nature::DataWrite, ..read(service, name, weight) }
}

/// Makes a failure with its frequency in a thousand, code and message.
pub(crate) const fn fails(per_mille: u16, code: &'static str, message: &'static str) -> Failure {
    Failure { per_mille, code: Some(code), message, response: "null" }
}

impl Shape {
    pub(crate) const fn by(self, who: Who) -> Shape {
        Shape { who, ..self }
    }
    pub(crate) const fn asks(self, request: &'static str) -> Shape {
        Shape { request, ..self }
    }
    pub(crate) const fn answers(self, response: &'static str) -> Shape {
        Shape { response, ..self }
    }
    pub(crate) const fn adds(self, extra: &'static str) -> Shape {
        Shape { extra, ..self }
    }
    pub(crate) const fn details(self, details: &'static str) -> Shape {
        Shape { details, ..self }
    }
    pub(crate) const fn on(self, resources: &'static str) -> Shape {
        Shape { resources, ..self }
    }
    pub(crate) const fn version(self, api_version: &'static str) -> Shape {
        Shape { api_version, ..self }
    }
    pub(crate) const fn failing(self, failures: &'static [Failure]) -> Shape {
        Shape { failures, ..self }
    }
    pub(crate) const fn typed(self, event_type: &'static str) -> Shape {
        Shape { event_type, ..self }
    }
    pub(crate) const fn global(self) -> Shape {
        Shape { global: true, ..self }
    }
    pub(crate) const fn shared(self) -> Shape {
        Shape { shared: true, ..self }
    }
}

macro_rules! slots {
    ($($name:literal => $variant:ident, $doc:literal;)*) => {
        /// A place in a template that is drawn anew for each event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Slot {
            $(#[doc = $doc] $variant,)*
        }

        impl Slot {
            fn named(name: &str) -> Option<Slot> {
                match name {
                    $($name => Some(Slot::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

slots! {
    "account" => Account, "the account that the event belongs to";
    "other" => Other, "another account";
    "region" => Region, "the region of the call";
    "action" => Action, "the call as `s3:GetObject`";
    "arn" => CallerArn, "the caller's ARN";
    "now" => Now, "the event's time";
    "later" => Later, "an hour after the event";
    "ip" => Ip, "the caller's address";
    "bucket" => Bucket, "a bucket";
    "key" => Key, "an object key";
    "user" => User, "an IAM user name";
    "role" => Role, "an IAM role name";
    "session" => Session, "a role session name";
    "policy" => Policy, "an IAM policy name";
    "instance" => Instance, "an EC2 instance id";
    "group" => Group, "a security group id";
    "subnet" => Subnet, "a subnet id";
    "vpc" => Vpc, "a VPC id";
    "image" => Image, "a machine image id";
    "table" => Table, "a DynamoDB table";
    "function" => Function, "a Lambda function";
    "kms" => Kms, "the UUID of a KMS key";
    "secret" => Secret, "a secret's name";
    "queue" => Queue, "an SQS queue";
    "topic" => Topic, "an SNS topic";
    "cluster" => Cluster, "an ECS or EKS cluster";
    "service" => Service, "an ECS service";
    "database" => Database, "an RDS instance";
    "log" => LogGroup, "a log group";
    "trail" => Trail, "a trail";
    "key_id" => AccessKeyId, "an access key id, drawn anew";
    "uuid" => Uuid, "a UUID, drawn anew";
    "hex8" => Hex8, "8 hexadecimal digits, drawn anew";
    "hex17" => Hex17, "17 hexadecimal digits, drawn anew";
    "upper16" => Upper16, "16 upper-case letters and digits, drawn anew";
    "small" => Small, "a number from 1 to 100";
    "bytes" => Bytes, "a number of bytes";
}

/// Template text, cut at its slots.
#[derive(Debug, Clone, Default)]
pub(crate) struct Template {
    /// Literal text before each slot.
    pub(crate) parts: Vec<(&'static str, Slot)>,
    /// Literal text after the last slot.
    pub(crate) tail: &'static str,
}

impl Template {
    /// Cuts a text at its slots.
    ///
    /// # Errors
    /// `Internal` for an unknown slot: the tables of this crate are wrong then.
    pub(crate) fn parse(text: &'static str) -> Result<Template> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once("${") {
            let cut = after.split_once('}').and_then(|(name, rest)| Some((Slot::named(name)?, rest)));
            let Some((slot, after_slot)) = cut else {
                return Err(Error::internal("a template of `synth` has an unknown slot")
                    .with_context("template", text));
            };
            parts.push((literal, slot));
            rest = after_slot;
        }
        Ok(Template { parts, tail: rest })
    }

    /// Says whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.tail.is_empty()
    }
}

/// A shape with its texts cut into templates.
#[derive(Debug)]
pub(crate) struct CompiledShape {
    /// The table row.
    pub(crate) shape: Shape,
    pub(crate) request: Template,
    pub(crate) response: Template,
    pub(crate) extra: Template,
    pub(crate) details: Template,
    pub(crate) resources: Template,
    pub(crate) failures: Vec<CompiledFailure>,
    /// Draws an index into `failures`, or one past it for a call that goes well.
    pub(crate) outcome: Weighted,
}

/// A failure with its message cut into a template.
#[derive(Debug)]
pub(crate) struct CompiledFailure {
    pub(crate) code: Option<&'static str>,
    pub(crate) message: Template,
    pub(crate) response: &'static str,
}

impl CompiledShape {
    /// Compiles a table row.
    ///
    /// # Errors
    /// `Internal` for an unknown slot.
    pub(crate) fn new(shape: Shape) -> Result<CompiledShape> {
        let mut failures = Vec::new();
        for failure in shape.failures {
            failures.push(CompiledFailure {
                code: failure.code,
                message: Template::parse(failure.message)?,
                response: failure.response,
            });
        }
        let failing: Vec<u64> = shape.failures.iter().map(|f| u64::from(f.per_mille)).collect();
        let well = 1000_u64.saturating_sub(failing.iter().sum());
        Ok(CompiledShape {
            request: Template::parse(shape.request)?,
            response: Template::parse(shape.response)?,
            extra: Template::parse(shape.extra)?,
            details: Template::parse(shape.details)?,
            resources: Template::parse(shape.resources)?,
            failures,
            outcome: Weighted::new(failing.into_iter().chain([well])),
            shape,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_template_is_cut_at_its_slots() {
        let template = Template::parse("a${bucket}b${key}").unwrap();
        assert_eq!(template.parts, [("a", Slot::Bucket), ("b", Slot::Key)]);
        assert_eq!(template.tail, "");
        assert!(!template.is_empty() && Template::parse("").unwrap().is_empty());
    }

    #[test]
    fn an_unknown_slot_is_refused() {
        assert!(Template::parse("${nothing}").is_err());
        assert!(Template::parse("${bucket").is_err());
    }
}

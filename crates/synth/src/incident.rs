//! The story inside a corpus: a pipeline's access key leaks and is used from outside.
//!
//! ```text
//! 00:00  who am I, what is here          GetCallerIdentity, ListBuckets, denied look-arounds
//! 00:06  stay                            CreateUser, AttachUserPolicy, CreateAccessKey, ConsoleLogin without MFA
//! 00:11  go dark                         DeleteTrail denied, StopLogging
//! 00:13  take                            many GetObject on customer exports
//! 00:40  destroy and demand              DeleteObject, PutObject of a note, RunInstances refused
//! 00:52  respond                         StartLogging, UpdateAccessKey, DeleteUser by the company's own people
//! ```

use std::borrow::Cow;

use auditlake_model::{Error, Result};

use crate::actor::{Actor, Channel};
use crate::calendar::DAY;
use crate::event::Call;
use crate::rng::{Pool, Rng};
use crate::shape::{CompiledShape, Failure, Nature, Shape, Slot, Who, data_read, data_write, read, write};
use crate::shapes::DENIED;
use crate::text;
use crate::world::World;

/// The address that the intruder calls from.
pub const INCIDENT_ADDRESS: &str = "203.0.113.66";
/// The IAM user whose key leaked.
pub const INCIDENT_LEAKED_USER: &str = "ci-deploy";
/// The IAM user that the intruder makes.
pub const INCIDENT_CREATED_USER: &str = "svc-support";
/// The smallest corpus, in events, that the incident is woven into.
pub const INCIDENT_LEAST_EVENTS: u64 = 200;

const LEAKED_KEY: &str = "AKIAQ7LEAKED2SYNTH55";
const CREATED_KEY: &str = "AKIAQ7CREATED2SYNTH5";
const INTRUDER_AGENT: &str = "aws-cli/2.22.35 md/awscrt#0.23.4 ua/2.0 os/linux#6.11.2-amd64 md/arch#x86_64 lang/python#3.12.7 md/pyimpl#CPython cfg/retry-mode#standard";
const OBJECT: &str = r#"[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::${bucket}/${key}"},{"accountId":"${account}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::${bucket}"}]"#;
const OBJECT_REQUEST: &str =
    r#"{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","key":"${key}"}"#;
const TRAIL_REQUEST: &str = r#"{"name":"arn:aws:cloudtrail:${region}:${account}:trail/${trail}"}"#;
const REFUSED: &[Failure] = &[always("AccessDenied", DENIED)];
const REFUSED_BY_EC2: &[Failure] =
    &[always("Client.UnauthorizedOperation", "You are not authorized to perform this operation.")];

const fn always(code: &'static str, message: &'static str) -> Failure {
    Failure { per_mille: 1000, code: Some(code), message, response: "null" }
}

/// Whose credentials make a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The intruder with the leaked key.
    Leaked,
    /// The intruder as the user he made.
    Created,
    /// Someone of the company.
    Responder,
}

/// One kind of step: when it begins, how often it happens within how many seconds.
#[derive(Debug)]
struct Step {
    begins: i64,
    within: i64,
    times: Times,
    role: Role,
    region: &'static str,
    shape: Shape,
}

#[derive(Debug, Clone, Copy)]
enum Times {
    Once,
    /// This many in a hundred of the incident's downloads.
    Percent(u64),
}

const fn step(begins: i64, role: Role, shape: Shape) -> Step {
    Step { begins, within: 1, times: Times::Once, role, region: "us-east-1", shape }
}

const fn many(begins: i64, within: i64, percent: u64, role: Role, shape: Shape) -> Step {
    Step { within, times: Times::Percent(percent), ..step(begins, role, shape) }
}

const STEPS: &[Step] = &[
    step(0, Role::Leaked, read("sts", "GetCallerIdentity", 1)),
    step(21, Role::Leaked, read("s3", "ListBuckets", 1).asks(r#"{"Host":"s3.amazonaws.com"}"#)),
    step(48, Role::Leaked, read("iam", "GetAccountAuthorizationDetails", 1).global().failing(REFUSED)),
    step(75, Role::Leaked, read("iam", "ListUsers", 1).global().asks(r#"{"maxItems":100}"#)),
    step(96, Role::Leaked, read("iam", "ListAttachedUserPolicies", 1).global().asks(r#"{"userName":"ci-deploy"}"#)),
    step(131, Role::Leaked, read("secretsmanager", "ListSecrets", 1).failing(REFUSED)),
    step(150, Role::Leaked, read("ec2", "DescribeInstances", 1).asks(r#"{"instancesSet":{},"filterSet":{}}"#).failing(REFUSED_BY_EC2)),
    step(188, Role::Leaked, read("organizations", "DescribeOrganization", 1).global().failing(REFUSED)),
    step(360, Role::Leaked, write("iam", "CreateUser", 1)
        .global()
        .asks(r#"{"userName":"svc-support","path":"/"}"#)
        .answers(r#"{"user":{"userName":"svc-support","path":"/","arn":"arn:aws:iam::${account}:user/svc-support","userId":"AIDA${upper16}X","createDate":"${now}"}}"#)),
    step(395, Role::Leaked, write("iam", "AttachUserPolicy", 1)
        .global()
        .asks(r#"{"userName":"svc-support","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#)),
    step(420, Role::Leaked, write("iam", "CreateAccessKey", 1)
        .global()
        .asks(r#"{"userName":"svc-support"}"#)
        .answers(r#"{"accessKey":{"userName":"svc-support","accessKeyId":"AKIAQ7CREATED2SYNTH5","status":"Active","createDate":"${now}"}}"#)),
    step(447, Role::Leaked, write("iam", "CreateLoginProfile", 1)
        .global()
        .asks(r#"{"userName":"svc-support","passwordResetRequired":false}"#)
        .answers(r#"{"loginProfile":{"userName":"svc-support","createDate":"${now}","passwordResetRequired":false}}"#)),
    step(561, Role::Created, write("signin", "ConsoleLogin", 1)
        .typed("AwsConsoleSignIn")
        .global()
        .answers(r#"{"ConsoleLogin":"Success"}"#)
        .adds(r#"{"LoginTo":"https://console.aws.amazon.com/console/home","MobileVersion":"No","MFAUsed":"No"}"#)),
    step(660, Role::Created, write("cloudtrail", "DeleteTrail", 1).asks(TRAIL_REQUEST).failing(&[always(
        "AccessDeniedException",
        "User: ${arn} is not authorized to perform: cloudtrail:DeleteTrail with an explicit deny in a service control policy",
    )])),
    step(684, Role::Created, write("cloudtrail", "StopLogging", 1).asks(TRAIL_REQUEST)),
    many(780, 1_560, 100, Role::Created, data_read("s3", "GetObject", 1)
        .asks(OBJECT_REQUEST)
        .adds(r#"{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"${hex17}${hex17}","bytesTransferredOut":${bytes}}"#)
        .on(OBJECT)),
    many(2_400, 600, 20, Role::Created, data_write("s3", "DeleteObject", 1).asks(OBJECT_REQUEST).on(OBJECT)),
    step(3_010, Role::Created, data_write("s3", "PutObject", 1)
        .asks(r#"{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","key":"HOW-TO-GET-YOUR-FILES-BACK.txt"}"#)
        .on(r#"[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::${bucket}/HOW-TO-GET-YOUR-FILES-BACK.txt"},{"accountId":"${account}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::${bucket}"}]"#)),
    Step { region: "sa-east-1", ..many(3_020, 90, 4, Role::Created, write("ec2", "RunInstances", 1)
        .asks(r#"{"instancesSet":{"items":[{"imageId":"${image}","minCount":8,"maxCount":8}]},"instanceType":"p5.48xlarge","blockDeviceMapping":{},"monitoring":{"enabled":false},"disableApiTermination":false}"#)
        .failing(&[always("Client.VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket that the specified instance type belongs to.")])) },
    step(3_130, Role::Responder, write("cloudtrail", "StartLogging", 1).asks(TRAIL_REQUEST)),
    step(3_170, Role::Responder, write("iam", "UpdateAccessKey", 1)
        .global()
        .asks(r#"{"userName":"ci-deploy","accessKeyId":"AKIAQ7LEAKED2SYNTH55","status":"Inactive"}"#)),
    step(3_240, Role::Responder, write("iam", "DeleteLoginProfile", 1).global().asks(r#"{"userName":"svc-support"}"#)),
    step(3_262, Role::Responder, write("iam", "DeleteAccessKey", 1)
        .global()
        .asks(r#"{"userName":"svc-support","accessKeyId":"AKIAQ7CREATED2SYNTH5"}"#)),
];

/// The incident of one corpus, ready to be written.
#[derive(Debug)]
pub(crate) struct Incident {
    shapes: Vec<CompiledShape>,
    leaked: Actor,
    created: Actor,
    bucket: String,
    downloads: u64,
    begins: i64,
}

/// One step at its time, by index into the incident's shapes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Seconds since the corpus began.
    pub(crate) instant: i64,
    /// The region of the call.
    pub(crate) region: &'static str,
    index: usize,
}

impl Incident {
    /// Prepares the incident of a corpus of `events` events over `days` days: it happens in the
    /// small hours of the last day but one.
    ///
    /// # Errors
    /// `Internal` when a step names an unknown slot.
    pub(crate) fn new(world: &World, events: u64, days: u32) -> Result<Incident> {
        let account = world.accounts.first();
        let shapes: Result<Vec<CompiledShape>> =
            STEPS.iter().map(|step| CompiledShape::new(step.shape)).collect();
        let actors = intruder(&account.id, INCIDENT_LEAKED_USER, LEAKED_KEY).zip(intruder(
            &account.id,
            INCIDENT_CREATED_USER,
            CREATED_KEY,
        ));
        let (leaked, created) =
            actors.ok_or_else(|| Error::internal("the incident of `synth` has no intruder"))?;
        let bucket = account.names(Slot::Bucket).iter().find(|bucket| bucket.ends_with("customer-exports"));
        Ok(Incident {
            shapes: shapes?,
            leaked,
            created,
            bucket: bucket.cloned().unwrap_or_default(),
            downloads: (events / 100).clamp(20, 400),
            begins: i64::from(days.saturating_sub(2)) * DAY + 2 * 3600 + 17 * 60,
        })
    }

    /// Returns the number of events that the incident has.
    pub(crate) fn events(&self) -> u64 {
        STEPS.iter().map(|step| self.times(step)).sum()
    }

    fn times(&self, step: &Step) -> u64 {
        match step.times {
            Times::Once => 1,
            Times::Percent(percent) => (self.downloads * percent / 100).max(1),
        }
    }

    /// Returns the steps in the order of their time.
    pub(crate) fn moments(&self, rng: &mut Rng) -> Vec<Moment> {
        let mut moments = Vec::new();
        for (index, step) in STEPS.iter().enumerate() {
            for _ in 0..self.times(step) {
                let offset = step.begins + rng.below(step.within as u64) as i64;
                moments.push(Moment { instant: self.begins + offset, region: step.region, index });
            }
        }
        moments.sort_by_key(|moment| moment.instant);
        moments
    }

    /// Returns the call of a step.
    pub(crate) fn call<'a>(&'a self, world: &'a World, moment: Moment, rng: &mut Rng) -> Call<'a> {
        let account = world.accounts.first();
        let shape = &self.shapes[moment.index];
        let mut given = vec![(Slot::Bucket, Cow::Borrowed(self.bucket.as_str()))];
        if shape.shape.nature != Nature::Read {
            given.push((Slot::Key, Cow::Owned(format!("customers/2025/{:04}.csv", rng.below(2_000)))));
        }
        let actor = match STEPS[moment.index].role {
            Role::Leaked => &self.leaked,
            Role::Created => &self.created,
            Role::Responder => account.actor(Who::Console, &mut Rng::new(0, 0)),
        };
        Call {
            account,
            region: moment.region,
            instant: moment.instant,
            actor,
            shape,
            failure: shape.failures.first(),
            given,
            agent: None,
        }
    }
}

fn intruder(account: &str, user: &str, key: &str) -> Option<Actor> {
    let seed = user.len() as u64;
    let principal = text::upper(&mut Rng::new(seed, seed), 16);
    let arn = format!("arn:aws:iam::{account}:user/{user}");
    Some(Actor {
        identity: format!(
            r#"{{"type":"IAMUser","principalId":"AIDA{principal}","arn":"{arn}","accountId":"{account}","accessKeyId":"{key}","userName":"{user}"}}"#
        ),
        identity_rest: None,
        arn,
        addresses: Pool::new(vec![INCIDENT_ADDRESS.to_owned()])?,
        agents: Pool::new(vec![INTRUDER_AGENT.to_owned()])?,
        channel: Channel::Program,
    })
}

//! Who appears in `userIdentity`, with the addresses and programs they use.

use crate::rng::{Pool, Rng};
use crate::text;

/// A principal as events show it.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    /// The `userIdentity` object up to the session's `creationDate`, or all of it without a session.
    pub(crate) identity: String,
    /// The rest of the object after `creationDate`.
    pub(crate) identity_rest: Option<String>,
    /// The ARN in refusals.
    pub(crate) arn: String,
    /// `sourceIPAddress` values.
    pub(crate) addresses: Pool<String>,
    /// `userAgent` values.
    pub(crate) agents: Pool<String>,
    /// How the calls arrive.
    pub(crate) channel: Channel,
}

/// How an actor's calls arrive at AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Over TLS from a program: the event has `tlsDetails`.
    Program,
    /// From inside a VPC: `tlsDetails`, often a VPC endpoint.
    Vpc,
    /// From the AWS console.
    Console,
    /// From inside AWS.
    Internal,
}

const CONSOLE_AGENTS: [&str; 3] = [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0",
    "AWS Internal",
];
const PERSON_AGENTS: [&str; 4] = [
    "aws-cli/2.32.7 md/awscrt#0.29.1 ua/2.1 os/macos#25.1.0 md/arch#arm64 lang/python#3.13.9 md/prompt#off md/command#synth.call",
    "APN/1.0 HashiCorp/1.0 Terraform/1.14.0 terraform-provider-aws/6.23.0 aws-sdk-go-v2/1.40.0 os/linux lang/go#1.25.4 md/GOOS#linux",
    "Boto3/1.42.3 md/Botocore#1.42.3 ua/2.1 os/linux#6.12.0 md/arch#x86_64 lang/python#3.13.9 cfg/retry-mode#standard",
    "[aws-sdk-js/3.940.0 ua/2.1 os/darwin#25.1.0 lang/js md/nodejs#24.11.1 api/synth#3.940.0]",
];
const WORKLOAD_AGENTS: [&str; 5] = [
    "aws-sdk-java/2.39.4 md/io#sync md/http#Apache ua/2.1 os/Linux#6.1.158 lang/java#21.0.9 md/vendor#Amazon.com_Inc. exec-env/AWS_Lambda_java21",
    "aws-sdk-go-v2/1.40.0 ua/2.1 os/linux lang/go#1.25.4 md/GOARCH#arm64 exec-env/AWS_ECS_FARGATE",
    "Boto3/1.42.3 md/Botocore#1.42.3 ua/2.1 os/linux#6.1.158 lang/python#3.13.9 exec-env/AWS_Lambda_python3.13",
    "aws-sdk-rust/1.3.11 ua/2.1 os/linux lang/rust#1.91.1",
    "[S3A-Hadoop-3.4.2]",
];

/// Returns an IAM user with a long-lived key, working from an office.
pub(crate) fn iam_user(rng: &mut Rng, account: &str, name: &str) -> Option<Actor> {
    let arn = format!("arn:aws:iam::{account}:user/{name}");
    let id = text::upper(rng, 16);
    let key = text::upper(rng, 16);
    let identity = format!(
        r#"{{"type":"IAMUser","principalId":"AIDA{id}","arn":"{arn}","accountId":"{account}","accessKeyId":"AKIA{key}","userName":"{name}"}}"#
    );
    let addresses = vec![office_address(rng), home_address(rng)];
    actor(identity, None, arn, addresses, &PERSON_AGENTS[rng.index(3)..], Channel::Program)
}

/// Returns an IAM user at the console, with a session that may lack a second factor.
pub(crate) fn console_user(rng: &mut Rng, account: &str, name: &str) -> Option<Actor> {
    let arn = format!("arn:aws:iam::{account}:user/{name}");
    let id = text::upper(rng, 16);
    let key = text::upper(rng, 16);
    let identity = format!(
        r#"{{"type":"IAMUser","principalId":"AIDA{id}","arn":"{arn}","accountId":"{account}","accessKeyId":"ASIA{key}","userName":"{name}","sessionContext":{{"attributes":{{"creationDate":""#
    );
    let mfa = rng.below(5) > 0;
    let rest = format!(r#"","mfaAuthenticated":"{mfa}"}}}}}}"#);
    actor(identity, Some(rest), arn, vec![office_address(rng)], &CONSOLE_AGENTS, Channel::Console)
}

/// Returns a person's single sign-on session of a role.
pub(crate) fn sso_session(
    rng: &mut Rng,
    account: &str,
    name: &str,
    role: &str,
    console: bool,
) -> Option<Actor> {
    let role = format!("AWSReservedSSO_{role}_{}", text::hex(rng, 16));
    let path = "aws-reserved/sso.amazonaws.com/";
    let session = format!("{name}@acorn.example");
    let behalf = format!(
        r#","onBehalfOf":{{"userId":"{}","identityStoreArn":"arn:aws:identitystore::{account}:identitystore/d-{}"}}"#,
        text::uuid(rng),
        text::hex(rng, 10)
    );
    let (identity, rest) =
        role_session(rng, account, path, &role, &session, r#""webIdFederationData":{},"#, &behalf);
    let arn = format!("arn:aws:sts::{account}:assumed-role/{role}/{session}");
    let (agents, channel) = match console {
        true => (&CONSOLE_AGENTS[..], Channel::Console),
        false => (&PERSON_AGENTS[..], Channel::Program),
    };
    actor(identity, Some(rest), arn, vec![office_address(rng), home_address(rng)], agents, channel)
}

/// Returns a role session of a machine (`session` is its instance id), function or pipeline.
pub(crate) fn workload(rng: &mut Rng, account: &str, role: &str, session: &str) -> Option<Actor> {
    let (inner, outer, channel) = match (session.starts_with("i-"), rng.below(4)) {
        (true, _) => (r#""ec2RoleDelivery":"2.0","#.to_owned(), String::new(), Channel::Vpc),
        (false, 0) => (pod_federation(rng, account), String::new(), Channel::Vpc),
        (false, 1) => (
            r#""webIdFederationData":{},"#.to_owned(),
            lambda_scope(account, role, session),
            Channel::Program,
        ),
        (false, _) => (r#""webIdFederationData":{},"#.to_owned(), String::new(), Channel::Program),
    };
    let (identity, rest) = role_session(rng, account, "", role, session, &inner, &outer);
    let arn = format!("arn:aws:sts::{account}:assumed-role/{role}/{session}");
    let addresses = vec![private_address(rng), cloud_address(rng), cloud_address_v6(rng)];
    let first = rng.index(WORKLOAD_AGENTS.len());
    actor(identity, Some(rest), arn, addresses, &WORKLOAD_AGENTS[first..=first], channel)
}

/// Returns the account's root user.
pub(crate) fn root(rng: &mut Rng, account: &str) -> Option<Actor> {
    let arn = format!("arn:aws:iam::{account}:root");
    let identity = format!(
        r#"{{"type":"Root","principalId":"{account}","arn":"{arn}","accountId":"{account}","accessKeyId":"","sessionContext":{{"attributes":{{"mfaAuthenticated":"true","creationDate":""#
    );
    actor(
        identity,
        Some(r#""}}}"#.to_owned()),
        arn,
        vec![office_address(rng)],
        &CONSOLE_AGENTS,
        Channel::Console,
    )
}

/// Returns a federated user of GetFederationToken.
pub(crate) fn federated(rng: &mut Rng, account: &str, name: &str) -> Option<Actor> {
    let arn = format!("arn:aws:sts::{account}:federated-user/{name}");
    let (id, key) = (text::upper(rng, 16), text::upper(rng, 16));
    let identity = format!(
        r#"{{"type":"FederatedUser","principalId":"{account}:{name}","arn":"{arn}","accountId":"{account}","accessKeyId":"ASIA{key}","sessionContext":{{"sessionIssuer":{{"type":"IAMUser","principalId":"AIDA{id}","arn":"arn:aws:iam::{account}:user/broker","accountId":"{account}","userName":"broker"}},"attributes":{{"creationDate":""#
    );
    let rest = r#"","mfaAuthenticated":"false"}}}"#.to_owned();
    actor(identity, Some(rest), arn, vec![home_address(rng)], &PERSON_AGENTS, Channel::Program)
}

/// Returns someone who signs in: the event has no access key and no session.
pub(crate) fn sign_in(rng: &mut Rng, account: &str, name: &str) -> Option<Actor> {
    let arn = format!("arn:aws:iam::{account}:user/{name}");
    let identity = format!(
        r#"{{"type":"IAMUser","principalId":"AIDA{}","arn":"{arn}","accountId":"{account}","userName":"{name}"}}"#,
        text::upper(rng, 16)
    );
    actor(
        identity,
        None,
        arn,
        vec![office_address(rng), home_address(rng)],
        &CONSOLE_AGENTS[..2],
        Channel::Console,
    )
}

/// Returns a person of IAM Identity Center.
pub(crate) fn identity_center(rng: &mut Rng, account: &str) -> Option<Actor> {
    let user = text::uuid(rng);
    let store = text::hex(rng, 10);
    let identity = format!(
        r#"{{"type":"IdentityCenterUser","accountId":"{account}","onBehalfOf":{{"userId":"{user}","identityStoreArn":"arn:aws:identitystore::{account}:identitystore/d-{store}"}},"credentialId":"{}"}}"#,
        text::uuid(rng)
    );
    let arn = format!("arn:aws:identitystore::{account}:user/{user}");
    actor(identity, None, arn, vec![office_address(rng)], &CONSOLE_AGENTS[..2], Channel::Internal)
}

/// Returns a caller with an OpenID Connect token: a pipeline outside AWS.
pub(crate) fn web_identity(rng: &mut Rng, account: &str, repository: &str) -> Option<Actor> {
    let provider = format!("arn:aws:iam::{account}:oidc-provider/token.ci.example");
    let subject = format!("repo:acorn/{repository}:ref:refs/heads/main");
    let identity = format!(
        r#"{{"type":"WebIdentityUser","principalId":"{provider}:sts.amazonaws.com:{subject}","userName":"{subject}","identityProvider":"{provider}"}}"#
    );
    actor(identity, None, subject, vec![cloud_address(rng)], &WORKLOAD_AGENTS[1..3], Channel::Program)
}

/// Returns a principal of another account.
pub(crate) fn other_account(rng: &mut Rng, other: &str) -> Option<Actor> {
    let id = text::upper(rng, 17);
    let identity =
        format!(r#"{{"type":"AWSAccount","principalId":"AROA{id}:auditor","accountId":"{other}"}}"#);
    let arn = format!("arn:aws:sts::{other}:assumed-role/auditor/auditor");
    actor(identity, None, arn, vec![cloud_address(rng)], &PERSON_AGENTS[2..3], Channel::Program)
}

/// Returns an AWS service: it has no account, ARN or session, and names itself everywhere.
pub(crate) fn aws_service(name: &str) -> Option<Actor> {
    let identity = format!(r#"{{"type":"AWSService","invokedBy":"{name}"}}"#);
    actor(identity, None, name.to_owned(), vec![name.to_owned()], &[name], Channel::Internal)
}

/// Returns the two halves of an assumed role's identity, around `creationDate`.
fn role_session(
    rng: &mut Rng,
    account: &str,
    path: &str,
    role: &str,
    session: &str,
    inner: &str,
    outer: &str,
) -> (String, String) {
    let (id, key) = (text::upper(rng, 17), text::upper(rng, 16));
    let identity = format!(
        r#"{{"type":"AssumedRole","principalId":"AROA{id}:{session}","arn":"arn:aws:sts::{account}:assumed-role/{role}/{session}","accountId":"{account}","accessKeyId":"ASIA{key}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROA{id}","arn":"arn:aws:iam::{account}:role/{path}{role}","accountId":"{account}","userName":"{role}"}},{inner}"attributes":{{"creationDate":""#
    );
    (identity, format!(r#"","mfaAuthenticated":"false"}}}}{outer}}}"#))
}

fn pod_federation(rng: &mut Rng, account: &str) -> String {
    let provider = format!("oidc.eks.eu-west-1.amazonaws.com/id/{}", text::hex(rng, 32).to_uppercase());
    format!(
        r#""webIdFederationData":{{"federatedProvider":"arn:aws:iam::{account}:oidc-provider/{provider}","attributes":{{"aud":"sts.amazonaws.com","sub":"system:serviceaccount:default:app"}}}},"#
    )
}

fn lambda_scope(account: &str, role: &str, session: &str) -> String {
    format!(
        r#","inScopeOf":{{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"arn:aws:lambda:us-east-1:{account}:function:{session}","sourceArn":"arn:aws:iam::{account}:role/{role}","sourceAccount":"{account}"}}"#
    )
}

fn actor(
    identity: String,
    identity_rest: Option<String>,
    arn: String,
    addresses: Vec<String>,
    agents: &[&str],
    channel: Channel,
) -> Option<Actor> {
    let agents = agents.iter().map(|agent| (*agent).to_owned()).collect();
    Some(Actor {
        identity,
        identity_rest,
        arn,
        addresses: Pool::new(addresses)?,
        agents: Pool::new(agents)?,
        channel,
    })
}

// Addresses come from the ranges set aside for documentation and private networks, so that no
// stranger's address ever appears in a report.

fn office_address(rng: &mut Rng) -> String {
    format!("198.51.100.{}", 1 + rng.below(12))
}

fn home_address(rng: &mut Rng) -> String {
    format!("192.0.2.{}", 1 + rng.below(250))
}

fn private_address(rng: &mut Rng) -> String {
    format!("10.{}.{}.{}", rng.below(8), rng.below(256), 4 + rng.below(250))
}

fn cloud_address(rng: &mut Rng) -> String {
    format!("100.{}.{}.{}", 64 + rng.below(64), rng.below(256), 1 + rng.below(254))
}

fn cloud_address_v6(rng: &mut Rng) -> String {
    format!("2001:db8:{}::{}", text::hex(rng, 4), text::hex(rng, 4))
}

//! Who may do what: IAM, STS, sign-in, single sign-on.

use super::DENIED;
use crate::shape::{Failure, Shape, Who, fails, read, write};

const ROLE: &str =
    r#"[{"accountId":"${account}","type":"AWS::IAM::Role","ARN":"arn:aws:iam::${account}:role/${role}"}]"#;
const WRONG_PASSWORD: Failure = Failure {
    per_mille: 120,
    code: None,
    message: "Failed authentication",
    response: r#"{"ConsoleLogin":"Failure"}"#,
};

/// The answer to an AssumeRole call whose session is named by the given slot.
macro_rules! assumed {
    ($session:literal) => {
        concat!(
            r#"{"credentials":{"accessKeyId":"ASIA${upper16}","sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS","expiration":"${later}"},"#,
            r#""assumedRoleUser":{"assumedRoleId":"AROA${upper16}X:"#,
            $session,
            r#"","arn":"arn:aws:sts::${account}:assumed-role/${role}/"#,
            $session,
            r#""}}"#
        )
    };
}

/// The rows of this table.
pub(super) const SHAPES: &[Shape] = &[
    write("sts", "AssumeRole", 70)
        .by(Who::Service("ec2.amazonaws.com"))
        .asks(r#"{"roleArn":"arn:aws:iam::${account}:role/${role}","roleSessionName":"${instance}"}"#)
        .answers(assumed!("${instance}"))
        .on(ROLE)
        .shared(),
    write("sts", "AssumeRole", 55)
        .by(Who::Service("lambda.amazonaws.com"))
        .asks(r#"{"roleArn":"arn:aws:iam::${account}:role/${role}","roleSessionName":"${function}"}"#)
        .answers(assumed!("${function}"))
        .on(ROLE)
        .shared(),
    write("sts", "AssumeRole", 20)
        .asks(r#"{"roleArn":"arn:aws:iam::${account}:role/${role}","roleSessionName":"${session}","durationSeconds":3600,"tags":[{"key":"team","value":"platform"}],"transitiveTagKeys":["team"]}"#)
        .answers(assumed!("${session}"))
        .on(ROLE)
        .failing(&[fails(30, "AccessDenied", "User: ${arn} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${account}:role/${role}")]),
    write("sts", "AssumeRole", 6)
        .by(Who::OtherAccount)
        .asks(r#"{"roleArn":"arn:aws:iam::${account}:role/${role}","roleSessionName":"${session}","externalId":"${hex8}","durationSeconds":900}"#)
        .answers(assumed!("${session}"))
        .on(ROLE)
        .shared(),
    write("sts", "AssumeRoleWithWebIdentity", 25)
        .by(Who::WebIdentity)
        .asks(r#"{"roleArn":"arn:aws:iam::${account}:role/${role}","roleSessionName":"${session}"}"#)
        .answers(assumed!("${session}"))
        .on(ROLE)
        .failing(&[fails(15, "ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time")]),
    read("sts", "GetCallerIdentity", 18),
    write("signin", "ConsoleLogin", 4)
        .by(Who::SignIn)
        .typed("AwsConsoleSignIn")
        .global()
        .answers(r#"{"ConsoleLogin":"Success"}"#)
        .adds(r#"{"LoginTo":"https://console.aws.amazon.com/console/home","MobileVersion":"No","MFAIdentifier":"arn:aws:iam::${account}:mfa/${user}","MFAUsed":"Yes"}"#)
        .failing(&[WRONG_PASSWORD]),
    write("signin", "ConsoleLogin", 1)
        .by(Who::Root)
        .typed("AwsConsoleSignIn")
        .global()
        .answers(r#"{"ConsoleLogin":"Success"}"#)
        .adds(r#"{"LoginTo":"https://console.aws.amazon.com/console/home","MobileVersion":"No","MFAUsed":"No"}"#)
        .failing(&[WRONG_PASSWORD]),
    write("signin", "SwitchRole", 2)
        .by(Who::Console)
        .typed("AwsConsoleSignIn")
        .global()
        .answers(r#"{"SwitchRole":"Success"}"#)
        .adds(r#"{"SwitchFrom":"arn:aws:iam::${other}:user/${user}","RedirectTo":"https://console.aws.amazon.com/console/home"}"#),
    read("sso", "Authenticate", 3)
        .by(Who::IdentityCenter)
        .typed("AwsServiceEvent")
        .details(r#"{"CredentialType":"PASSWORD","loginInstanceId":"d-${hex8}"}"#),
    read("sso", "GetRoleCredentials", 6)
        .by(Who::IdentityCenter)
        .asks(r#"{"roleName":"${role}","accountId":"${account}"}"#)
        .failing(&[fails(40, "ForbiddenException", "No access")]),
    read("iam", "GetUser", 8)
        .global()
        .asks(r#"{"userName":"${user}"}"#)
        .failing(&[fails(60, "NoSuchEntityException", "The user with name ${user} cannot be found.")]),
    read("iam", "ListRoles", 9).global().asks(r#"{"maxItems":100}"#).failing(&[fails(25, "AccessDenied", DENIED)]),
    read("iam", "GetRole", 14)
        .global()
        .asks(r#"{"roleName":"${role}"}"#)
        .failing(&[fails(40, "NoSuchEntityException", "The role with name ${role} cannot be found.")]),
    read("iam", "ListAttachedRolePolicies", 10).global().asks(r#"{"roleName":"${role}"}"#),
    read("iam", "GetAccountAuthorizationDetails", 1)
        .global()
        .by(Who::Person)
        .failing(&[fails(200, "AccessDenied", DENIED)]),
    write("iam", "CreateRole", 1)
        .global()
        .by(Who::Person)
        .asks(r#"{"roleName":"${role}","path":"/","assumeRolePolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}","maxSessionDuration":3600}"#)
        .answers(r#"{"role":{"arn":"arn:aws:iam::${account}:role/${role}","roleName":"${role}","roleId":"AROA${upper16}X","path":"/","createDate":"${now}"}}"#)
        .failing(&[fails(100, "EntityAlreadyExistsException", "Role with name ${role} already exists.")]),
    write("iam", "AttachRolePolicy", 1)
        .global()
        .by(Who::Person)
        .asks(r#"{"roleName":"${role}","policyArn":"arn:aws:iam::${account}:policy/${policy}"}"#)
        .failing(&[fails(120, "AccessDenied", DENIED)]),
    write("iam", "PutRolePolicy", 1)
        .global()
        .by(Who::Workload)
        .asks(r#"{"roleName":"${role}","policyName":"${policy}","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\"],\"Resource\":\"arn:aws:s3:::${bucket}/*\"}]}"}"#),
    write("iam", "CreateAccessKey", 1)
        .global()
        .by(Who::Person)
        .asks(r#"{"userName":"${user}"}"#)
        .answers(r#"{"accessKey":{"userName":"${user}","accessKeyId":"${key_id}","status":"Active","createDate":"${now}"}}"#)
        .failing(&[fails(100, "LimitExceededException", "Cannot exceed quota for AccessKeysPerUser: 2")]),
    write("iam", "UpdateAccessKey", 1)
        .global()
        .by(Who::Person)
        .asks(r#"{"userName":"${user}","accessKeyId":"${key_id}","status":"Inactive"}"#),
];

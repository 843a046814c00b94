//! Machines, functions, containers.

use super::DENIED;
use crate::shape::{Shape, Who, data_read, data_write, fails, read, write};

const NOT_AUTHORIZED: &str =
    "You are not authorized to perform this operation. User: ${arn} is not authorized to perform: ${action}";
const FUNCTION: &str = r#"[{"accountId":"${account}","type":"AWS::Lambda::Function","ARN":"arn:aws:lambda:${region}:${account}:function:${function}"}]"#;

/// The rows of this table.
pub(super) const SHAPES: &[Shape] = &[
    read("ec2", "DescribeInstances", 60)
        .asks(r#"{"maxResults":100,"instancesSet":{},"filterSet":{"items":[{"name":"instance-state-name","valueSet":{"items":[{"value":"running"}]}}]}}"#)
        .failing(&[
            fails(12, "Client.UnauthorizedOperation", NOT_AUTHORIZED),
            fails(8, "Client.RequestLimitExceeded", "Request limit exceeded."),
        ]),
    read("ec2", "DescribeInstances", 12)
        .asks(r#"{"instancesSet":{"items":[{"instanceId":"${instance}"}]},"filterSet":{}}"#)
        .failing(&[fails(80, "Client.InvalidInstanceID.NotFound", "The instance ID '${instance}' does not exist")]),
    read("ec2", "DescribeSecurityGroups", 22)
        .asks(r#"{"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"${group}"}]},"filterSet":{}}"#)
        .failing(&[fails(30, "Client.InvalidGroup.NotFound", "The security group '${group}' does not exist")]),
    read("ec2", "DescribeVolumes", 14).asks(r#"{"volumeSet":{},"filterSet":{},"maxResults":500}"#),
    read("ec2", "DescribeNetworkInterfaces", 26)
        .by(Who::Workload)
        .asks(r#"{"networkInterfaceIdSet":{},"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"${vpc}"}]}},{"name":"subnet-id","valueSet":{"items":[{"value":"${subnet}"}]}}]}}"#)
        .failing(&[fails(10, "Client.RequestLimitExceeded", "Request limit exceeded.")]),
    read("ec2", "GetPasswordData", 1)
        .by(Who::Person)
        .asks(r#"{"instanceId":"${instance}"}"#)
        .failing(&[fails(350, "Client.UnauthorizedOperation", NOT_AUTHORIZED)]),
    write("ec2", "RunInstances", 6)
        .by(Who::Service("autoscaling.amazonaws.com"))
        .asks(r#"{"instancesSet":{"items":[{"minCount":1,"maxCount":1}]},"instanceType":"m7g.large","blockDeviceMapping":{},"monitoring":{"enabled":true},"subnetId":"${subnet}","disableApiTermination":false,"launchTemplate":{"launchTemplateId":"lt-${hex17}","version":"7"},"userData":"\u003csensitiveDataRemoved\u003e"}"#)
        .answers(r#"{"requestId":"${uuid}","reservationId":"r-${hex17}","ownerId":"${account}","groupSet":{},"instancesSet":{"items":[{"instanceId":"i-${hex17}","imageId":"${image}","instanceState":{"code":0,"name":"pending"},"instanceType":"m7g.large","launchTime":1767571200000,"placement":{"availabilityZone":"${region}a","tenancy":"default"},"monitoring":{"state":"pending"},"subnetId":"${subnet}","vpcId":"${vpc}","ebsOptimized":false,"cpuOptions":{"coreCount":2,"threadsPerCore":1}}]}}"#)
        .failing(&[fails(30, "Server.InsufficientInstanceCapacity", "There is no Spot capacity available that matches your request.")]),
    write("ec2", "TerminateInstances", 5)
        .asks(r#"{"instancesSet":{"items":[{"instanceId":"${instance}"}]}}"#)
        .answers(r#"{"requestId":"${uuid}","instancesSet":{"items":[{"instanceId":"${instance}","currentState":{"code":32,"name":"shutting-down"},"previousState":{"code":16,"name":"running"}}]}}"#)
        .failing(&[fails(60, "Client.OperationNotPermitted", "The instance '${instance}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.")]),
    write("ec2", "AuthorizeSecurityGroupIngress", 2)
        .by(Who::Person)
        .asks(r#"{"groupId":"${group}","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"groups":{},"ipRanges":{"items":[{"cidrIp":"198.51.100.0/24","description":"office"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}"#)
        .answers(r#"{"requestId":"${uuid}","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"${account}","groupId":"${group}","securityGroupRuleId":"sgr-${hex17}","isEgress":false,"ipProtocol":"tcp","fromPort":443,"toPort":443,"cidrIpv4":"198.51.100.0/24"}]}}"#)
        .failing(&[
            fails(60, "Client.InvalidPermission.Duplicate", "the specified rule \\\"peer: 198.51.100.0/24, TCP, from port: 443, to port: 443, ALLOW\\\" already exists"),
            fails(40, "Client.UnauthorizedOperation", NOT_AUTHORIZED),
        ]),
    write("ec2", "CreateTags", 8)
        .by(Who::Workload)
        .asks(r#"{"resourcesSet":{"items":[{"resourceId":"${instance}"}]},"tagSet":{"items":[{"key":"Name","value":"worker"},{"key":"cost-center","value":"${small}"}]}}"#)
        .answers(r#"{"requestId":"${uuid}","_return":true}"#),
    write("ec2", "ModifySnapshotAttribute", 1)
        .by(Who::Person)
        .asks(r#"{"snapshotId":"snap-${hex17}","createVolumePermission":{"add":{"items":[{"userId":"${other}"}]}},"attributeType":"CREATE_VOLUME_PERMISSION"}"#)
        .answers(r#"{"requestId":"${uuid}","_return":true}"#)
        .failing(&[fails(200, "Client.UnauthorizedOperation", NOT_AUTHORIZED)]),
    data_write("lambda", "Invoke", 80)
        .by(Who::Workload)
        .asks(r#"{"functionName":"arn:aws:lambda:${region}:${account}:function:${function}","invocationType":"Event","clientContext":null}"#)
        .adds(r#"{"functionVersion":"arn:aws:lambda:${region}:${account}:function:${function}:$LATEST"}"#)
        .on(FUNCTION)
        .failing(&[fails(9, "TooManyRequestsException", "Rate Exceeded.")]),
    read("lambda", "GetFunction20150331v2", 12)
        .asks(r#"{"functionName":"${function}"}"#)
        .failing(&[fails(30, "ResourceNotFoundException", "Function not found: arn:aws:lambda:${region}:${account}:function:${function}")]),
    write("lambda", "UpdateFunctionCode20150331v2", 2)
        .by(Who::Workload)
        .asks(r#"{"functionName":"${function}","publish":true,"dryRun":false,"s3Bucket":"${bucket}","s3Key":"${key}"}"#)
        .answers(r#"{"functionName":"${function}","functionArn":"arn:aws:lambda:${region}:${account}:function:${function}","runtime":"python3.13","handler":"app.handler","codeSize":${bytes},"timeout":30,"memorySize":512,"version":"${small}","environment":{},"tracingConfig":{"mode":"Active"},"revisionId":"${uuid}","architectures":["arm64"]}"#),
    read("ecs", "DescribeTasks", 20)
        .by(Who::Workload)
        .asks(r#"{"cluster":"${cluster}","tasks":["arn:aws:ecs:${region}:${account}:task/${cluster}/${hex17}${hex8}"],"include":["TAGS"]}"#)
        .failing(&[fails(10, "ThrottlingException", "Rate exceeded")]),
    write("ecs", "UpdateService", 3)
        .by(Who::Workload)
        .asks(r#"{"cluster":"${cluster}","service":"${service}","desiredCount":${small},"forceNewDeployment":true}"#)
        .answers(r#"{"service":{"serviceArn":"arn:aws:ecs:${region}:${account}:service/${cluster}/${service}","serviceName":"${service}","status":"ACTIVE","desiredCount":${small},"runningCount":2,"pendingCount":0,"launchType":"FARGATE","deployments":[{"id":"ecs-svc/${hex8}","status":"PRIMARY","rolloutState":"IN_PROGRESS"}],"enableExecuteCommand":false}}"#),
    write("ecs", "ExecuteCommand", 1)
        .by(Who::Person)
        .asks(r#"{"cluster":"${cluster}","task":"${hex17}${hex8}","container":"app","command":"/bin/sh","interactive":true}"#)
        .answers(r#"{"clusterArn":"arn:aws:ecs:${region}:${account}:cluster/${cluster}","containerName":"app","interactive":true,"session":{"sessionId":"ecs-execute-command-${hex17}","streamUrl":"HIDDEN_DUE_TO_SECURITY_REASONS","tokenValue":"HIDDEN_DUE_TO_SECURITY_REASONS"}}"#)
        .failing(&[fails(200, "AccessDeniedException", DENIED)]),
    read("eks", "DescribeCluster", 16)
        .asks(r#"{"name":"${cluster}"}"#)
        .failing(&[fails(20, "ResourceNotFoundException", "No cluster found for name: ${cluster}.")]),
    data_read("eks-auth", "AssumeRoleForPodIdentity", 5)
        .by(Who::Workload)
        .asks(r#"{"clusterName":"${cluster}","token":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#)
        .answers(r#"{"subject":{"namespace":"default","serviceAccount":"${service}"},"audience":"pods.eks.amazonaws.com","podIdentityAssociation":{"associationArn":"arn:aws:eks:${region}:${account}:podidentityassociation/${cluster}/a-${hex17}"}}"#),
];

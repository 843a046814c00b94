//! What keeps a company running: trails, logs, metrics, messages, parameters.

use super::DENIED;
use crate::shape::{Shape, Who, data_write, fails, read, write};

/// The rows of this table.
pub(super) const SHAPES: &[Shape] = &[
    read("cloudtrail", "LookupEvents", 8)
        .asks(r#"{"maxResults":50,"lookupAttributes":[{"attributeKey":"Username","attributeValue":"${user}"}]}"#)
        .failing(&[fails(60, "ThrottlingException", "Rate exceeded")]),
    read("cloudtrail", "DescribeTrails", 12)
        .asks(r#"{"trailNameList":[],"includeShadowTrails":true}"#)
        .failing(&[fails(15, "AccessDenied", DENIED)]),
    read("cloudtrail", "GetTrailStatus", 10)
        .asks(r#"{"name":"arn:aws:cloudtrail:${region}:${account}:trail/${trail}"}"#),
    write("cloudtrail", "PutEventSelectors", 1)
        .by(Who::Person)
        .asks(r#"{"trailName":"${trail}","advancedEventSelectors":[{"name":"management","fieldSelectors":[{"field":"eventCategory","equals":["Management"]}]}]}"#)
        .answers(r#"{"trailARN":"arn:aws:cloudtrail:${region}:${account}:trail/${trail}","advancedEventSelectors":[{"name":"management","fieldSelectors":[{"field":"eventCategory","equals":["Management"]}]}]}"#),
    write("logs", "CreateLogStream", 50)
        .by(Who::Workload)
        .asks(r#"{"logGroupName":"${log}","logStreamName":"2026/01/05/[$LATEST]${hex17}${hex8}"}"#)
        .version("20140328")
        .failing(&[fails(40, "ResourceAlreadyExistsException", "The specified log stream already exists")]),
    write("logs", "CreateLogGroup", 8)
        .by(Who::Workload)
        .asks(r#"{"logGroupName":"${log}"}"#)
        .version("20140328")
        .failing(&[fails(500, "ResourceAlreadyExistsException", "The specified log group already exists")]),
    read("logs", "DescribeLogGroups", 14).asks(r#"{"logGroupNamePrefix":"${log}","limit":50}"#).version("20140328"),
    write("logs", "PutRetentionPolicy", 1)
        .by(Who::Person)
        .asks(r#"{"logGroupName":"${log}","retentionInDays":90}"#)
        .version("20140328"),
    read("monitoring", "DescribeAlarms", 18).asks(r#"{"maxRecords":100,"alarmTypes":["MetricAlarm","CompositeAlarm"]}"#),
    write("monitoring", "PutMetricAlarm", 2)
        .by(Who::Workload)
        .asks(r#"{"alarmName":"${service}-errors","namespace":"AWS/Lambda","metricName":"Errors","statistic":"Sum","period":60,"evaluationPeriods":3,"threshold":1.5,"comparisonOperator":"GreaterThanThreshold","dimensions":[{"name":"FunctionName","value":"${function}"}],"treatMissingData":"notBreaching"}"#),
    data_write("sns", "Publish", 20)
        .by(Who::Workload)
        .asks(r#"{"topicArn":"arn:aws:sns:${region}:${account}:${topic}","message":"HIDDEN_DUE_TO_SECURITY_REASONS","subject":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#)
        .answers(r#"{"messageId":"${uuid}"}"#)
        .on(r#"[{"accountId":"${account}","type":"AWS::SNS::Topic","ARN":"arn:aws:sns:${region}:${account}:${topic}"}]"#),
    write("sns", "Subscribe", 1)
        .by(Who::Person)
        .asks(r#"{"topicArn":"arn:aws:sns:${region}:${account}:${topic}","protocol":"https","endpoint":"HIDDEN_DUE_TO_SECURITY_REASONS","returnSubscriptionArn":true}"#)
        .answers(r#"{"subscriptionArn":"pending confirmation"}"#),
    data_write("sqs", "SendMessage", 25)
        .by(Who::Workload)
        .asks(r#"{"queueUrl":"https://sqs.${region}.amazonaws.com/${account}/${queue}","messageBody":"HIDDEN_DUE_TO_SECURITY_REASONS","delaySeconds":0}"#)
        .answers(r#"{"messageId":"${uuid}","mD5OfMessageBody":"${hex17}"}"#)
        .on(r#"[{"accountId":"${account}","type":"AWS::SQS::Queue","ARN":"arn:aws:sqs:${region}:${account}:${queue}"}]"#),
    read("sqs", "GetQueueAttributes", 9)
        .by(Who::Workload)
        .asks(r#"{"queueUrl":"https://sqs.${region}.amazonaws.com/${account}/${queue}","attributeNames":["ApproximateNumberOfMessages"]}"#)
        .failing(&[fails(30, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")]),
    read("ssm", "GetParameter", 26)
        .by(Who::Workload)
        .asks(r#"{"name":"/${service}/config","withDecryption":true}"#)
        .on(r#"[{"accountId":"${account}","ARN":"arn:aws:ssm:${region}:${account}:parameter/${service}/config"}]"#)
        .failing(&[fails(30, "ParameterNotFound", "")]),
    write("ssm", "UpdateInstanceInformation", 24)
        .by(Who::Workload)
        .asks(r#"{"instanceId":"${instance}","agentVersion":"3.3.1611.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux","platformVersion":"2023","iPAddress":"${ip}","computerName":"${instance}.internal","agentName":"amazon-ssm-agent"}"#),
    write("ssm", "StartSession", 2)
        .by(Who::Person)
        .asks(r#"{"target":"${instance}","documentName":"SSM-SessionManagerRunShell"}"#)
        .answers(r#"{"sessionId":"${session}-${hex17}","tokenValue":"Value hidden due to security reasons.","streamUrl":"wss://ssmmessages.${region}.amazonaws.com/v1/data-channel/${session}-${hex17}?role\u003dpublish_subscribe"}"#)
        .failing(&[fails(100, "TargetNotConnected", "${instance} is not connected.")]),
    write("config", "PutEvaluations", 10)
        .by(Who::Service("config.amazonaws.com"))
        .asks(r#"{"evaluations":[{"complianceResourceType":"AWS::S3::Bucket","complianceResourceId":"${bucket}","complianceType":"COMPLIANT","orderingTimestamp":"${now}"}],"testMode":false}"#)
        .answers(r#"{"failedEvaluations":[]}"#),
];

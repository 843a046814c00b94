//! Object stores, tables, databases and the keys that protect them.

use super::DENIED;
use crate::shape::{Shape, Who, data_read, data_write, fails, read, write};

const OBJECT: &str = r#"[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::${bucket}/${key}"},{"accountId":"${account}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::${bucket}"}]"#;
const BUCKET: &str =
    r#"[{"accountId":"${account}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::${bucket}"}]"#;
const LISTING: &str = r#"[{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::${bucket}/"},{"accountId":"${account}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::${bucket}"}]"#;
const TABLE: &str = r#"[{"accountId":"${account}","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:${region}:${account}:table/${table}"}]"#;
const KEY: &str = r#"[{"accountId":"${account}","type":"AWS::KMS::Key","ARN":"arn:aws:kms:${region}:${account}:key/${kms}"}]"#;
const OBJECT_EXTRA: &str = r#"{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"SSEApplied":"Default_SSE_S3","AuthenticationMethod":"AuthHeader","x-amz-id-2":"${hex17}${hex17}/${hex8}","bytesTransferredOut":${bytes}}"#;
const UPLOAD_EXTRA: &str = r#"{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":${bytes}.0,"SSEApplied":"SSE_KMS","AuthenticationMethod":"AuthHeader","x-amz-id-2":"${hex17}${hex17}/${hex8}","bytesTransferredOut":0.0}"#;
const BUCKET_EXTRA: &str = r#"{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"${hex17}${hex17}","bytesTransferredOut":${small}}"#;

/// The rows of this table.
pub(super) const SHAPES: &[Shape] = &[
    data_read("s3", "GetObject", 210)
        .by(Who::Workload)
        .asks(r#"{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","key":"${key}"}"#)
        .adds(OBJECT_EXTRA)
        .on(OBJECT)
        .failing(&[
            fails(12, "AccessDenied", "Access Denied"),
            fails(10, "NoSuchKey", "The specified key does not exist."),
        ]),
    data_write("s3", "PutObject", 90)
        .by(Who::Workload)
        .asks(r#"{"x-amz-server-side-encryption":"aws:kms","bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","key":"${key}"}"#)
        .answers(r#"{"x-amz-server-side-encryption":"aws:kms","x-amz-version-id":"${hex17}"}"#)
        .adds(UPLOAD_EXTRA)
        .on(OBJECT)
        .failing(&[fails(4, "AccessDenied", "Access Denied"), fails(2, "SlowDown", "Please reduce your request rate.")]),
    data_write("s3", "PutObject", 14)
        .by(Who::Service("delivery.logs.amazonaws.com"))
        .asks(r#"{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","x-amz-acl":"bucket-owner-full-control","key":"AWSLogs/${account}/vpcflowlogs/${region}/${account}_vpcflowlogs_${region}_fl-${hex17}_${hex8}.log.gz"}"#)
        .adds(UPLOAD_EXTRA)
        .on(OBJECT)
        .shared(),
    data_write("s3", "DeleteObject", 10)
        .by(Who::Workload)
        .asks(r#"{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","key":"${key}"}"#)
        .adds(OBJECT_EXTRA)
        .on(OBJECT)
        .failing(&[fails(20, "AccessDenied", "Access Denied")]),
    data_read("s3", "HeadObject", 45)
        .by(Who::Workload)
        .asks(r#"{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","key":"${key}"}"#)
        .adds(OBJECT_EXTRA)
        .on(OBJECT)
        .failing(&[fails(60, "NoSuchKey", "The specified key does not exist.")]),
    data_read("s3", "ListObjects", 25)
        .asks(r#"{"list-type":"2","bucketName":"${bucket}","encoding-type":"url","max-keys":"1000","Host":"${bucket}.s3.${region}.amazonaws.com","prefix":"exports/"}"#)
        .adds(OBJECT_EXTRA)
        .on(LISTING)
        .failing(&[fails(8, "AccessDenied", "Access Denied")]),
    read("s3", "ListBuckets", 6)
        .by(Who::Person)
        .asks(r#"{"Host":"s3.${region}.amazonaws.com"}"#)
        .adds(BUCKET_EXTRA)
        .failing(&[fails(60, "AccessDenied", "Access Denied")]),
    read("s3", "GetBucketAcl", 40)
        .by(Who::Service("cloudtrail.amazonaws.com"))
        .asks(r#"{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","acl":""}"#)
        .adds(BUCKET_EXTRA)
        .on(BUCKET)
        .shared(),
    read("s3", "GetBucketPolicy", 5)
        .by(Who::Console)
        .asks(r#"{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","policy":""}"#)
        .adds(BUCKET_EXTRA)
        .on(BUCKET)
        .failing(&[fails(150, "NoSuchBucketPolicy", "The bucket policy does not exist")]),
    write("s3", "PutBucketPolicy", 1)
        .by(Who::Person)
        .asks(r#"{"bucketPolicy":{"Version":"2012-10-17","Statement":[{"Sid":"ReadFromVpc","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::${account}:role/${role}"]},"Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::${bucket}","arn:aws:s3:::${bucket}/*"],"Condition":{"StringEquals":{"aws:SourceVpc":"${vpc}"}}}]},"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","policy":""}"#)
        .adds(BUCKET_EXTRA)
        .on(BUCKET)
        .failing(&[fails(80, "AccessDenied", "Access Denied")]),
    write("s3", "PutBucketPublicAccessBlock", 1)
        .by(Who::Person)
        .asks(r#"{"publicAccessBlock":"","bucketName":"${bucket}","PublicAccessBlockConfiguration":{"xmlns":"http://s3.amazonaws.com/doc/2006-03-01/","RestrictPublicBuckets":true,"BlockPublicPolicy":true,"BlockPublicAcls":true,"IgnorePublicAcls":true},"Host":"${bucket}.s3.${region}.amazonaws.com"}"#)
        .adds(BUCKET_EXTRA)
        .on(BUCKET),
    data_read("dynamodb", "GetItem", 60)
        .by(Who::Workload)
        .asks(r#"{"tableName":"${table}","key":{"pk":"HIDDEN_DUE_TO_SECURITY_REASONS"},"consistentRead":false}"#)
        .on(TABLE)
        .version("2012-08-10")
        .failing(&[fails(6, "ThrottlingException", "Rate of requests exceeds the allowed throughput.")]),
    data_write("dynamodb", "PutItem", 30)
        .by(Who::Workload)
        .asks(r#"{"tableName":"${table}","items":["pk","sk","body"],"key":{"pk":"HIDDEN_DUE_TO_SECURITY_REASONS"}}"#)
        .on(TABLE)
        .version("2012-08-10")
        .failing(&[fails(15, "ConditionalCheckFailedException", "The conditional request failed")]),
    read("dynamodb", "DescribeTable", 14)
        .asks(r#"{"tableName":"${table}"}"#)
        .on(TABLE)
        .version("2012-08-10")
        .failing(&[fails(40, "ResourceNotFoundException", "Requested resource not found: Table: ${table} not found")]),
    read("rds", "DescribeDBInstances", 15)
        .asks(r#"{"dBInstanceIdentifier":"${database}","maxRecords":100}"#)
        .failing(&[fails(20, "DBInstanceNotFound", "DBInstance ${database} not found.")]),
    write("rds", "ModifyDBInstance", 1)
        .by(Who::Person)
        .asks(r#"{"dBInstanceIdentifier":"${database}","masterUserPassword":"****","applyImmediately":true,"allowMajorVersionUpgrade":false}"#)
        .answers(r#"{"dBInstanceIdentifier":"${database}","dBInstanceStatus":"available","engine":"postgres","allocatedStorage":200,"storageEncrypted":true,"vpcSecurityGroups":[{"status":"active","vpcSecurityGroupId":"${group}"}],"pendingModifiedValues":{"masterUserPassword":"****"}}"#),
    write("rds", "CreateDBSnapshot", 2)
        .by(Who::Workload)
        .asks(r#"{"dBSnapshotIdentifier":"${database}-nightly","dBInstanceIdentifier":"${database}"}"#)
        .answers(r#"{"dBSnapshotIdentifier":"${database}-nightly","dBInstanceIdentifier":"${database}","status":"creating","percentProgress":0,"storageType":"gp3","encrypted":true}"#),
    read("kms", "Decrypt", 120)
        .by(Who::Workload)
        .asks(r#"{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::${bucket}"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}"#)
        .on(KEY)
        .failing(&[fails(7, "AccessDenied", "User: ${arn} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access")]),
    read("kms", "Decrypt", 40)
        .by(Who::Service("secretsmanager.amazonaws.com"))
        .asks(r#"{"encryptionContext":{"SecretARN":"arn:aws:secretsmanager:${region}:${account}:secret:${secret}","SecretVersionId":"${uuid}"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}"#)
        .on(KEY)
        .shared(),
    read("kms", "GenerateDataKey", 70)
        .by(Who::Service("s3.amazonaws.com"))
        .asks(r#"{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::${bucket}"},"keySpec":"AES_256","keyId":"arn:aws:kms:${region}:${account}:key/${kms}"}"#)
        .on(KEY)
        .shared(),
    write("kms", "DisableKey", 1)
        .by(Who::Person)
        .asks(r#"{"keyId":"${kms}"}"#)
        .answers(r#"{"keyId":"arn:aws:kms:${region}:${account}:key/${kms}"}"#)
        .on(KEY)
        .failing(&[fails(300, "AccessDenied", DENIED)]),
    read("secretsmanager", "GetSecretValue", 30)
        .by(Who::Workload)
        .asks(r#"{"secretId":"${secret}","versionStage":"AWSCURRENT"}"#)
        .failing(&[
            fails(20, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
            fails(10, "AccessDenied", DENIED),
        ]),
    write("secretsmanager", "RotateSecret", 1)
        .by(Who::Service("secretsmanager.amazonaws.com"))
        .typed("AwsServiceEvent")
        .details(r#"{"SecretId":"arn:aws:secretsmanager:${region}:${account}:secret:${secret}","ClientRequestToken":"${uuid}","rotationSucceeded":true}"#),
];

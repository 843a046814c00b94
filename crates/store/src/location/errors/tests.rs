//! What servers and file systems say, and what we make of it.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

/// An error of the S3 client, with its text as object_store prints it.
fn s3_error(status: &str, request: &str, body: &str) -> StoreError {
    let text =
        format!("Error performing {request} in 12ms - Server returned non-2xx status code: {status}: {body}");
    let source: Box<dyn StdError + Send + Sync> = text.into();
    let path = "AWSLogs/x.json.gz".to_owned();
    match status {
        "403 Forbidden" => StoreError::PermissionDenied { path, source },
        "404 Not Found" => StoreError::NotFound { path, source },
        _ => StoreError::Generic { store: "S3", source },
    }
}

fn document(code: &str, message: &str, more: &str) -> String {
    format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>")
}

const GET: &str = "GET https://bucket.s3.eu-west-1.amazonaws.com/AWSLogs/x.json.gz";
const LIST: &str = "GET https://bucket.s3.eu-west-1.amazonaws.com/?list-type=2&prefix=AWSLogs";

#[test]
fn access_denied_names_the_missing_action() {
    for (request, message, action) in [
        (GET, "Access Denied", "`s3:GetObject`"),
        (LIST, "Access Denied", "`s3:ListBucket`"),
        ("PUT https://h/k", "Access Denied", "`s3:PutObject`"),
        ("DELETE https://h/k", "Access Denied", "`s3:DeleteObject`"),
        (
            GET,
            "User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt on resource: arn",
            "`kms:Decrypt`",
        ),
    ] {
        let error = s3_error("403 Forbidden", request, &document("AccessDenied", message, ""));
        let ours = from_object_store("read object", error);
        assert_eq!(ours.kind(), ErrorKind::PermissionDenied);
        assert!(ours.hint().unwrap().starts_with(&format!("Allow {action}")), "{ours:?}");
        let report = ours.report();
        assert_eq!(
            report,
            format!("read object (path: {}): AccessDenied: {message}", "AWSLogs/x.json.gz"),
            "one line, without XML"
        );
    }
}

#[test]
fn an_archived_object_tells_how_to_restore_it() {
    let body = document(
        "InvalidObjectState",
        "The operation is not valid for the object's storage class",
        "<StorageClass>GLACIER</StorageClass>",
    );
    let ours = from_object_store("read object", s3_error("403 Forbidden", GET, &body));
    assert_eq!(ours.kind(), ErrorKind::Unavailable);
    assert!(!ours.is_retryable());
    assert_eq!(ours.detail(), Some("the object is archived in GLACIER"));
    assert!(ours.hint().unwrap().contains("restore-object"));
}

#[test]
fn a_wrong_region_names_the_right_one() {
    for body in [
        document(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
            "<Region>eu-west-1</Region>",
        ),
        document(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
            "",
        ),
        document(
            "PermanentRedirect",
            "Address it there",
            "<Endpoint>b.s3.eu-west-1.amazonaws.com</Endpoint>",
        ),
        document(
            "PermanentRedirect",
            "Address it there",
            "<Endpoint>b.s3-eu-west-1.amazonaws.com</Endpoint>",
        ),
    ] {
        let ours = from_object_store("list objects", s3_error("400 Bad Request", LIST, &body));
        assert_eq!(ours.kind(), ErrorKind::Invalid);
        let hint = ours.hint().unwrap();
        assert_eq!(hint, "The bucket is in region `eu-west-1`: give it with --s3-region.", "{body}");
    }
    let bare = "Received redirect without LOCATION, this normally indicates an incorrectly configured region";
    let ours = from_object_store("list objects", StoreError::Generic { store: "S3", source: bare.into() });
    assert!(ours.hint().unwrap().contains("--s3-region"));
}

#[test]
fn stale_and_wrong_credentials_are_told_apart() {
    let expired = document("ExpiredToken", "The provided token has expired.", "");
    let ours = from_object_store("read object", s3_error("400 Bad Request", GET, &expired));
    assert!(ours.hint().unwrap().contains("aws sso login"));
    let unknown = document("InvalidAccessKeyId", "The AWS Access Key Id does not exist.", "");
    let ours = from_object_store("read object", s3_error("403 Forbidden", GET, &unknown));
    assert!(ours.hint().unwrap().contains("get-caller-identity"));
}

#[test]
fn a_missing_bucket_is_told_from_a_missing_object() {
    let no_bucket =
        s3_error("404 Not Found", GET, &document("NoSuchBucket", "The bucket does not exist", ""));
    assert!(is_missing_bucket(&no_bucket));
    assert_eq!(from_object_store("read object", no_bucket).hint(), Some("Check the name of the bucket."));
    let no_key = s3_error("404 Not Found", GET, &document("NoSuchKey", "The key does not exist", ""));
    assert!(!is_missing_bucket(&no_key));
    assert_eq!(from_object_store("read object", no_key).kind(), ErrorKind::NotFound);
}

#[test]
fn outages_are_retryable() {
    for source in [
        "Error performing GET http://h in 60s, after 8 retries - Server returned non-2xx status code: 503 Service Unavailable: ",
        "Error performing GET http://h in 30s - HTTP error: operation timed out",
        "HTTP error: error sending request",
    ] {
        let ours =
            from_object_store("read object", StoreError::Generic { store: "S3", source: source.into() });
        assert!(ours.is_retryable(), "{source}");
    }
}

#[test]
fn full_disks_forbidden_files_and_dead_servers_are_told_apart() {
    for (cause, kind) in [
        (io::ErrorKind::StorageFull, ErrorKind::ResourcesExhausted),
        (io::ErrorKind::QuotaExceeded, ErrorKind::ResourcesExhausted),
        (io::ErrorKind::PermissionDenied, ErrorKind::PermissionDenied),
        (io::ErrorKind::ReadOnlyFilesystem, ErrorKind::PermissionDenied),
        (io::ErrorKind::ConnectionRefused, ErrorKind::Unavailable),
        (io::ErrorKind::Other, ErrorKind::Internal),
    ] {
        let source = Box::new(io::Error::from(cause));
        let ours =
            from_object_store("write object", StoreError::Generic { store: "LocalFileSystem", source });
        assert_eq!(ours.kind(), kind);
    }
}

#[test]
fn our_own_errors_come_back_as_they_were() {
    let ours = Error::permission_denied("find AWS credentials").with_hint("Sign in.");
    let wrapped = StoreError::Generic { store: "S3", source: Box::new(ours) };
    let back = from_object_store("read object", wrapped);
    assert_eq!((back.message(), back.hint()), ("find AWS credentials", Some("Sign in.")));
}

//! Object store errors in our words: one line that names the object, the reason and the fix.
//!
//! | what the store says | kind | hint |
//! |---|---|---|
//! | 404, no such file | `NotFound` | |
//! | put-if-absent lost | `AlreadyExists` | |
//! | 403 AccessDenied | `PermissionDenied` | the IAM action that is missing |
//! | 403 InvalidObjectState | `Unavailable`, not retryable | how to restore the archived object |
//! | 301, AuthorizationHeaderMalformed | `Invalid` | the region to give |
//! | wrong, expired or missing credentials | `PermissionDenied` | how to renew them |
//! | disk or quota full | `ResourcesExhausted` | free space |
//! | timeouts, 5xx, no connection | `Unavailable` | |
//!
//! object_store keeps the server's answer only as text inside private error types, so the answer is
//! found by its XML tags.

use std::error::Error as StdError;
use std::io;

use auditlake_model::{Error, ErrorKind};
use object_store::Error as StoreError;

/// Returns `error` as ours. `attempt` says what was tried, in the present tense ("read object").
pub fn from_object_store(attempt: &'static str, error: StoreError) -> Error {
    let (path, error) = match take_our_error(error) {
        Ok(ours) => return ours,
        Err(error) => (path_of(&error).map(str::to_owned), error),
    };
    let at = |ours: Error| match &path {
        Some(path) if !path.is_empty() => ours.with_context("path", path),
        _ => ours,
    };
    let text = chain_text(&error);
    if let Some(answer) = ServerAnswer::find(&text)
        && let Some(ours) = from_server_answer(attempt, &answer, &text)
    {
        return at(ours);
    }
    if let Some(cause) = io_cause(&error) {
        return at(from_io(attempt, io::Error::new(cause.kind(), cause.to_string())));
    }
    let ours = match &error {
        StoreError::NotFound { .. } => Error::not_found(attempt).with_detail("there is no such object"),
        StoreError::AlreadyExists { .. } => Error::already_exists(attempt),
        StoreError::Precondition { .. } | StoreError::NotModified { .. } => Error::conflict(attempt),
        StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => denied(attempt, &text),
        StoreError::InvalidPath { .. } => Error::invalid(attempt),
        StoreError::NotSupported { .. } | StoreError::NotImplemented { .. } => Error::unsupported(attempt),
        _ if text.contains("Received redirect without LOCATION") => wrong_region(attempt, None),
        _ if is_transient(&text) => Error::unavailable(attempt),
        _ => Error::internal(attempt),
    };
    at(ours).with_source(error)
}

/// Tells whether a 404 means that there is no such bucket.
pub(crate) fn is_missing_bucket(error: &StoreError) -> bool {
    matches!(error, StoreError::NotFound { .. })
        && ServerAnswer::find(&chain_text(error)).is_some_and(|answer| answer.code == "NoSuchBucket")
}

/// Returns an I/O error as ours.
pub(crate) fn from_io(attempt: &'static str, error: io::Error) -> Error {
    use io::ErrorKind as Io;
    let ours = match error.kind() {
        Io::NotFound => Error::not_found(attempt),
        Io::AlreadyExists => Error::already_exists(attempt),
        Io::PermissionDenied | Io::ReadOnlyFilesystem => {
            Error::permission_denied(attempt).with_hint("Check who may read and write the path.")
        }
        Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => Error::resources_exhausted(attempt)
            .with_hint("Free space on the disk and run the command again; what was committed stays."),
        Io::ConnectionRefused | Io::HostUnreachable | Io::NetworkUnreachable | Io::NotConnected => {
            Error::unavailable(attempt).with_hint("Check the network, and --endpoint-url if it is given.")
        }
        Io::ConnectionReset
        | Io::ConnectionAborted
        | Io::BrokenPipe
        | Io::UnexpectedEof
        | Io::TimedOut
        | Io::Interrupted
        | Io::WouldBlock
        | Io::StaleNetworkFileHandle => Error::unavailable(attempt),
        Io::InvalidInput | Io::NotADirectory | Io::IsADirectory | Io::InvalidFilename => {
            Error::invalid(attempt)
        }
        Io::Unsupported => Error::unsupported(attempt),
        _ if is_transient(&error.to_string()) => Error::unavailable(attempt),
        _ => Error::internal(attempt),
    };
    ours.with_source(error)
}

/// Hands back an error that this workspace raised below object_store (the credential chain).
fn take_our_error(error: StoreError) -> Result<Error, StoreError> {
    match error {
        StoreError::Generic { store, source } => match source.downcast::<Error>() {
            Ok(ours) => Ok(*ours),
            Err(source) => Err(StoreError::Generic { store, source }),
        },
        other => Err(other),
    }
}

fn path_of(error: &StoreError) -> Option<&str> {
    match error {
        StoreError::NotFound { path, .. }
        | StoreError::AlreadyExists { path, .. }
        | StoreError::Precondition { path, .. }
        | StoreError::NotModified { path, .. }
        | StoreError::PermissionDenied { path, .. }
        | StoreError::Unauthenticated { path, .. } => Some(path),
        _ => None,
    }
}

/// The S3 error document inside an error text.
struct ServerAnswer<'a> {
    code: &'a str,
    message: &'a str,
    body: &'a str,
}

impl<'a> ServerAnswer<'a> {
    fn find(text: &'a str) -> Option<Self> {
        let body = &text[text.find("<Error>")?..];
        Some(Self { code: tag(body, "Code")?, message: tag(body, "Message").unwrap_or_default(), body })
    }
}

/// Returns the text of the first element `name` in `xml`.
fn tag<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

/// Returns the error for the codes that have a fix of their own.
fn from_server_answer(attempt: &'static str, answer: &ServerAnswer<'_>, text: &str) -> Option<Error> {
    let ours = match answer.code {
        "NoSuchBucket" => Error::not_found(attempt).with_hint("Check the name of the bucket."),
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => denied(attempt, text),
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" => Error::permission_denied(attempt)
            .with_hint("Check the AWS credentials: `aws sts get-caller-identity` must answer."),
        "ExpiredToken" | "TokenRefreshRequired" => Error::permission_denied(attempt).with_hint(
            "The AWS session has expired: sign in again (`aws sso login`) or renew the variables.",
        ),
        "RequestTimeTooSkewed" => Error::permission_denied(attempt)
            .with_hint("Set the clock of this machine; AWS refuses signatures that are 15 minutes off."),
        "InvalidObjectState" => archived(attempt, tag(answer.body, "StorageClass")),
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException" => wrong_region(attempt, region_in(answer)),
        "SlowDown" | "InternalError" | "ServiceUnavailable" | "RequestTimeout" | "OperationAborted" => {
            Error::unavailable(attempt)
        }
        "KMS.DisabledException" | "KMS.NotFoundException" | "KMS.KMSInvalidStateException" => {
            Error::permission_denied(attempt)
                .with_hint("Check the KMS key that the objects are encrypted with.")
        }
        _ => return None,
    };
    Some(ours.with_source(ServerSaid(format!("{}: {}", answer.code, answer.message))))
}

fn denied(attempt: &'static str, text: &str) -> Error {
    let action = match text.split_once("not authorized to perform: ") {
        Some((_, rest)) => rest.split([' ', ',', '<', '"']).next().unwrap_or_default(),
        None => action_of_request(text),
    };
    Error::permission_denied(attempt).with_hint(format!(
        "Allow `{action}` to these credentials, in the bucket's policy too (and `kms:Decrypt`, \
         `kms:GenerateDataKey` for SSE-KMS)."
    ))
}

/// Guesses the IAM action from the request that object_store names in its error text.
fn action_of_request(text: &str) -> &'static str {
    let request = text.split_once("Error performing ").map_or("", |(_, rest)| rest);
    let (method, rest) = request.split_once(' ').unwrap_or(("", ""));
    match method {
        "GET" if rest.split(' ').next().is_some_and(|url| url.contains("list-type=")) => "s3:ListBucket",
        "PUT" | "POST" => "s3:PutObject",
        "DELETE" => "s3:DeleteObject",
        _ if text.contains("list request") => "s3:ListBucket",
        _ => "s3:GetObject",
    }
}

fn archived(attempt: &'static str, class: Option<&str>) -> Error {
    let class = class.unwrap_or("an archive class");
    Error::new(ErrorKind::Unavailable, attempt)
        .with_retryable(false)
        .with_detail(format!("the object is archived in {class}"))
        .with_hint("Restore it (`aws s3api restore-object`, or an S3 Batch job for many) and import again.")
}

fn wrong_region(attempt: &'static str, region: Option<String>) -> Error {
    let hint = match region {
        Some(region) => format!("The bucket is in region `{region}`: give it with --s3-region."),
        None => "The bucket is in another region: give it with --s3-region \
                 (`aws s3api get-bucket-location` tells it)."
            .to_owned(),
    };
    Error::invalid(attempt).with_detail("the region is wrong").with_hint(hint)
}

/// Finds the right region in an answer about a wrong one.
fn region_in(answer: &ServerAnswer<'_>) -> Option<String> {
    if let Some(region) = tag(answer.body, "Region") {
        return Some(region.to_owned());
    }
    if let Some((_, rest)) = answer.message.split_once("expecting '") {
        return rest.split('\'').next().map(str::to_owned);
    }
    // `bucket.s3.eu-west-1.amazonaws.com` or `s3-eu-west-1.amazonaws.com`
    let host = tag(answer.body, "Endpoint")?.strip_suffix(".amazonaws.com")?;
    let (_, region) = host
        .rsplit_once(['.'])
        .filter(|(_, last)| !last.starts_with("s3"))
        .unwrap_or_else(|| host.rsplit_once("s3-").unwrap_or_default());
    (!region.is_empty()).then(|| region.to_owned())
}

fn is_transient(text: &str) -> bool {
    const SIGNS: [&str; 9] = [
        "timed out",
        "operation timeout",
        "error sending request",
        "connection",
        "dns error",
        "lookup address",
        "status code: 5",
        "status code: 429",
        "request or response body error",
    ];
    let text = text.to_ascii_lowercase();
    SIGNS.iter().any(|sign| text.contains(sign))
}

/// Returns the texts of an error and its sources, each once.
pub(super) fn chain_text(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let part = source.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        next = source.source();
    }
    text
}

/// Finds the I/O error that a local store wraps.
fn io_cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a io::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(cause) = error.downcast_ref::<io::Error>() {
            return Some(cause);
        }
        next = error.source();
    }
    None
}

/// What an S3 server answered, without the XML around it.
#[derive(Debug)]
struct ServerSaid(String);

impl std::fmt::Display for ServerSaid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for ServerSaid {}

#[cfg(test)]
mod tests;

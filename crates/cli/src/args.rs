//! Values of arguments, and the flags that every command takes.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use auditlake_access::UserName;
use auditlake_model::{
    CategoryClass, Error, EventSelectors, ImportId, ImportState, PromotedPath, Result, Retention,
    RetentionDays, Role, StoreName, StoreRef, TimeBound,
};
use auditlake_store::SourceLocation;
use clap::{ArgAction, Args};

use crate::config::{Key, Values};
use crate::output::{ColorChoice, Loudness};

/// Flags that every command takes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct GlobalArgs {
    /// Where the lake is: a folder or s3://bucket/prefix [env: AUDITLAKE_LAKE] [default: `auditlake` in your data folder]
    #[arg(long, global = true, value_name = "LOCATION", help_heading = "Lake")]
    pub(crate) lake: Option<String>,

    /// Reads settings from this file [env: AUDITLAKE_CONFIG] [default: auditlake/config.toml in your config folder]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Lake")]
    pub(crate) config: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) s3: S3Args,

    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// How S3 is reached. Credentials come from the usual AWS chain.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "S3")]
pub(crate) struct S3Args {
    /// An S3-compatible server instead of AWS [env: AUDITLAKE_ENDPOINT_URL]
    #[arg(long, global = true, value_name = "URL", alias = "endpoint", hide_short_help = true)]
    endpoint_url: Option<String>,

    /// Region of the buckets [env: AUDITLAKE_S3_REGION, then AWS_REGION and the profile] [default: S3 tells it]
    #[arg(long, global = true, value_name = "REGION", hide_short_help = true)]
    s3_region: Option<String>,

    /// Allows an endpoint without TLS [env: AUDITLAKE_ALLOW_HTTP]
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        require_equals = true, hide_short_help = true)]
    allow_http: Option<String>,

    /// Sends unsigned requests, for public buckets; an import does so to its sources only [env: AUDITLAKE_NO_SIGN_REQUEST]
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        require_equals = true, hide_short_help = true)]
    no_sign_request: Option<String>,

    /// Pays for requests to buckets that ask for it [env: AUDITLAKE_REQUEST_PAYER]
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        require_equals = true, hide_short_help = true)]
    request_payer: Option<String>,

    /// KMS key that S3 encrypts written objects with [env: AUDITLAKE_SSE_KMS_KEY_ID]
    #[arg(long, global = true, value_name = "KEY", hide_short_help = true)]
    sse_kms_key_id: Option<String>,

    /// Profile of ~/.aws/config [env: AUDITLAKE_PROFILE, then AWS_PROFILE]
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    profile: Option<String>,

    /// Flushes local files to the disk before they count as written [env: AUDITLAKE_SYNC_WRITES] [default: true]
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
        require_equals = true, hide = true)]
    sync_writes: Option<String>,
}

/// What is said on stderr.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Messages")]
pub(crate) struct TalkArgs {
    /// When text is coloured [env: AUDITLAKE_COLOR, NO_COLOR]
    #[arg(long, global = true, value_name = "WHEN", value_enum)]
    pub(crate) color: Option<ColorChoice>,

    /// Says more; repeat it for even more [env: AUDITLAKE_LOG takes a filter]
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Says nothing but errors, and shows no progress
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

impl GlobalArgs {
    /// Returns the settings that these flags make.
    pub(crate) fn values(&self) -> Values {
        let mut values = Values::default();
        values.set_given(Key::Lake, self.lake.as_ref());
        values.set_given(Key::EndpointUrl, self.s3.endpoint_url.as_ref());
        values.set_given(Key::S3Region, self.s3.s3_region.as_ref());
        values.set_given(Key::AllowHttp, self.s3.allow_http.as_ref());
        values.set_given(Key::NoSignRequest, self.s3.no_sign_request.as_ref());
        values.set_given(Key::RequestPayer, self.s3.request_payer.as_ref());
        values.set_given(Key::SseKmsKeyId, self.s3.sse_kms_key_id.as_ref());
        values.set_given(Key::Profile, self.s3.profile.as_ref());
        values.set_given(Key::SyncWrites, self.s3.sync_writes.as_ref());
        values
    }
}

impl TalkArgs {
    /// Returns how much is said.
    pub(crate) fn loudness(&self) -> Loudness {
        match (self.quiet, self.verbose) {
            (true, _) => Loudness::Quiet,
            (false, 0) => Loudness::Normal,
            (false, _) => Loudness::Verbose,
        }
    }
}

/// Where users and tokens are, for the commands that need them.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AuthArgs {
    /// Where users and tokens are: a folder or s3://bucket/prefix [env: AUDITLAKE_AUTH_ROOT] [default: `auth` in the lake]
    #[arg(long, global = true, value_name = "LOCATION", help_heading = "Lake")]
    auth_root: Option<String>,
}

impl AuthArgs {
    /// Adds the settings that these flags make.
    pub(crate) fn add_values(&self, values: &mut Values) {
        values.set_given(Key::AuthRoot, self.auth_root.as_ref());
    }
}

/// An error of ours as clap prints it, with its hint.
#[derive(Debug)]
pub(crate) struct ArgError(Error);

impl Display for ArgError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.report())?;
        match self.0.hint() {
            Some(hint) => write!(f, "\n\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ArgError {}

impl From<Error> for ArgError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// Parses the name of a new store.
pub(crate) fn store_name(text: &str) -> Result<StoreName, ArgError> {
    StoreName::parse(text).map_err(ArgError)
}

/// Parses a name, id or ARN of a store.
pub(crate) fn store_ref(text: &str) -> Result<StoreRef, ArgError> {
    StoreRef::parse(text).map_err(ArgError)
}

/// Parses the name of a user.
pub(crate) fn user_name(text: &str) -> Result<UserName, ArgError> {
    UserName::parse(text).map_err(ArgError)
}

/// Parses what a grant allows.
pub(crate) fn role(text: &str) -> Result<Role, ArgError> {
    text.parse().map_err(ArgError)
}

/// Parses the id of an import.
pub(crate) fn import_id(text: &str) -> Result<ImportId, ArgError> {
    ImportId::parse(text).map_err(ArgError)
}

/// Parses a class of event categories.
pub(crate) fn category(text: &str) -> Result<CategoryClass, ArgError> {
    CategoryClass::parse(text).map_err(ArgError)
}

/// Parses a retention period in days.
pub(crate) fn retention_days(text: &str) -> Result<Retention, ArgError> {
    let days = text.parse().map_err(|_| Error::invalid(format!("`{text}` is no whole number of days")));
    days.and_then(RetentionDays::try_new).map(Retention::Days).map_err(ArgError)
}

/// Parses a path to store as a plain column.
pub(crate) fn promoted_path(text: &str) -> Result<PromotedPath, ArgError> {
    PromotedPath::parse(text).map_err(ArgError)
}

/// Parses one end of a time range.
pub(crate) fn time_bound(text: &str) -> Result<TimeBound, ArgError> {
    text.parse().map_err(ArgError)
}

/// Parses the state of an import.
pub(crate) fn import_state(text: &str) -> Result<ImportState, ArgError> {
    ImportState::parse(text).map_err(ArgError)
}

/// Parses a place to import from.
pub(crate) fn source_location(text: &str) -> Result<SourceLocation, ArgError> {
    SourceLocation::parse(text).map_err(ArgError)
}

/// Parses an account id.
pub(crate) fn account_id(text: &str) -> Result<String, ArgError> {
    match text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err(ArgError(Error::invalid(format!("`{text}` is no account id of 12 digits")))),
    }
}

/// Reads advanced event selectors, inline or from `file://PATH`.
///
/// # Errors
/// `Invalid` (`InvalidEventSelectorsException`); `NotFound` and others for the file.
pub(crate) fn selectors(text: &str) -> Result<EventSelectors> {
    let Some(path) = text.strip_prefix("file://") else { return EventSelectors::parse_json(text) };
    let json = std::fs::read_to_string(path).map_err(|error| {
        let attempt = "read event selectors";
        let ours = match error.kind() {
            std::io::ErrorKind::NotFound => Error::not_found(attempt),
            std::io::ErrorKind::PermissionDenied => Error::permission_denied(attempt),
            _ => Error::unavailable(attempt),
        };
        ours.with_context("file", path).with_source(error).with_hint("Check the path behind `file://`.")
    })?;
    EventSelectors::parse_json(&json).map_err(|error| error.with_context("file", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_read_inline_and_from_a_file() {
        let json = r#"[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}]"#;
        let inline = selectors(json).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("selectors.json");
        std::fs::write(&path, json).unwrap();
        assert_eq!(selectors(&format!("file://{}", path.display())).unwrap(), inline);
        let error = selectors("file://no/such/file").unwrap_err();
        assert!(error.report().contains("(file: no/such/file)"), "{error:?}");
        assert!(selectors("{}").is_err());
    }

    #[test]
    fn a_wrong_value_tells_its_rule() {
        assert!(retention_days("3").unwrap_err().to_string().contains("between 7 and 3653"));
        assert!(retention_days("x").unwrap_err().to_string().contains("whole number"));
        assert!(store_name("ab").is_err());
    }
}

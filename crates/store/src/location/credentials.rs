//! AWS's own credential chain (variables, profiles, SSO, assume-role, web identity, container and
//! instance roles) as a provider for object_store.
//!
//! The chain answers slowly (it may call STS or the instance metadata), so an answer is kept until
//! shortly before it expires, and one caller at a time asks for the next.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auditlake_model::{Clock, Error, SystemClock, Timestamp};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use tokio::sync::Mutex;

use super::errors::chain_text;

/// How long before its expiry a credential is renewed.
const RENEW_BEFORE: Duration = Duration::from_mins(5);

/// Loads the AWS configuration that the environment and `profile` describe.
///
/// The HTTP client is built by name, so that no second TLS library is pulled in.
pub(super) async fn load_aws_config(profile: Option<&str>, region: Option<&str>) -> SdkConfig {
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http);
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = region {
        loader = loader.region(aws_config::Region::new(region.to_owned()));
    }
    Box::pin(loader.load()).await
}

/// Credentials of the AWS chain, kept until [`RENEW_BEFORE`] their expiry.
#[derive(Debug)]
pub(super) struct ChainCredentials {
    /// Profile that the user named, for error texts.
    profile: Option<String>,
    chain: SharedCredentialsProvider,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug, Clone)]
struct Kept {
    credential: Arc<AwsCredential>,
    expires_at: Option<Timestamp>,
}

impl ChainCredentials {
    /// Wraps the chain of `config`; `None` when the configuration has none.
    pub(super) fn new(config: &SdkConfig, profile: Option<&str>) -> Option<Self> {
        let chain = config.credentials_provider()?;
        Some(Self::with_clock(chain, profile, Arc::new(SystemClock)))
    }

    fn with_clock(chain: SharedCredentialsProvider, profile: Option<&str>, clock: Arc<dyn Clock>) -> Self {
        Self { profile: profile.map(str::to_owned), chain, clock, kept: Mutex::default() }
    }

    /// Asks the chain.
    async fn ask(&self) -> Result<Kept, CredentialsError> {
        let answer = self.chain.provide_credentials().await?;
        let expires_at = answer.expiry().map(|at| {
            let since = at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            Timestamp::EPOCH.saturating_add(since)
        });
        let credential = AwsCredential {
            key_id: answer.access_key_id().to_owned(),
            secret_key: answer.secret_access_key().to_owned(),
            token: answer.session_token().map(str::to_owned),
        };
        Ok(Kept { credential: Arc::new(credential), expires_at })
    }
}

#[async_trait]
impl CredentialProvider for ChainCredentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        // Held over the await on purpose: all callers want the one answer that is under way.
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        let lives_until = |at: Timestamp, margin| now < at.saturating_sub(margin);
        if let Some(kept) = &*kept
            && kept.expires_at.is_none_or(|at| lives_until(at, RENEW_BEFORE))
        {
            return Ok(Arc::clone(&kept.credential));
        }
        match self.ask().await {
            Ok(fresh) => {
                let credential = Arc::clone(&fresh.credential);
                *kept = Some(fresh);
                Ok(credential)
            }
            Err(error) => match &*kept {
                // What is kept still works for some minutes; the next request asks again.
                Some(kept) if kept.expires_at.is_some_and(|at| lives_until(at, Duration::ZERO)) => {
                    tracing::warn!(error = %error, "renewing AWS credentials failed, using the old ones");
                    Ok(Arc::clone(&kept.credential))
                }
                _ => Err(credentials_error(error, self.profile.as_deref())),
            },
        }
    }
}

/// Wraps our error for object_store; [`super::from_object_store`] takes it out again.
fn credentials_error(error: CredentialsError, profile: Option<&str>) -> object_store::Error {
    // The chain ends at the instance metadata, so on other machines its failure means "none found".
    let is_last = chain_text(&error).contains("IMDS");
    let ours = match &error {
        CredentialsError::CredentialsNotLoaded(_) => none_found(),
        _ if is_last => none_found(),
        CredentialsError::ProviderTimedOut(_) => Error::unavailable("load AWS credentials"),
        CredentialsError::InvalidConfiguration(_) => Error::invalid("load AWS credentials").with_hint(
            "Check ~/.aws/config and the AWS_* variables: `aws sts get-caller-identity` must answer.",
        ),
        _ => Error::permission_denied("load AWS credentials").with_hint(
            "Check the sign-in: `aws sts get-caller-identity` must answer (`aws sso login` renews an SSO \
             session).",
        ),
    };
    let ours = match profile {
        Some(profile) => ours.with_context("profile", profile),
        None => ours,
    };
    object_store::Error::Generic { store: "S3", source: Box::new(ours.with_source(error)) }
}

fn none_found() -> Error {
    Error::permission_denied("find AWS credentials").with_hint(
        "Set AWS_PROFILE or AWS_ACCESS_KEY_ID, sign in with `aws sso login`, or read a public bucket with \
         --no-sign-request.",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::sync::atomic::{AtomicUsize, Ordering};

    use auditlake_testkit::ManualClock;
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::future;

    use super::*;

    /// Gives key `k<n>` on the n-th call, good for ten minutes; fails when told to.
    #[derive(Debug)]
    struct Chain {
        clock: Arc<ManualClock>,
        calls: Arc<AtomicUsize>,
        fail_from: usize,
    }

    impl ProvideCredentials for Chain {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
            if call >= self.fail_from {
                return future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("none")));
            }
            let micros = u64::try_from(self.clock.now().as_micros()).unwrap();
            let expiry = std::time::UNIX_EPOCH + Duration::from_micros(micros) + Duration::from_mins(10);
            let answer = Credentials::new(format!("k{call}"), "secret", None, Some(expiry), "test");
            future::ProvideCredentials::ready(Ok(answer))
        }
    }

    fn provider(fail_from: usize) -> (ChainCredentials, Arc<ManualClock>, Arc<AtomicUsize>) {
        let clock = Arc::new(ManualClock::default());
        let calls = Arc::new(AtomicUsize::new(0));
        let chain = Chain { clock: Arc::clone(&clock), calls: Arc::clone(&calls), fail_from };
        let shared = Arc::clone(&clock);
        (ChainCredentials::with_clock(SharedCredentialsProvider::new(chain), None, shared), clock, calls)
    }

    #[tokio::test]
    async fn an_answer_is_kept_until_five_minutes_before_its_expiry() {
        let (provider, clock, calls) = provider(usize::MAX);
        for _ in 0..3 {
            assert_eq!(provider.get_credential().await.unwrap().key_id, "k1");
        }
        clock.advance(Duration::from_secs(299));
        assert_eq!(provider.get_credential().await.unwrap().key_id, "k1");
        clock.advance(Duration::from_secs(2));
        assert_eq!(provider.get_credential().await.unwrap().key_id, "k2");
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_failed_renewal_falls_back_on_what_still_works() {
        let (provider, clock, _) = provider(2);
        assert_eq!(provider.get_credential().await.unwrap().key_id, "k1");
        clock.advance(Duration::from_mins(6));
        assert_eq!(provider.get_credential().await.unwrap().key_id, "k1");
        clock.advance(Duration::from_mins(5));
        let error =
            super::super::from_object_store("read object", provider.get_credential().await.unwrap_err());
        assert_eq!(error.message(), "find AWS credentials");
        assert!(error.hint().unwrap().contains("--no-sign-request"));
    }
}

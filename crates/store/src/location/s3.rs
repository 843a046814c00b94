//! Opens one S3 bucket: region, endpoint, credentials, timeouts.

use std::sync::Arc;
use std::time::Duration;

use auditlake_model::{Error, Result};
use object_store::aws::{AmazonS3, AmazonS3Builder, resolve_bucket_region};
use object_store::{ClientOptions, RetryConfig};

use super::credentials::{ChainCredentials, load_aws_config};
use super::{ObjectStoreConfig, from_object_store};

/// Region that S3-compatible servers accept when none is given.
const DEFAULT_REGION: &str = "us-east-1";
/// Longest time to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time one request may take, body included.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(5);
/// Retries of one request, about half a minute in all.
const MAX_RETRIES: usize = 8;
/// Time after which a request is not retried any more.
const RETRY_TIMEOUT: Duration = Duration::from_mins(1);

/// Opens `bucket`; reads the AWS environment, and asks S3 for the region when nothing else tells it.
pub(super) async fn open(bucket: &str, config: &ObjectStoreConfig) -> Result<AmazonS3> {
    refuse_plain_http(config)?;
    // Unsigned requests need nothing of it, and looking for it takes seconds where there is none.
    let aws = match config.skip_signature {
        true => None,
        false => Some(load_aws_config(config.profile.as_deref(), config.region.as_deref()).await),
    };
    let endpoint = config.endpoint.as_deref().or_else(|| aws.as_ref()?.endpoint_url());
    let known_region =
        config.region.clone().or_else(|| aws.as_ref()?.region().map(|region| region.to_string()));
    let region = match (known_region, endpoint) {
        (Some(region), _) => region,
        (None, Some(_)) => DEFAULT_REGION.to_owned(),
        (None, None) => discover_region(bucket).await?,
    };
    let mut builder = at_endpoint(builder(bucket, config), bucket, endpoint, &region);
    if let Some(aws) = &aws {
        let credentials = ChainCredentials::new(aws, config.profile.as_deref()).ok_or_else(|| {
            Error::internal("load AWS credentials")
                .with_detail("the AWS configuration has no credential chain")
        })?;
        builder = builder.with_credentials(Arc::new(credentials));
    }
    builder
        .with_region(region)
        .build()
        .map_err(|e| from_object_store("open bucket", e).with_context("bucket", bucket))
}

fn builder(bucket: &str, config: &ObjectStoreConfig) -> AmazonS3Builder {
    let retry =
        RetryConfig { max_retries: MAX_RETRIES, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
    let builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_client_options(client_options(config))
        .with_retry(retry)
        .with_skip_signature(config.skip_signature)
        .with_request_payer(config.request_payer);
    match &config.sse_kms_key_id {
        Some(key) => builder.with_sse_kms_encryption(key),
        None => builder,
    }
}

/// Chooses host and URL style.
fn at_endpoint(
    builder: AmazonS3Builder,
    bucket: &str,
    endpoint: Option<&str>,
    region: &str,
) -> AmazonS3Builder {
    match endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint),
        // object_store knows the endpoints of the other partitions only.
        None if region.starts_with("cn-") => {
            builder.with_endpoint(format!("https://s3.{region}.amazonaws.com.cn"))
        }
        // A dot in the host name would not match the certificate.
        None => builder.with_virtual_hosted_style_request(!bucket.contains('.')),
    }
}

fn refuse_plain_http(config: &ObjectStoreConfig) -> Result<()> {
    match &config.endpoint {
        Some(endpoint) if !config.allow_http && endpoint.starts_with("http://") => {
            Err(Error::invalid("the endpoint is plain http")
                .with_context("endpoint", endpoint)
                .with_hint("Use an https:// endpoint, or allow it with --allow-http."))
        }
        _ => Ok(()),
    }
}

fn client_options(config: &ObjectStoreConfig) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(config.allow_http)
        .with_connect_timeout(CONNECT_TIMEOUT)
        .with_timeout(REQUEST_TIMEOUT)
}

async fn discover_region(bucket: &str) -> Result<String> {
    let options = ClientOptions::new().with_connect_timeout(CONNECT_TIMEOUT).with_timeout(CONNECT_TIMEOUT);
    resolve_bucket_region(bucket, &options).await.map_err(|e| {
        from_object_store("find region of bucket", e)
            .with_context("bucket", bucket)
            .with_hint("Give the region with --s3-region, and check the name of the bucket.")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn plain_http_needs_its_switch() {
        let config = ObjectStoreConfig {
            endpoint: Some("http://localhost:5000".to_owned()),
            ..ObjectStoreConfig::default()
        };
        let error = refuse_plain_http(&config).unwrap_err();
        assert!(error.hint().unwrap().contains("--allow-http"));
        refuse_plain_http(&ObjectStoreConfig { allow_http: true, ..config }).unwrap();
    }
}

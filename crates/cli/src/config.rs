//! What the program is told from outside, checked once and passed down as values.
//!
//! ```text
//! defaults < config file (TOML) < environment (AUDITLAKE_*) < flags --layers--> text + origin --parse--> Config
//! ```
//! Every setting has one [`Key`]: its name in the file, its variable and its flag stand together, and an
//! error tells which of them held the wrong value.

mod file;
mod key;
mod layers;
mod server;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use auditlake_ingest::ImportLimits;
use auditlake_model::{Error, Result};
use auditlake_query::QueryConfig;
use auditlake_server::ServerConfig;
use auditlake_store::{ObjectStoreConfig, StoreLocation};

use crate::numbers::ByteSize;

pub(crate) use file::default_file;
pub(crate) use key::Key;
pub(crate) use layers::{Layers, Values};

/// Folder of the default lake below the user's data folder, and of the config file below the config folder.
pub(crate) const PROGRAM_FOLDER: &str = "auditlake";

/// Everything that was set, checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Where the lake is.
    pub(crate) lake: StoreLocation,
    /// Whether the command line names it.
    pub(crate) lake_flag: bool,
    /// Where users and tokens are, if not in the lake.
    pub(crate) auth_root: Option<StoreLocation>,
    /// How to reach S3.
    pub(crate) object_store: ObjectStoreConfig,
    /// Bounds of queries.
    pub(crate) query: QueryConfig,
    /// Bounds of imports.
    pub(crate) import: ImportLimits,
    /// What a server is told.
    pub(crate) server: ServerConfig,
}

/// What of the user's machine the defaults depend on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Home {
    /// The user's folder for data.
    pub(crate) data: Option<PathBuf>,
}

impl Config {
    /// Checks all settings.
    ///
    /// # Errors
    /// `Invalid`, naming setting, value and where it came from.
    pub(crate) fn try_new(layers: &Layers, home: &Home) -> Result<Self> {
        let (object_store, import) = (object_store(layers)?, import(layers)?);
        Ok(Self {
            lake: lake(layers, home)?,
            lake_flag: layers.has_flag(Key::Lake),
            auth_root: layers.parse(Key::AuthRoot, StoreLocation::parse)?,
            query: query(layers)?,
            server: server::server(layers, &object_store, import)?,
            object_store,
            import,
        })
    }
}

fn lake(layers: &Layers, home: &Home) -> Result<StoreLocation> {
    if let Some(location) = layers.parse(Key::Lake, StoreLocation::parse)? {
        return Ok(location);
    }
    let data = home.data.as_ref().ok_or_else(|| {
        Error::invalid("there is no place for the lake: this user has no home folder")
            .with_hint("Name one with --lake, or in the variable AUDITLAKE_LAKE.")
    })?;
    Ok(StoreLocation::Local(data.join(PROGRAM_FOLDER)))
}

fn object_store(layers: &Layers) -> Result<ObjectStoreConfig> {
    let text = |key| layers.parse(key, |text| Ok(text.to_owned()));
    let default = ObjectStoreConfig::default();
    Ok(ObjectStoreConfig {
        endpoint: text(Key::EndpointUrl)?,
        region: text(Key::S3Region)?,
        allow_http: layers.parse(Key::AllowHttp, switch)?.unwrap_or(default.allow_http),
        skip_signature: layers.parse(Key::NoSignRequest, switch)?.unwrap_or(default.skip_signature),
        request_payer: layers.parse(Key::RequestPayer, switch)?.unwrap_or(default.request_payer),
        sse_kms_key_id: text(Key::SseKmsKeyId)?,
        profile: text(Key::Profile)?,
        sync_writes: layers.parse(Key::SyncWrites, switch)?.unwrap_or(default.sync_writes),
    })
}

fn query(layers: &Layers) -> Result<QueryConfig> {
    let default = QueryConfig::default();
    // Most processes of this program run one query at a time, so it may have all the memory.
    let memory = layers.parse(Key::QueryMemoryLimit, bytes)?;
    Ok(QueryConfig {
        memory_limit_bytes: memory.unwrap_or(default.memory_limit_bytes),
        query_memory_limit_bytes: (layers.parse(Key::QueryMemoryPerQuery, bytes)?)
            .or(memory)
            .unwrap_or(default.query_memory_limit_bytes),
        max_concurrent: layers.parse(Key::QueryMaxConcurrent, positive)?.unwrap_or(default.max_concurrent),
        queue_length: layers.parse(Key::QueryQueueLength, size)?.unwrap_or(default.queue_length),
        temp_limit_bytes: layers.parse(Key::QueryTempLimit, bytes)?.unwrap_or(default.temp_limit_bytes),
        temp_dir: layers.parse(Key::QueryTempDir, |text| Ok(PathBuf::from(text)))?.or(default.temp_dir),
        statement_limit_bytes: (layers.parse(Key::QueryStatementLimit, bytes)?)
            .unwrap_or(default.statement_limit_bytes),
        time_limit: layers.parse(Key::QueryTimeLimit, duration)?.unwrap_or(default.time_limit),
        threads: layers.parse(Key::QueryThreads, positive)?.or(default.threads),
        max_result_rows: layers.parse(Key::QueryMaxRows, count)?.unwrap_or(default.max_result_rows),
        max_result_bytes: layers.parse(Key::QueryMaxBytes, bytes)?.unwrap_or(default.max_result_bytes),
        ..default
    })
}

fn import(layers: &Layers) -> Result<ImportLimits> {
    let mut limits = ImportLimits::default();
    if let Some(bytes) = layers.parse(Key::ImportMaxDecompressedSize, bytes)? {
        limits.decode.max_decompressed_bytes = bytes;
    }
    if let Some(bytes) = layers.parse(Key::ImportBufferSize, bytes)? {
        limits.buffer_bytes = bytes;
    }
    if let Some(count) = layers.parse(Key::ImportCommitObjects, positive)? {
        limits.commit_objects = count.get();
    }
    if let Some(count) = layers.parse(Key::ImportFetches, positive)? {
        limits.concurrent_fetches = count.get();
    }
    if let Some(count) = layers.parse(Key::ImportThreads, positive)? {
        limits.decode_threads = count.get();
    }
    Ok(limits)
}

/// Reads a switch as people and shells write it.
fn switch(text: &str) -> Result<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(Error::invalid(format!("`{text}` is neither true nor false"))),
    }
}

fn bytes(text: &str) -> Result<u64> {
    text.parse::<ByteSize>().map(|size| size.0)
}

fn count(text: &str) -> Result<u64> {
    text.replace('_', "").parse().map_err(|_| Error::invalid(format!("`{text}` is no whole number")))
}

fn size(text: &str) -> Result<usize> {
    usize::try_from(count(text)?).map_err(|_| Error::invalid(format!("`{text}` is too large")))
}

fn positive(text: &str) -> Result<NonZeroUsize> {
    text.replace('_', "")
        .parse()
        .map_err(|_| Error::invalid(format!("`{text}` is no whole number from 1 on")))
}

fn duration(text: &str) -> Result<Duration> {
    humantime::parse_duration(text).map_err(|_| {
        Error::invalid(format!("`{text}` is no length of time")).with_hint("Write for example 30s, 5m or 1h.")
    })
}

#[cfg(test)]
mod tests;

//! The names of every setting.

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Lake,
    AuthRoot,
    Color,
    EndpointUrl,
    S3Region,
    AllowHttp,
    NoSignRequest,
    RequestPayer,
    SseKmsKeyId,
    Profile,
    SyncWrites,
    QueryMemoryLimit,
    QueryTempLimit,
    QueryStatementLimit,
    QueryTempDir,
    QueryTimeLimit,
    QueryThreads,
    QueryMaxRows,
    QueryMaxBytes,
    QueryMaxConcurrent,
    QueryQueueLength,
    QueryMemoryPerQuery,
    ImportMaxDecompressedSize,
    ImportBufferSize,
    ImportCommitObjects,
    ImportFetches,
    ImportThreads,
    ImportAllowedSources,
    ServerListen,
    ServerHttp,
    ServerTlsCert,
    ServerTlsPrivate,
    ServerTlsClientCa,
    ServerInsecure,
    ServerShutdownGrace,
    ServerMaxConnections,
    ServerStallLimit,
    ServerSessionTtl,
    ServerTicketTtl,
    ServerSnapshotMaxAge,
    ServerSigningKeys,
    LogFormat,
}

impl Key {
    /// Every setting.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Lake,
        Self::AuthRoot,
        Self::Color,
        Self::EndpointUrl,
        Self::S3Region,
        Self::AllowHttp,
        Self::NoSignRequest,
        Self::RequestPayer,
        Self::SseKmsKeyId,
        Self::Profile,
        Self::SyncWrites,
        Self::QueryMemoryLimit,
        Self::QueryTempLimit,
        Self::QueryStatementLimit,
        Self::QueryTempDir,
        Self::QueryTimeLimit,
        Self::QueryThreads,
        Self::QueryMaxRows,
        Self::QueryMaxBytes,
        Self::QueryMaxConcurrent,
        Self::QueryQueueLength,
        Self::QueryMemoryPerQuery,
        Self::ImportMaxDecompressedSize,
        Self::ImportBufferSize,
        Self::ImportCommitObjects,
        Self::ImportFetches,
        Self::ImportThreads,
        Self::ImportAllowedSources,
        Self::ServerListen,
        Self::ServerHttp,
        Self::ServerTlsCert,
        Self::ServerTlsPrivate,
        Self::ServerTlsClientCa,
        Self::ServerInsecure,
        Self::ServerShutdownGrace,
        Self::ServerMaxConnections,
        Self::ServerStallLimit,
        Self::ServerSessionTtl,
        Self::ServerTicketTtl,
        Self::ServerSnapshotMaxAge,
        Self::ServerSigningKeys,
        Self::LogFormat,
    ];

    /// Returns names in file and environment, and the flag.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Lake => ("lake", "AUDITLAKE_LAKE", "--lake"),
            Self::AuthRoot => ("auth.root", "AUDITLAKE_AUTH_ROOT", "--auth-root"),
            Self::Color => ("color", "AUDITLAKE_COLOR", "--color"),
            Self::EndpointUrl => ("s3.endpoint-url", "AUDITLAKE_ENDPOINT_URL", "--endpoint-url"),
            Self::S3Region => ("s3.region", "AUDITLAKE_S3_REGION", "--s3-region"),
            Self::AllowHttp => ("s3.allow-http", "AUDITLAKE_ALLOW_HTTP", "--allow-http"),
            Self::NoSignRequest => ("s3.no-sign-request", "AUDITLAKE_NO_SIGN_REQUEST", "--no-sign-request"),
            Self::RequestPayer => ("s3.request-payer", "AUDITLAKE_REQUEST_PAYER", "--request-payer"),
            Self::SseKmsKeyId => ("s3.sse-kms-key-id", "AUDITLAKE_SSE_KMS_KEY_ID", "--sse-kms-key-id"),
            Self::Profile => ("s3.profile", "AUDITLAKE_PROFILE", "--profile"),
            Self::SyncWrites => ("sync-writes", "AUDITLAKE_SYNC_WRITES", "--sync-writes"),
            Self::QueryMemoryLimit => {
                ("query.memory-limit", "AUDITLAKE_QUERY_MEMORY_LIMIT", "--memory-limit")
            }
            Self::QueryTempLimit => ("query.temp-limit", "AUDITLAKE_QUERY_TEMP_LIMIT", "--temp-limit"),
            Self::QueryStatementLimit => {
                ("query.statement-limit", "AUDITLAKE_QUERY_STATEMENT_LIMIT", "--statement-limit")
            }
            Self::QueryTempDir => ("query.temp-dir", "AUDITLAKE_QUERY_TEMP_DIR", "--temp-dir"),
            Self::QueryTimeLimit => ("query.time-limit", "AUDITLAKE_QUERY_TIME_LIMIT", "--time-limit"),
            Self::QueryThreads => ("query.threads", "AUDITLAKE_QUERY_THREADS", "--threads"),
            Self::QueryMaxRows => ("query.max-rows", "AUDITLAKE_QUERY_MAX_ROWS", "--max-rows"),
            Self::QueryMaxBytes => ("query.max-bytes", "AUDITLAKE_QUERY_MAX_BYTES", "--max-bytes"),
            Self::QueryMaxConcurrent => {
                ("query.max-concurrent", "AUDITLAKE_QUERY_MAX_CONCURRENT", "--max-concurrent")
            }
            Self::QueryQueueLength => {
                ("query.queue-length", "AUDITLAKE_QUERY_QUEUE_LENGTH", "--queue-length")
            }
            Self::QueryMemoryPerQuery => {
                ("query.memory-per-query", "AUDITLAKE_QUERY_MEMORY_PER_QUERY", "--memory-per-query")
            }
            Self::ImportMaxDecompressedSize => (
                "import.max-decompressed-size",
                "AUDITLAKE_IMPORT_MAX_DECOMPRESSED_SIZE",
                "--max-decompressed-size",
            ),
            Self::ImportBufferSize => ("import.buffer-size", "AUDITLAKE_IMPORT_BUFFER_SIZE", "--buffer-size"),
            Self::ImportCommitObjects => {
                ("import.commit-files", "AUDITLAKE_IMPORT_COMMIT_FILES", "--commit-files")
            }
            Self::ImportFetches => ("import.fetches", "AUDITLAKE_IMPORT_FETCHES", "--fetches"),
            Self::ImportThreads => ("import.threads", "AUDITLAKE_IMPORT_THREADS", "--threads"),
            Self::ImportAllowedSources => {
                ("import.allowed-sources", "AUDITLAKE_IMPORT_ALLOWED_SOURCES", "--allowed-source")
            }
            Self::ServerListen => ("server.listen", "AUDITLAKE_SERVER_LISTEN", "--listen"),
            Self::ServerHttp => ("server.http", "AUDITLAKE_SERVER_HTTP", "--http"),
            Self::ServerTlsCert => ("server.tls-cert", "AUDITLAKE_SERVER_TLS_CERT", "--tls-cert"),
            Self::ServerTlsPrivate => ("server.tls-key", "AUDITLAKE_SERVER_TLS_KEY", "--tls-key"),
            Self::ServerTlsClientCa => {
                ("server.tls-client-ca", "AUDITLAKE_SERVER_TLS_CLIENT_CA", "--tls-client-ca")
            }
            Self::ServerInsecure => ("server.insecure", "AUDITLAKE_SERVER_INSECURE", "--insecure"),
            Self::ServerShutdownGrace => {
                ("server.shutdown-grace", "AUDITLAKE_SERVER_SHUTDOWN_GRACE", "--shutdown-grace")
            }
            Self::ServerMaxConnections => {
                ("server.max-connections", "AUDITLAKE_SERVER_MAX_CONNECTIONS", "--max-connections")
            }
            Self::ServerStallLimit => ("server.stall-limit", "AUDITLAKE_SERVER_STALL_LIMIT", "--stall-limit"),
            Self::ServerSessionTtl => ("server.session-ttl", "AUDITLAKE_SERVER_SESSION_TTL", "--session-ttl"),
            Self::ServerTicketTtl => ("server.ticket-ttl", "AUDITLAKE_SERVER_TICKET_TTL", "--ticket-ttl"),
            Self::ServerSnapshotMaxAge => {
                ("server.snapshot-max-age", "AUDITLAKE_SERVER_SNAPSHOT_MAX_AGE", "--snapshot-max-age")
            }
            Self::ServerSigningKeys => {
                ("server.signing-keys", "AUDITLAKE_SERVER_SIGNING_KEYS", "--signing-key")
            }
            Self::LogFormat => ("log-format", "AUDITLAKE_LOG_FORMAT", "--log-format"),
        }
    }

    /// Returns the name in the config file, tables and keys joined by dots.
    pub(crate) const fn file_name(self) -> &'static str {
        self.names().0
    }

    /// Returns the environment variable.
    pub(crate) const fn variable(self) -> &'static str {
        self.names().1
    }

    /// Returns the flag.
    pub(crate) const fn flag(self) -> &'static str {
        self.names().2
    }

    /// Finds a setting by its name in the config file; `_` counts as `-`, as many files write it.
    pub(crate) fn from_file_name(name: &str) -> Option<Self> {
        let name = name.replace('_', "-");
        Self::ALL.iter().copied().find(|key| key.file_name() == name)
    }

    /// Tells whether the setting is a list, which a config file writes as an array.
    pub(crate) const fn is_list(self) -> bool {
        matches!(self, Self::ImportAllowedSources | Self::ServerSigningKeys)
    }

    /// Tells whether the value is for nobody's eyes.
    pub(crate) const fn is_secret(self) -> bool {
        matches!(self, Self::ServerSigningKeys)
    }
}

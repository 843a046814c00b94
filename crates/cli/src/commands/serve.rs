//! `auditlake serve`: the lake for BI tools and programs, over the network.

mod check;

use auditlake_server::{Server, ServerState};
use auditlake_store::Access;
use clap::Args;

use crate::args::AuthArgs;
use crate::config::{Key, Values};
use crate::context::Context;
use crate::error::{CommandResult, Exit, Failure, UsageExt as _};
use crate::records::write_text;

/// Serves the lake over the network: Arrow Flight SQL for BI tools, gRPC for programs, HTTP for probes.
///
/// It runs until Ctrl-C or SIGTERM; running requests then get a grace to end. Without users only this machine is
/// let in; `auditlake user add` makes the first one.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where Flight SQL and gRPC listen; port 0 takes a free one [env: AUDITLAKE_SERVER_LISTEN] [default: 127.0.0.1:31337]
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,

    /// Where /metrics, /healthz and /readyz are [env: AUDITLAKE_SERVER_HTTP] [default: 127.0.0.1:9464]
    #[arg(long, value_name = "HOST:PORT")]
    http: Option<String>,

    #[command(flatten)]
    tls: TlsArgs,

    /// Listens on any address without asking anybody for credentials
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true,
        help_heading = "Security")]
    insecure: Option<String>,

    #[command(flatten)]
    auth: AuthArgs,

    #[command(flatten)]
    limits: LimitArgs,

    /// Checks settings, lake, certificates and ports, tells what it would do, and ends
    #[arg(long)]
    check: bool,

    /// How log lines are written: text or json [env: AUDITLAKE_LOG_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Messages")]
    log_format: Option<String>,
}

/// Encryption.
#[derive(Debug, Args)]
#[command(next_help_heading = "Security")]
struct TlsArgs {
    /// Certificate chain, PEM; read again when it changes
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,

    /// Private key of the certificate, PEM
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,

    /// Authorities of client certificates, PEM; every client must then have one
    #[arg(long, value_name = "FILE")]
    tls_client_ca: Option<String>,
}

/// Bounds of the server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// How long running requests may go on once the server is to stop [default: 30s]
    #[arg(long, value_name = "TIME")]
    shutdown_grace: Option<String>,

    /// Connections that are open at once [default: 16384]
    #[arg(long, value_name = "N", hide_short_help = true)]
    max_connections: Option<String>,

    /// Queries that run at once; more wait [default: 10]
    #[arg(long, value_name = "N")]
    max_concurrent: Option<String>,

    /// Queries that wait; more are refused [default: 100]
    #[arg(long, value_name = "N", hide_short_help = true)]
    queue_length: Option<String>,

    /// Memory of all queries together [default: 2GiB]
    #[arg(long, value_name = "SIZE")]
    memory_limit: Option<String>,

    /// Memory of one query [default: that of all]
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    memory_per_query: Option<String>,

    /// How long a query may run [default: 1h]
    #[arg(long, value_name = "TIME")]
    time_limit: Option<String>,

    /// Length of a statement [default: 1MiB]
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    statement_limit: Option<String>,

    /// How long a result waits for a client that takes nothing of it [default: 5m]
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    stall_limit: Option<String>,

    /// How long a login lasts [default: 24h]
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    session_ttl: Option<String>,

    /// How long a ticket can be redeemed [default: 1h]
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    ticket_ttl: Option<String>,

    /// How old a query's view of a store may be [default: 0s, 1s on S3]
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    snapshot_max_age: Option<String>,
}

impl ServeArgs {
    /// Adds the settings that the flags make.
    pub(crate) fn add_values(&self, values: &mut Values) {
        values.set_given(Key::ServerListen, self.listen.as_ref());
        values.set_given(Key::ServerHttp, self.http.as_ref());
        values.set_given(Key::ServerTlsCert, self.tls.tls_cert.as_ref());
        values.set_given(Key::ServerTlsPrivate, self.tls.tls_key.as_ref());
        values.set_given(Key::ServerTlsClientCa, self.tls.tls_client_ca.as_ref());
        values.set_given(Key::ServerInsecure, self.insecure.as_ref());
        values.set_given(Key::LogFormat, self.log_format.as_ref());
        self.auth.add_values(values);
        self.limits.add_values(values);
    }
}

impl LimitArgs {
    fn add_values(&self, values: &mut Values) {
        values.set_given(Key::ServerShutdownGrace, self.shutdown_grace.as_ref());
        values.set_given(Key::ServerMaxConnections, self.max_connections.as_ref());
        values.set_given(Key::QueryMaxConcurrent, self.max_concurrent.as_ref());
        values.set_given(Key::QueryQueueLength, self.queue_length.as_ref());
        values.set_given(Key::QueryMemoryLimit, self.memory_limit.as_ref());
        values.set_given(Key::QueryMemoryPerQuery, self.memory_per_query.as_ref());
        values.set_given(Key::QueryTimeLimit, self.time_limit.as_ref());
        values.set_given(Key::QueryStatementLimit, self.statement_limit.as_ref());
        values.set_given(Key::ServerStallLimit, self.stall_limit.as_ref());
        values.set_given(Key::ServerSessionTtl, self.session_ttl.as_ref());
        values.set_given(Key::ServerTicketTtl, self.ticket_ttl.as_ref());
        values.set_given(Key::ServerSnapshotMaxAge, self.snapshot_max_age.as_ref());
    }
}

/// Serves until it is told to stop.
pub(crate) async fn run(args: ServeArgs, ctx: &Context) -> CommandResult {
    if args.check {
        return ctx.until_interrupted(check::run(ctx)).await;
    }
    let lake = ctx.or_interrupted(ctx.open_lake(Access::Read)).await?;
    judge_binding(ctx).await?;
    let (queries, config) = (ctx.config.query.clone(), ctx.config.server.clone());
    let state = ServerState::open(lake, ctx.accounts(), queries, config).await?;
    let mut server = Box::pin(Server::start(state)).await?;
    for notice in server.notices() {
        ctx.output.warn(notice);
    }
    let scheme = scheme(ctx);
    let addresses =
        format!("flight  {scheme}://{}\nhttp    http://{}\n", server.flight_address(), server.http_address());
    write_text(&ctx.output, &addresses)?;
    tokio::select! {
        biased;
        () = ctx.interrupt.cancelled() => {}
        () = server.ended() => {
            return Err(auditlake_model::Error::internal("the server ended by itself").into());
        }
    }
    ctx.output.say("stopping");
    server.stop().await;
    Ok(Exit::Success)
}

/// Checks that the server may listen where it is told to; returns what its owner should know.
async fn judge_binding(ctx: &Context) -> Result<Vec<String>, Failure> {
    let has_users = !ctx.accounts().load().await?.users().is_empty();
    ctx.config.server.check_binding(has_users).usage()
}

/// Returns how clients name the server's protocol.
fn scheme(ctx: &Context) -> &'static str {
    if ctx.config.server.tls.is_some() { "grpc+tls" } else { "grpc" }
}

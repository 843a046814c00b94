//! `auditlake sql`.

mod attach;
mod evidence;
mod form;
mod parameters;
mod sink;

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use auditlake_client::ServerAddress;
use auditlake_model::{Error, Result};
use auditlake_query::render::Summary;
use auditlake_query::{Format, Progress, QueryRequest, RenderOptions, ResultWriter};
use auditlake_shell::{RunningQuery, split};
use auditlake_store::Access;
use clap::Args;

use self::attach::AttachArgs;
use self::form::FormArgs;
pub(crate) use self::form::table_options;
pub(crate) use self::parameters::ParameterArgs;
pub(crate) use self::sink::{Sink, with_usual_rights};
use crate::answers::Answers;
use crate::commands::saved::{self, SavedDoor};
use crate::commands::shell;
use crate::config::{Key, Values};
use crate::connect::{ConnectArgs, Use};
use crate::context::Context;
use crate::error::{CommandResult, Exit, Failure, UsageExt, go_on};
use crate::numbers::{counted, human_bytes, thousands};
use crate::output::{Loudness, Output};
use crate::remote_session::RemoteSession;
use crate::session;

/// What the history calls queries of this program.
pub(crate) const CLIENT: &str = "cli";

/// Answers Lake SQL: one SELECT, EXPLAIN, SHOW or DESCRIBE after the other.
///
/// Statements come from -c, then from -f, and from standard input when there is neither; `;` stands between
/// them; the first one that fails ends the run. With none of them, a terminal gets the prompt of `auditlake shell`.
/// With --connect, a server answers.
/// Tables are event data stores, by name or id, and system.imports, system.import_failures, system.queries.
#[derive(Debug, Args)]
pub(crate) struct SqlArgs {
    /// A statement, or several; repeatable
    #[arg(short, long = "command", value_name = "SQL", allow_hyphen_values = true)]
    command: Vec<String>,

    /// A file of statements, - for standard input; repeatable
    #[arg(short, long, value_name = "FILE")]
    file: Vec<PathBuf>,

    #[command(flatten)]
    parameters: ParameterArgs,

    #[command(flatten)]
    attach: AttachArgs,

    #[command(flatten)]
    form: FormArgs,

    /// Writes the rows into this folder, new or empty, with query.sql, manifest.json and the source object, hash and position of each row
    #[arg(long, value_name = "DIR", conflicts_with = "output", help_heading = "Output")]
    evidence: Option<PathBuf>,

    #[command(flatten)]
    limits: LimitArgs,

    #[command(flatten)]
    server: ConnectArgs,
}

/// Bounds of a query.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// How long a statement may run [default: 1h]
    #[arg(long, value_name = "TIME")]
    time_limit: Option<String>,

    /// Memory of a statement; what does not fit goes to disk [default: 2GiB]
    #[arg(long, value_name = "SIZE")]
    memory_limit: Option<String>,

    /// Room on disk for what does not fit into memory [default: 64GiB]
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    temp_limit: Option<String>,

    /// Folder for that [default: the system's]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    temp_dir: Option<String>,

    /// Threads [default: the processors]
    #[arg(long, value_name = "N", hide_short_help = true)]
    threads: Option<String>,

    /// Length of a statement [default: 1MiB]
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    statement_limit: Option<String>,

    /// Most rows of a result [default: 1000000000]
    #[arg(long, value_name = "N", hide_short_help = true)]
    max_rows: Option<String>,

    /// Most bytes of a result [default: 64GiB]
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    max_bytes: Option<String>,
}

impl SqlArgs {
    /// Adds the settings that the command's own flags make.
    pub(crate) fn add_values(&self, values: &mut Values) {
        let limits = &self.limits;
        values.set_given(Key::QueryTimeLimit, limits.time_limit.as_ref());
        values.set_given(Key::QueryMemoryLimit, limits.memory_limit.as_ref());
        values.set_given(Key::QueryTempLimit, limits.temp_limit.as_ref());
        values.set_given(Key::QueryTempDir, limits.temp_dir.as_ref());
        values.set_given(Key::QueryThreads, limits.threads.as_ref());
        values.set_given(Key::QueryStatementLimit, limits.statement_limit.as_ref());
        values.set_given(Key::QueryMaxRows, limits.max_rows.as_ref());
        values.set_given(Key::QueryMaxBytes, limits.max_bytes.as_ref());
    }

    /// Refuses what a server does not do for its clients.
    ///
    /// # Errors
    /// `Invalid`, with the flag.
    fn check_for_server(&self) -> Result<()> {
        if self.evidence.is_some() {
            return Err(Error::invalid("--evidence needs the lake itself, not a server")
                .with_hint("Evidence copies what the lake keeps about its source objects; run it with --lake where the lake is."));
        }
        if !self.attach.is_empty() {
            return Err(Error::invalid("--attach is not for a server").with_hint(
                "Keep the table in the lake: `auditlake reference put NAME FILE --connect URL`.",
            ));
        }
        let limits = &self.limits;
        let own = [
            (&limits.memory_limit, "--memory-limit"),
            (&limits.temp_limit, "--temp-limit"),
            (&limits.temp_dir, "--temp-dir"),
            (&limits.threads, "--threads"),
            (&limits.statement_limit, "--statement-limit"),
            (&limits.max_rows, "--max-rows"),
            (&limits.max_bytes, "--max-bytes"),
        ];
        match own.iter().find(|(value, _)| value.is_some()) {
            None => Ok(()),
            Some((_, flag)) => Err(Error::invalid(format!("{flag} is not for a server")).with_hint(
                "Its limits are set where it is started; only --time-limit goes with a statement.",
            )),
        }
    }

    /// Returns the time limit that the user set for the statements of this run.
    fn time_limit(&self, ctx: &Context) -> Option<Duration> {
        self.limits.time_limit.as_ref().map(|_| ctx.config.query.time_limit)
    }

    /// Tells whether there is nothing to run and a person who may type something.
    fn asks_for_prompt(&self) -> bool {
        let has_statement = !self.command.is_empty() || !self.file.is_empty();
        !has_statement
            && self.form.is_default()
            && std::io::stdin().is_terminal()
            && std::io::stdout().is_terminal()
    }
}

/// Runs the statements.
pub(crate) async fn run(args: SqlArgs, ctx: &Context) -> CommandResult {
    let server = args.server.server(Use::Read, ctx).usage()?;
    if server.is_some() {
        args.check_for_server().usage()?;
    }
    if args.asks_for_prompt() {
        return prompt(&args, server, ctx).await;
    }
    let statements = statements(&args, ctx).await?;
    let connection = match server {
        Some(address) => Some(args.server.connect_to(address, ctx).await?),
        None => None,
    };
    let views = match (args.parameters.are_in(&statements), &connection) {
        (true, _) => Vec::new(),
        (false, Some(connection)) => saved::list_views(connection).await?,
        (false, None) => SavedDoor::open(&args.server, Access::Read, ctx).await?.views().await?,
    };
    let mut requests = args.parameters.requests(&statements, &views).usage()?;
    let attached = args.attach.read().usage()?;
    requests.iter_mut().for_each(|request| request.attached.clone_from(&attached));
    if let Some(folder) = &args.evidence {
        return run_for_evidence(&args.form, requests, folder, ctx).await;
    }
    let options = args.form.options(statements.len(), &ctx.output).usage()?;
    let Some(connection) = connection else { return run_on_lake(&args.form, requests, &options, ctx).await };
    let session = RemoteSession::new(connection).with_time_limit(args.time_limit(ctx));
    let mut sink = Sink::open(args.form.output(), &ctx.output)?;
    run_all(&session, requests, &options, &mut sink, ctx).await?;
    sink.commit()?;
    Ok(Exit::Success)
}

/// Opens the prompt of the shell, as `auditlake shell` does.
async fn prompt(args: &SqlArgs, server: Option<ServerAddress>, ctx: &Context) -> CommandResult {
    if let Some(address) = server {
        let connection = args.server.connect_to(address, ctx).await?;
        return shell::open_remote(connection, args.time_limit(ctx), shell::Start::default(), ctx).await;
    }
    let lake = ctx.or_interrupted(ctx.open_lake(Access::Read)).await?;
    shell::open(lake, shell::Start::default(), ctx).await
}

async fn run_on_lake(
    form: &FormArgs,
    requests: Vec<QueryRequest>,
    options: &RenderOptions,
    ctx: &Context,
) -> CommandResult {
    let lake = ctx.or_interrupted(ctx.open_lake(Access::Read)).await?;
    let service = session::start(&lake, &ctx.config)?;
    let mut sink = Sink::open(form.output(), &ctx.output)?;
    let result = run_all(&service, requests, options, &mut sink, ctx).await;
    let result = result.and_then(|()| Ok(sink.commit()?));
    session::close(service, ctx).await;
    result.map(|()| Exit::Success)
}

async fn run_for_evidence(
    form: &FormArgs,
    requests: Vec<QueryRequest>,
    folder: &Path,
    ctx: &Context,
) -> CommandResult {
    let request = evidence::only_one(requests).usage()?;
    let options = form.evidence_options().usage()?;
    let lake = ctx.or_interrupted(ctx.open_lake(Access::Read)).await?;
    let service = session::start(&lake, &ctx.config)?;
    let result = Box::pin(evidence::run(&service, request, &options, folder, &lake, ctx)).await;
    session::close(service, ctx).await;
    result.map(|()| Exit::Success)
}

async fn run_all(
    place: &dyn Answers,
    requests: Vec<QueryRequest>,
    options: &RenderOptions,
    sink: &mut Sink,
    ctx: &Context,
) -> Result<(), Failure> {
    let is_for_people = matches!(options.format, Format::Table | Format::Expanded | Format::Markdown);
    for (index, request) in requests.into_iter().enumerate() {
        if index > 0 && is_for_people {
            sink.write_line("")?;
        }
        run_one(place, request, options, sink, ctx).await?;
    }
    Ok(())
}

/// Runs one statement and writes its rows as they come.
///
/// # Errors
/// [`Failure::Sql`] with the statement; [`Failure::PipeClosed`] when nobody reads any more.
pub(crate) async fn run_one(
    place: &dyn Answers,
    request: QueryRequest,
    options: &RenderOptions,
    sink: &mut Sink,
    ctx: &Context,
) -> Result<(), Failure> {
    let began = Instant::now();
    let sql = request.sql.clone();
    let failed = |error| Failure::Sql { error, sql: sql.clone() };
    let mut query = place.ask(request).map_err(failed)?;
    let schema = tokio::select! {
        biased;
        () = ctx.interrupt.cancelled() => Err(stopped(query.as_ref())),
        schema = query.schema() => schema,
    };
    let mut writer = ResultWriter::with_options(options, schema.map_err(failed)?, &mut *sink);
    loop {
        let batch = tokio::select! {
            biased;
            () = ctx.interrupt.cancelled() => Err(stopped(query.as_ref())),
            batch = query.next_batch() => batch,
        };
        let Some(batch) = batch.map_err(failed)? else { break };
        go_on(writer.write(&batch)?)?;
    }
    let summary: Summary = writer.finish_with_summary()?;
    go_on(summary.outcome)?;
    say_statistics(&query.progress(), began, &ctx.output);
    if summary.shortened && ctx.output.stderr_is_terminal() {
        ctx.output.say("some values are shortened; --format expanded shows them whole");
    }
    Ok(())
}

/// Stops a query that the user does not want any more.
fn stopped(query: &dyn RunningQuery) -> Error {
    query.cancel();
    Error::cancelled("query cancelled")
}

/// Tells what the answer cost, to people only.
fn say_statistics(progress: &Progress, began: Instant, output: &Output) {
    if !output.stderr_is_terminal() && output.loudness() < Loudness::Verbose {
        return;
    }
    output.say(&format!(
        "{} in {:.2} s; {} scanned, {} of {}, {}",
        counted(progress.rows_returned, "row"),
        began.elapsed().as_secs_f64(),
        counted(progress.events_scanned, "event"),
        thousands(progress.files_read),
        counted(progress.files_total, "file"),
        human_bytes(progress.bytes_scanned)
    ));
}

/// Returns the statements that the arguments name.
async fn statements(args: &SqlArgs, ctx: &Context) -> Result<Vec<String>, Failure> {
    let mut texts = args.command.clone();
    for path in &args.file {
        texts.push(match path.as_os_str() == "-" {
            true => read_stdin(ctx).await?,
            false => read_file(path)?,
        });
    }
    if texts.is_empty() {
        if std::io::stdin().is_terminal() {
            return Err(Failure::Usage(Error::invalid("there is no statement to run").with_hint(
                "Give one with -c, a file with -f, or pipe statements in: \
                 auditlake sql -c \"SELECT count(*) FROM trail\".",
            )));
        }
        texts.push(read_stdin(ctx).await?);
    }
    let statements: Vec<String> = texts.iter().flat_map(|text| split(text)).map(str::to_owned).collect();
    match statements.is_empty() {
        true => Err(Error::invalid("there is no statement to run: the text is empty")).usage(),
        false => Ok(statements),
    }
}

/// Reads a file of statements.
pub(crate) fn read_file(path: &PathBuf) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| {
        let attempt = "read statements";
        let ours = match error.kind() {
            std::io::ErrorKind::NotFound => Error::not_found(attempt),
            std::io::ErrorKind::PermissionDenied => Error::permission_denied(attempt),
            std::io::ErrorKind::InvalidData => Error::invalid("the statements are not UTF-8"),
            _ => Error::unavailable(attempt),
        };
        ours.with_context("file", path.display()).with_source(error)
    })
}

async fn read_stdin(ctx: &Context) -> Result<String> {
    let read = || {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
    };
    let work = async {
        let text = tokio::task::spawn_blocking(read).await;
        let text = text.map_err(|e| Error::internal("read standard input").with_source(e))?;
        text.map_err(|e| Error::invalid("read statements from standard input").with_source(e))
    };
    ctx.or_interrupted(work).await
}

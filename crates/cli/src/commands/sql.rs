//! `auditlake sql`.

mod sink;

use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::time::Instant;

use auditlake_model::{Error, Result};
use auditlake_query::{Progress, QueryRequest, QueryService, ResultWriter};
use auditlake_shell::split;
use auditlake_store::Access;
use clap::Args;

pub(crate) use self::sink::Sink;
use crate::commands::shell;
use crate::config::{Key, Values};
use crate::context::Context;
use crate::error::{CommandResult, Exit, Failure, UsageExt, go_on};
use crate::numbers::{counted, human_bytes, thousands};
use crate::output::{Loudness, Output, ResultFormat};
use crate::session;

/// What the history calls queries of this program.
const CLIENT: &str = "cli";

/// Answers Lake SQL: one SELECT, EXPLAIN, SHOW or DESCRIBE after the other.
///
/// Statements come from -c, then from -f, and from standard input when there is neither; `;` stands between
/// them. With none of them, a terminal gets the prompt of `auditlake shell`. Tables are event data stores, by name or id, and system.imports, system.import_failures, system.queries.
#[derive(Debug, Args)]
pub(crate) struct SqlArgs {
    /// A statement, or several; repeatable
    #[arg(short, long = "command", value_name = "SQL")]
    command: Vec<String>,

    /// A file of statements, - for standard input; repeatable
    #[arg(short, long, value_name = "FILE")]
    file: Vec<PathBuf>,

    /// How to write the rows
    #[arg(long, value_enum, default_value_t)]
    format: ResultFormat,

    /// Writes the rows to this file, which appears when all is done
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    limits: LimitArgs,
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
        values.set_given(Key::QueryMaxRows, limits.max_rows.as_ref());
        values.set_given(Key::QueryMaxBytes, limits.max_bytes.as_ref());
    }

    /// Tells whether there is nothing to run and a person who may type something.
    fn asks_for_prompt(&self) -> bool {
        let has_statement = !self.command.is_empty() || !self.file.is_empty();
        let plain = self.format == ResultFormat::default() && self.output.is_none();
        !has_statement && plain && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
    }
}

/// Runs the statements.
pub(crate) async fn run(args: SqlArgs, ctx: &Context) -> CommandResult {
    if args.asks_for_prompt() {
        let lake = ctx.or_interrupted(ctx.open_lake(Access::Read)).await?;
        return shell::open(lake, shell::Start::default(), ctx).await;
    }
    let statements = statements(&args, ctx).await?;
    let lake = ctx.or_interrupted(ctx.open_lake(Access::Read)).await?;
    let service = session::start(&lake, &ctx.config)?;
    let mut sink = Sink::open(args.output.as_deref(), &ctx.output)?;
    let result = run_all(&service, &statements, args.format, &mut sink, ctx).await;
    let result = result.and_then(|()| Ok(sink.commit()?));
    session::close(service, ctx).await;
    result.map(|()| Exit::Success)
}

async fn run_all(
    service: &QueryService,
    statements: &[String],
    format: ResultFormat,
    sink: &mut Sink,
    ctx: &Context,
) -> Result<(), Failure> {
    for (index, statement) in statements.iter().enumerate() {
        if index > 0 && format == ResultFormat::Table {
            sink.write_line("")?;
        }
        run_one(service, statement, format, sink, ctx).await?;
    }
    Ok(())
}

/// Runs one statement and writes its rows as they come.
///
/// # Errors
/// [`Failure::Sql`] with the statement; [`Failure::PipeClosed`] when nobody reads any more.
pub(crate) async fn run_one(
    service: &QueryService,
    sql: &str,
    format: ResultFormat,
    sink: &mut Sink,
    ctx: &Context,
) -> Result<(), Failure> {
    let began = Instant::now();
    let failed = |error| Failure::Sql { error, sql: sql.to_owned() };
    let request = QueryRequest::new(sql, session::principal(), CLIENT);
    let mut handle = service.start(request).map_err(failed)?;
    let canceller = handle.canceller();
    let interrupt = ctx.interrupt.clone();
    let stopper = tokio::spawn(async move {
        interrupt.cancelled().await;
        canceller.cancel();
    });
    let written = async {
        let schema = handle.schema().await.map_err(failed)?;
        let mut writer = ResultWriter::new(format.into(), schema, &mut *sink);
        while let Some(batch) = handle.next_batch().await.map_err(failed)? {
            go_on(writer.write(&batch)?)?;
        }
        go_on(writer.finish()?)
    }
    .await;
    stopper.abort();
    written?;
    say_statistics(&handle.progress(), began, &ctx.output);
    Ok(())
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

fn read_file(path: &PathBuf) -> Result<String> {
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

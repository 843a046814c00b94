//! `auditlake shell`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use auditlake_client::Connection;
use auditlake_model::{Error, Result};
use auditlake_shell::{Ended, Options, Session, Shell, Talk, Terminal};
use auditlake_store::{Access, Lake};
use clap::Args;

use crate::config::PROGRAM_FOLDER;
use crate::connect::{ConnectArgs, Use};
use crate::context::Context;
use crate::error::{CommandResult, Exit, Failure};
use crate::output::{Output, Tone};
use crate::remote_session::RemoteSession;
use crate::session;
use crate::shell_session::LakeSession;

/// The pager of a user who names none.
const PAGER: &str = "less -FRSX";
/// The editor of a user who names none.
const EDITOR: &str = "vi";

/// Opens a prompt for Lake SQL, with completion, history and commands for an investigation.
///
/// Statements end with `;`, `\?` lists the commands, Ctrl-C cancels a query, Ctrl-D leaves. Statements and commands in
/// auditlake/rc in your config folder run at the start. Without a terminal, all of standard input is run.
#[derive(Debug, Args)]
pub(crate) struct ShellArgs {
    /// Starts without auditlake/rc
    #[arg(long)]
    no_rc: bool,

    /// Keeps no history
    #[arg(long)]
    no_history: bool,

    #[command(flatten)]
    server: ConnectArgs,
}

/// Opens the lake or connects to the server, and opens the prompt over it.
pub(crate) async fn run(args: ShellArgs, ctx: &Context) -> CommandResult {
    let start = Start { rc: !args.no_rc, history: !args.no_history, greeting: Vec::new() };
    if let Some(connection) = args.server.connection(Use::Read, ctx).await? {
        return open_remote(connection, None, start, ctx).await;
    }
    let lake = ctx.or_interrupted(ctx.open_lake(Access::Read)).await?;
    open(lake, start, ctx).await
}

/// What a shell starts with.
#[derive(Debug)]
pub(crate) struct Start {
    /// Whether to run the user's file of commands.
    pub(crate) rc: bool,
    /// Whether to keep what is typed.
    pub(crate) history: bool,
    /// Lines to say before the first prompt.
    pub(crate) greeting: Vec<String>,
}

impl Default for Start {
    fn default() -> Self {
        Self { rc: true, history: true, greeting: Vec::new() }
    }
}

/// Opens the prompt over a lake.
pub(crate) async fn open(lake: Lake, start: Start, ctx: &Context) -> CommandResult {
    let service = Arc::new(session::start(&lake, &ctx.config)?);
    // From here on Ctrl-C is the shell's.
    let lent = ctx.ctrl_c.lend();
    let session = Arc::new(LakeSession::new(lake, Arc::clone(&service)));
    let ended = run_shell(session, start, ctx).await;
    drop(lent);
    match Arc::try_unwrap(service) {
        Ok(service) => session::close(service, ctx).await,
        Err(shared) => shared.flush_history().await,
    }
    Ok(exit_of(ended?))
}

/// Opens the prompt over a server.
pub(crate) async fn open_remote(
    connection: Connection,
    time_limit: Option<Duration>,
    start: Start,
    ctx: &Context,
) -> CommandResult {
    let session =
        ctx.or_interrupted(RemoteSession::with_functions(connection)).await?.with_time_limit(time_limit);
    let lent = ctx.ctrl_c.lend();
    let ended = run_shell(Arc::new(session), start, ctx).await;
    drop(lent);
    Ok(exit_of(ended?))
}

fn exit_of(ended: Ended) -> Exit {
    match ended {
        Ended::Well => Exit::Success,
        // It was reported where it happened.
        Ended::Failed => Exit::Failed,
    }
}

async fn run_shell(session: Arc<dyn Session>, start: Start, ctx: &Context) -> Result<Ended> {
    let talk = Arc::new(ShellTalk(ctx.output.clone()));
    let mut shell = Shell::try_new(session, talk, options(start, ctx))?;
    Box::pin(shell.run()).await
}

fn options(start: Start, ctx: &Context) -> Options {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let pager = variable("AUDITLAKE_PAGER").or_else(|| variable("PAGER")).unwrap_or_else(|| PAGER.to_owned());
    let state = || {
        dirs::state_dir().or_else(dirs::cache_dir).map(|folder| folder.join(PROGRAM_FOLDER).join("history"))
    };
    let rc = || -> Option<PathBuf> { Some(dirs::config_dir()?.join(PROGRAM_FOLDER).join("rc")) };
    Options {
        history: start.history.then(state).flatten(),
        rc: start.rc.then(rc).flatten(),
        pager: (!["none", "off", "cat"].contains(&pager.as_str())).then_some(pager),
        editor: variable("VISUAL").or_else(|| variable("EDITOR")).unwrap_or_else(|| EDITOR.to_owned()),
        terminal: terminal(&ctx.output),
        greeting: start.greeting,
    }
}

/// Looks at what the program's ends are connected with.
pub(crate) fn terminal(output: &Output) -> Terminal {
    use std::io::IsTerminal as _;
    Terminal {
        stdin: std::io::stdin().is_terminal(),
        stdout: std::io::stdout().is_terminal(),
        stderr: output.stderr_is_terminal(),
        color: output.stdout_color(),
    }
}

/// The shell's talk goes the way of the program's.
#[derive(Debug)]
struct ShellTalk(Output);

impl Talk for ShellTalk {
    fn say(&self, text: &str) {
        self.0.say(text);
    }

    fn error(&self, error: Error, sql: Option<&str>) {
        let failure = match sql {
            Some(sql) => Failure::Sql { error, sql: sql.to_owned() },
            None => Failure::Failed(error),
        };
        failure.print(&self.0);
    }

    fn heading(&self, text: &str) -> String {
        self.0.paint(Tone::Heading, text)
    }
}

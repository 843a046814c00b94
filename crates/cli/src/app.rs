//! The command line, and the way from it to a running command.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::args::GlobalArgs;
use crate::commands::{
    completion, exit_codes, export, import, lake, quickstart, reference, serve, shell, sql, store, synth,
    token, user, view,
};
use crate::config::{Config, Home, Key, Layers, Values, default_file};
use crate::context::Context;
use crate::error::{CommandResult, Exit, Failure, UsageExt};
use crate::logging::LogFormat;
use crate::output::{ColorChoice, Output};
use crate::password::restore_terminal;
use crate::{interrupt, logging};

/// Variable that names the config file.
const CONFIG_VARIABLE: &str = "AUDITLAKE_CONFIG";
/// How long threads that still read or write may hold up the end of the program.
const SHUTDOWN_WAIT: Duration = Duration::from_millis(200);

/// Turns CloudTrail logs into event data stores, and answers Lake SQL over them.
///
/// New here? `auditlake quickstart` sets up a lake with a few days of synthetic logs and asks three questions.
#[derive(Debug, Parser)]
#[command(name = "auditlake", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Quickstart(quickstart::QuickstartArgs),
    Import(Box<import::ImportArgs>),
    Sql(Box<sql::SqlArgs>),
    Shell(shell::ShellArgs),
    Export(Box<export::ExportArgs>),
    Serve(Box<serve::ServeArgs>),
    Store(Box<store::StoreArgs>),
    View(Box<view::ViewArgs>),
    Reference(Box<reference::ReferenceArgs>),
    #[command(subcommand)]
    Lake(lake::LakeCommand),
    User(user::UserArgs),
    Token(token::TokenArgs),
    Synth(synth::SynthArgs),
    Completion(completion::CompletionArgs),
    #[command(hide = true)]
    ExitCodes(exit_codes::ExitCodesArgs),
}

impl Command {
    /// Adds the settings that the command's own flags make.
    fn add_values(&self, values: &mut Values) {
        match self {
            Self::Import(args) => args.add_values(values),
            Self::Sql(args) => args.add_values(values),
            Self::Serve(args) => args.add_values(values),
            Self::User(args) => args.add_values(values),
            Self::Token(args) => args.add_values(values),
            _ => {}
        }
    }

    /// Returns how much is logged, given the number of -v: a server tells of its requests without being asked.
    fn verbosity(&self, flags: u8) -> u8 {
        match self {
            Self::Serve(_) => flags.saturating_add(1),
            _ => flags,
        }
    }

    async fn run(self, ctx: &Context) -> CommandResult {
        match self {
            Self::Quickstart(args) => quickstart::run(args, ctx).await,
            Self::Import(args) => Box::pin(import::run(*args, ctx)).await,
            Self::Sql(args) => sql::run(*args, ctx).await,
            Self::Shell(args) => shell::run(args, ctx).await,
            Self::Export(args) => Box::pin(export::run(*args, ctx)).await,
            Self::Serve(args) => Box::pin(serve::run(*args, ctx)).await,
            Self::Store(args) => Box::pin(ctx.until_interrupted(store::run(*args, ctx))).await,
            Self::View(args) => Box::pin(ctx.until_interrupted(view::run(*args, ctx))).await,
            Self::Reference(args) => Box::pin(ctx.until_interrupted(reference::run(*args, ctx))).await,
            Self::Lake(command) => ctx.until_interrupted(lake::run(command, ctx)).await,
            Self::User(args) => ctx.until_interrupted(user::run(args, ctx)).await,
            Self::Token(args) => ctx.until_interrupted(token::run(args, ctx)).await,
            Self::Synth(args) => ctx.until_interrupted(synth::run(args, ctx)).await,
            Self::Completion(args) => completion::run(args, &ctx.output),
            Self::ExitCodes(args) => exit_codes::run(args, &ctx.output),
        }
    }
}

/// Runs the program with the process's arguments and environment.
pub(crate) fn main() -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    run(std::env::args_os(), &variable).into()
}

fn run(arguments: impl IntoIterator<Item = OsString>, variable: &dyn Fn(&str) -> Option<String>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return say_usage(&error),
    };
    let plain = output_of(&cli, None, variable);
    let (config, output) = match settings(&cli, variable) {
        Ok(found) => found,
        Err(failure) => {
            failure.print(&plain);
            return failure.exit();
        }
    };
    let exit = start(cli.command, config, &output);
    match exit {
        Ok(exit) => exit,
        Err(failure) => {
            failure.print(&output);
            failure.exit()
        }
    }
}

/// Prints help, version or a fault of the command line.
fn say_usage(error: &clap::Error) -> Exit {
    // Nobody is left to tell when the pipe is closed.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Success }
}

/// Reads all settings and starts logging.
fn settings(cli: &Cli, variable: &dyn Fn(&str) -> Option<String>) -> Result<(Config, Output), Failure> {
    let mut flags = cli.global.values();
    cli.command.add_values(&mut flags);
    let named = cli
        .global
        .config
        .clone()
        .or_else(|| variable(CONFIG_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from));
    let layers = Layers::read(flags, variable, named, default_file(dirs::config_dir())).usage()?;
    let color = layers.parse(Key::Color, ColorChoice::parse).usage()?;
    let output = output_of(cli, color, variable);
    let filter = variable(logging::LOG_VARIABLE).filter(|text| !text.is_empty());
    let format = layers.parse(Key::LogFormat, LogFormat::parse).usage()?.unwrap_or_default();
    let verbosity = cli.command.verbosity(cli.global.talk.verbose);
    logging::start(&output, verbosity, filter.as_deref(), format).usage()?;
    let config = Config::try_new(&layers, &Home { data: dirs::data_dir() }).usage()?;
    Ok((config, output))
}

fn output_of(cli: &Cli, set: Option<ColorChoice>, variable: &dyn Fn(&str) -> Option<String>) -> Output {
    let no_color = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let color = cli.global.talk.color.or(set).unwrap_or_default();
    Output::new(color, no_color, cli.global.talk.loudness())
}

/// Blocking threads of a server.
const SERVER_BLOCKING_THREADS: usize = 32;

/// Threads for reading files, decoding and encoding. Every thread keeps what it freed in a heap of its own, so with
/// tokio's 512 an import takes twice the memory, and no less time. A server reads many logs at once, and files while
/// it does.
fn blocking_threads(command: &Command) -> usize {
    match command {
        Command::Serve(_) => SERVER_BLOCKING_THREADS,
        _ => std::thread::available_parallelism().map_or(2, usize::from) + 2,
    }
}

fn start(command: Command, config: Config, output: &Output) -> CommandResult {
    let blocking_threads = blocking_threads(&command);
    auditlake_store::allow_log_readers(blocking_threads);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("auditlake")
        .max_blocking_threads(blocking_threads)
        .build()
        .map_err(|e| auditlake_model::Error::unavailable("start threads").with_source(e))?;
    let result = runtime.block_on(async {
        let (interrupt, ctrl_c) = interrupt::listen(output.clone());
        let ctx = Context::new(config, output.clone(), interrupt, ctrl_c);
        Box::pin(command.run(&ctx)).await
    });
    // A blocked read of stdin must not keep the program alive.
    runtime.shutdown_timeout(SHUTDOWN_WAIT);
    // Nor may one of a password leave the terminal silent.
    restore_terminal();
    result
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("auditlake").chain(line.split_whitespace()))
    }

    #[test]
    fn an_import_and_its_subcommands_are_told_apart() {
        let import = |line: &str| match parse(line).map_err(|e| format!("{line}: {e}")).unwrap().command {
            Command::Import(args) => args,
            other => panic!("{line}: {other:?}"),
        };
        assert!(import("import list").asks_for_subcommand());
        assert!(import("import --lake x list").asks_for_subcommand());
        assert!(import("--lake x import failures --format json").asks_for_subcommand());
        assert!(!import("import a b --store trail --lake x").asks_for_subcommand());
        assert!(!import("import --store trail ./list").asks_for_subcommand());
        assert!(!import("import - --store trail --since 7d --until 2026-01-31").asks_for_subcommand());
        for wrong in ["import", "import a", "import --store trail", "import a --store t --since yesterday"] {
            assert_eq!(parse(wrong).unwrap_err().exit_code(), 2, "{wrong}");
        }
    }

    #[test]
    fn switches_take_a_value_only_behind_an_equals_sign() {
        let cli = parse("store list --allow-http --no-sign-request=false").unwrap();
        let layers = Layers::read(cli.global.values(), |_| None, None, None).unwrap();
        let config = Config::try_new(&layers, &Home { data: Some("/data".into()) }).unwrap();
        assert!(config.object_store.allow_http && !config.object_store.skip_signature);
        assert_eq!(config.lake.to_string(), "/data/auditlake");
    }

    #[test]
    fn every_command_and_flag_has_help() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} has no help", command.get_name());
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{} {} has no help", command.get_name(), arg.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}

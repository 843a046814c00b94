//! Commands that run a statement: `\g`, `\gx`, `\watch`, and `\e`, which changes one.

use std::time::Duration;

use auditlake_model::{Error, Result};

use crate::output::output_file;
use crate::shell::{Flow, Shell};

/// Seconds between two runs unless told.
const WATCH_SECONDS: f64 = 2.0;
/// The shortest and the longest time between two runs.
const WATCH_RANGE: std::ops::RangeInclusive<f64> = 0.1..=86_400.0;

impl Shell {
    /// Runs the statement before the command, or the last one again.
    pub(super) async fn send(&mut self, statement: Option<&str>, arguments: &str, expanded: bool) -> Flow {
        let Some(sql) = self.statement_or_last(statement) else { return self.no_statement() };
        let path = crate::command::words(arguments).join(" ");
        let file = (!path.is_empty()).then(|| output_file(&path));
        self.run_statement(&sql, file.as_ref(), expanded).await
    }

    /// Runs it again and again until Ctrl-C or a failure.
    pub(super) async fn watch(&mut self, statement: Option<&str>, arguments: &str) -> Flow {
        let pause = match arguments.trim_start_matches("i=") {
            "" => Ok(WATCH_SECONDS),
            text => text.parse::<f64>(),
        };
        let Some(pause) = pause.ok().filter(|pause| WATCH_RANGE.contains(pause)) else {
            return self.report(Error::invalid(format!("`{arguments}` is no number of seconds")));
        };
        let Some(sql) = self.statement_or_last(statement) else { return self.no_statement() };
        let pager = std::mem::replace(&mut self.settings.pager, crate::settings::Pager::Off);
        let flow = loop {
            let flow = self.run_statement(&sql, None, false).await;
            if flow != Flow::Continue {
                break flow;
            }
            self.talk.say(&format!("again in {pause} s; Ctrl-C ends"));
            // A Ctrl-C that came after the last row counts too.
            let next = tokio::time::sleep(Duration::from_secs_f64(pause));
            tokio::select! {
                _ = self.interrupts.recv() => break Flow::Continue,
                () = next => {}
            }
        };
        self.settings.pager = pager;
        flow
    }

    /// Opens the last statement, or a file, in the editor; what comes back stands at the prompt.
    pub(super) fn edit(&mut self, arguments: &str) -> Flow {
        if !self.terminal.stdin {
            return self.report(Error::invalid("there is nobody to edit: standard input is no terminal"));
        }
        let path = crate::command::words(arguments).join(" ");
        match tokio::task::block_in_place(|| self.edited(&path)) {
            Ok(text) => Flow::Prefill(text.trim_end().to_owned()),
            Err(error) => self.report(error),
        }
    }

    fn edited(&self, path: &str) -> Result<String> {
        let failed = |e: std::io::Error| Error::unavailable("edit statement").with_source(e);
        let own = tempfile::Builder::new().prefix("auditlake-").suffix(".sql").tempfile().map_err(failed)?;
        let path = match path {
            "" => {
                let last = self.last_sql.as_ref().map(|sql| format!("{sql};\n"));
                std::fs::write(own.path(), last.unwrap_or_default()).map_err(failed)?;
                own.path().to_owned()
            }
            path => crate::files::at_home(path),
        };
        // The editor may be a command with arguments; the file goes behind them as one word.
        let status = std::process::Command::new("sh")
            .arg("-c")
            .arg(format!("{} \"$1\"", self.editor))
            .arg("sh")
            .arg(&path)
            .status()
            .map_err(failed)?;
        if !status.success() {
            return Err(Error::invalid(format!("the editor `{}` ended with {status}", self.editor))
                .with_hint("The variables VISUAL and EDITOR name another."));
        }
        std::fs::read_to_string(&path).map_err(|e| failed(e).with_context("file", path.display()))
    }

    fn statement_or_last(&self, statement: Option<&str>) -> Option<String> {
        statement.map(str::to_owned).or_else(|| self.last_sql.clone())
    }

    fn no_statement(&self) -> Flow {
        self.report(Error::invalid("there is no statement to run").with_hint("Type one before the command."))
    }
}

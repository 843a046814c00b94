//! What each command does.

mod describe;
mod event;
mod examples;
mod functions;
mod help;
mod set;
mod statement;
mod table;

use auditlake_model::{Error, ErrorKind};

use crate::chart::{Kind as ChartKind, Series};
use crate::command::{Kind, find};
use crate::script::CommandLine;
use crate::shell::{Flow, Shell};

impl Shell {
    /// Does what a command says.
    pub(crate) async fn run_command(&mut self, line: &CommandLine) -> Flow {
        let spec = match find(line) {
            Ok(spec) => spec,
            Err(error) => return self.report(error),
        };
        let arguments = line.arguments.as_str();
        match spec.kind {
            Kind::Quit => Flow::Quit,
            Kind::Help => self.help(arguments),
            Kind::Stores => self.list_stores().await,
            Kind::Describe => self.describe(arguments).await,
            Kind::Functions => self.list_functions(arguments),
            Kind::Event => self.show_event(arguments).await,
            Kind::Examples => self.examples(arguments).await,
            Kind::Chart => self.chart(arguments),
            Kind::Send | Kind::SendExpanded => {
                self.send(line.statement.as_deref(), arguments, spec.kind == Kind::SendExpanded).await
            }
            Kind::Watch => self.watch(line.statement.as_deref(), arguments).await,
            Kind::Edit => self.edit(arguments),
            Kind::Include if arguments.is_empty() => self.wants_argument(spec.name, spec.arguments),
            Kind::Include => self.include(&crate::command::words(arguments).join(" ")).await,
            Kind::Echo => {
                self.talk.say(arguments);
                Flow::Continue
            }
            Kind::History => self.history(arguments),
            kind => self.set(kind, arguments),
        }
    }

    /// Ends a command with its outcome.
    pub(crate) fn ended(&self, result: auditlake_model::Result<Flow>) -> Flow {
        match result {
            Ok(flow) => flow,
            Err(error) if error.kind() == ErrorKind::Cancelled => {
                self.talk.say("cancelled");
                Flow::Failed
            }
            Err(error) => self.report(error),
        }
    }

    fn wants_argument(&self, name: &str, arguments: &str) -> Flow {
        let error = Error::invalid(format!("`\\{name}` wants an argument"));
        self.report(error.with_hint(format!("`\\{name} {arguments}`")))
    }

    fn chart(&self, arguments: &str) -> Flow {
        let drawn = ChartKind::parse(arguments).and_then(|kind| {
            let columns = self.terminal.size().0;
            Ok(Series::of(&self.last_rows)?.draw(kind, columns, self.terminal.color))
        });
        match drawn {
            Ok(drawn) => self.show(&drawn),
            Err(error) => self.report(error),
        }
    }

    fn history(&self, arguments: &str) -> Flow {
        let count = match arguments {
            "" => 50,
            text => match text.parse() {
                Ok(count) => count,
                Err(_) => return self.report(Error::invalid(format!("`{text}` is no number"))),
            },
        };
        let Some(console) = &self.console else {
            return self.report(Error::invalid("there is no history without a terminal"));
        };
        let mut text = String::new();
        for entry in console.last(count) {
            for line in entry.lines() {
                text.push_str(&auditlake_query::render::escape_text(line));
                text.push('\n');
            }
        }
        self.show(&text)
    }
}

//! One shell: takes text in, does what it says, and keeps what is set.

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use auditlake_model::{Error, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::console::{Console, Typed};
use crate::dictionary::{Dictionary, Learner};
use crate::script::{Item, Script};
use crate::session::Session;
use crate::settings::{Pager, Settings};
use crate::talk::{Talk, Terminal};

/// Files within files that `\i` follows.
const DEEPEST_INCLUDE: usize = 16;

/// What a shell is started with.
#[derive(Debug)]
pub struct Options {
    /// Where statements that were typed are kept; nowhere if `None`.
    pub history: Option<PathBuf>,
    /// Statements and commands that are run at the start, if the file is there.
    pub rc: Option<PathBuf>,
    /// The command that shows long results; `None` shows them as they are.
    pub pager: Option<String>,
    /// The command that `\e` edits with.
    pub editor: String,
    /// What the ends are connected with.
    pub terminal: Terminal,
    /// Lines to say before the first prompt.
    pub greeting: Vec<String>,
}

/// How a shell ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The user left, or the text ended.
    Well,
    /// A statement or command of a text failed; the rest was not done.
    Failed,
}

/// What to do after a piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Go on.
    Continue,
    /// It failed, and was reported.
    Failed,
    /// Go on with this text on the line.
    Prefill(String),
    /// Leave.
    Quit,
}

/// A shell over a session.
pub struct Shell {
    pub(crate) session: Arc<dyn Session>,
    pub(crate) talk: Arc<dyn Talk>,
    pub(crate) settings: Settings,
    pub(crate) terminal: Terminal,
    pub(crate) dictionary: Arc<Dictionary>,
    pub(crate) editor: String,
    /// The statement that `\g` runs again.
    pub(crate) last_sql: Option<String>,
    /// The first rows of the last result.
    pub(crate) last_rows: Vec<RecordBatch>,
    pub(crate) interrupts: Signal,
    /// Statements of this terminal, oldest first; filled for `\history`.
    pub(crate) console: Option<Console>,
    pub(crate) include_depth: usize,
    /// Whether the user knows that tables shorten values.
    pub(crate) told_shortened: bool,
    history: Option<PathBuf>,
    rc: Option<PathBuf>,
    greeting: Vec<String>,
    _learner: Learner,
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell")
            .field("session", &self.session)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Shell {
    /// Creates a shell; to be called in a runtime with several threads, since reading keys blocks one.
    ///
    /// # Errors
    /// `Unavailable` when Ctrl-C cannot be caught.
    pub fn try_new(session: Arc<dyn Session>, talk: Arc<dyn Talk>, options: Options) -> Result<Self> {
        let interrupts =
            signal(SignalKind::interrupt()).map_err(|e| Error::unavailable("catch Ctrl-C").with_source(e))?;
        let (dictionary, learner) = Dictionary::start(&session);
        let examples = crate::examples::all().into_iter().map(|example| example.name).collect();
        dictionary.update(|words| words.examples = examples);
        let pager = options.pager.map_or(Pager::Off, Pager::Command);
        Ok(Self {
            session,
            talk,
            settings: Settings::new(pager),
            terminal: options.terminal,
            dictionary,
            editor: options.editor,
            last_sql: None,
            last_rows: Vec::new(),
            interrupts,
            console: None,
            include_depth: 0,
            told_shortened: false,
            history: options.history,
            rc: options.rc,
            greeting: options.greeting,
            _learner: learner,
        })
    }

    /// Runs the shell to its end: a prompt on a terminal, else all of standard input.
    ///
    /// # Errors
    /// As the terminal gives them; failures of statements are reported, not returned.
    pub async fn run(&mut self) -> Result<Ended> {
        if self.run_rc().await == Flow::Quit {
            return Ok(Ended::Well);
        }
        if self.terminal.stdin { self.prompt().await } else { self.run_stdin().await }
    }

    async fn run_rc(&mut self) -> Flow {
        let Some(path) = self.rc.clone().filter(|path| path.exists()) else { return Flow::Continue };
        let flow = self.include(&path.display().to_string()).await;
        if flow == Flow::Failed {
            self.talk.say(&format!("(in {})", path.display()));
        }
        flow
    }

    async fn prompt(&mut self) -> Result<Ended> {
        let talk = Arc::clone(&self.talk);
        let say = |text: &str| talk.say(text);
        let color = self.terminal.color;
        let console = Console::open(Arc::clone(&self.dictionary), self.history.clone(), color, &say)?;
        self.console = Some(console);
        self.greet();
        let mut initial = String::new();
        loop {
            self.say_notices();
            let prompt = self.settings.prompt();
            let vi_keys = self.settings.vi_keys;
            let Some(console) = &mut self.console else { return Ok(Ended::Well) };
            let typed = tokio::task::block_in_place(|| console.read(&prompt, &initial, vi_keys))?;
            initial.clear();
            let text = match typed {
                Typed::Text(text) => text,
                Typed::Nothing => continue,
                Typed::End => return Ok(Ended::Well),
            };
            match self.execute(&text, false).await {
                Flow::Quit => return Ok(Ended::Well),
                Flow::Prefill(text) => initial = text,
                Flow::Continue | Flow::Failed => {}
            }
        }
    }

    fn greet(&self) {
        self.talk.say(&format!(
            "{} {}: Lake SQL ends with `;`, `\\?` helps, Tab completes, Ctrl-D leaves.",
            self.talk.heading("auditlake"),
            self.session.place()
        ));
        for line in &self.greeting {
            self.talk.say(line);
        }
    }

    pub(crate) fn say_notices(&self) {
        for notice in self.session.take_notices() {
            self.talk.say(&notice);
        }
    }

    async fn run_stdin(&mut self) -> Result<Ended> {
        let read = || {
            let mut text = String::new();
            std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
        };
        let text = tokio::task::block_in_place(read)
            .map_err(|e| Error::invalid("read statements from standard input").with_source(e))?;
        match self.execute(&text, true).await {
            Flow::Failed => Ok(Ended::Failed),
            _ => Ok(Ended::Well),
        }
    }

    /// Does what a text says, up to the first failure; `whole` texts may end without `;`.
    pub(crate) async fn execute(&mut self, text: &str, whole: bool) -> Flow {
        let mut script = Script::parse(text);
        if whole && !script.rest.trim().is_empty() {
            script.items.push(Item::Statement(script.rest.trim().to_owned()));
        }
        for item in script.items {
            let flow = match item {
                Item::Statement(sql) => self.run_statement(&sql, None, false).await,
                Item::Command(line) => Box::pin(self.run_command(&line)).await,
            };
            if flow != Flow::Continue {
                return flow;
            }
        }
        Flow::Continue
    }

    /// Runs a file of statements and commands.
    pub(crate) async fn include(&mut self, path: &str) -> Flow {
        if self.include_depth >= DEEPEST_INCLUDE {
            return self.report(Error::invalid(format!(
                "files include each other more than {DEEPEST_INCLUDE} deep"
            )));
        }
        let text = match crate::files::read(path) {
            Ok(text) => text,
            Err(error) => return self.report(error),
        };
        self.include_depth += 1;
        let flow = Box::pin(self.execute(&text, true)).await;
        self.include_depth -= 1;
        flow
    }

    /// Reports a failure that is not about the text of a statement.
    pub(crate) fn report(&self, error: Error) -> Flow {
        self.talk.error(error, None);
        Flow::Failed
    }

    /// Waits for `work` unless Ctrl-C comes.
    ///
    /// # Errors
    /// `Cancelled` after Ctrl-C, else those of `work`.
    pub(crate) async fn or_interrupted<T>(
        interrupts: &mut Signal,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        forget_interrupts(interrupts).await;
        tokio::select! {
            biased;
            result = work => result,
            _ = interrupts.recv() => Err(Error::cancelled("interrupted")),
        }
    }
}

/// Forgets a Ctrl-C from before: it was not meant for what comes now.
pub(crate) async fn forget_interrupts(interrupts: &mut Signal) {
    while tokio::time::timeout(std::time::Duration::ZERO, interrupts.recv())
        .await
        .is_ok_and(|got| got.is_some())
    {}
}

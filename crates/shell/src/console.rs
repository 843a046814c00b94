//! The prompt: reads what a person types, and hands it over until they leave.

use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use auditlake_model::{Error, Result};
use rustyline::config::Configurer as _;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config, EditMode, Editor};

use crate::dictionary::Dictionary;
use crate::helper::LineHelper;

/// Statements that are remembered.
const HISTORY: usize = 10_000;

/// What came from the prompt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// Statements and commands.
    Text(String),
    /// Ctrl-C: the line is thrown away.
    Nothing,
    /// Ctrl-D.
    End,
}

/// The line editor with its history.
pub(crate) struct Console {
    editor: Editor<LineHelper, FileHistory>,
    history: Option<PathBuf>,
}

impl Console {
    /// Opens the terminal and the history; a history that cannot be read is told once, and the shell goes on.
    ///
    /// # Errors
    /// `Unavailable` when the terminal cannot be set up.
    pub(crate) fn open(
        dictionary: Arc<Dictionary>,
        history: Option<PathBuf>,
        color: bool,
        say: &dyn Fn(&str),
    ) -> Result<Self> {
        let config = Config::builder()
            .max_history_size(HISTORY)
            .and_then(|builder| builder.history_ignore_dups(true))
            .map_err(failed)?
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .color_mode(if color { ColorMode::Forced } else { ColorMode::Disabled })
            .bracketed_paste(true)
            .tab_stop(4)
            .build();
        let mut editor: Editor<LineHelper, FileHistory> = Editor::with_config(config).map_err(failed)?;
        editor.set_helper(Some(LineHelper::new(dictionary, color)));
        let history = history.filter(|path| match prepare(path) {
            Ok(()) => true,
            Err(error) => {
                say(&format!("history is not kept: {}: {error}", path.display()));
                false
            }
        });
        if let Some(path) = &history
            && let Err(error) = editor.load_history(path)
        {
            tracing::debug!(error = %error, "history of the shell");
        }
        Ok(Self { editor, history })
    }

    /// Reads statements or commands; `initial` stands there already.
    ///
    /// # Errors
    /// As the terminal gives them.
    pub(crate) fn read(&mut self, prompt: &str, initial: &str, vi_keys: bool) -> Result<Typed> {
        self.editor.set_edit_mode(if vi_keys { EditMode::Vi } else { EditMode::Emacs });
        match self.editor.readline_with_initial(prompt, (initial, "")) {
            Ok(text) => {
                self.remember(&text);
                Ok(Typed::Text(text))
            }
            Err(ReadlineError::Interrupted) => Ok(Typed::Nothing),
            Err(ReadlineError::Eof) => Ok(Typed::End),
            Err(error) => Err(failed(error)),
        }
    }

    /// Returns the last `count` entries, oldest first.
    pub(crate) fn last(&self, count: usize) -> Vec<String> {
        let entries: Vec<&String> = self.editor.history().iter().collect();
        entries.iter().skip(entries.len().saturating_sub(count)).map(|entry| (*entry).clone()).collect()
    }

    fn remember(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let added = self.editor.add_history_entry(text.trim_end()).unwrap_or(false);
        if let Some(path) = self.history.as_ref().filter(|_| added)
            && let Err(error) = self.editor.append_history(path)
        {
            tracing::debug!(error = %error, "history of the shell");
        }
    }
}

/// Makes the file of the history, for nobody else to read: statements name people and keys.
fn prepare(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let file = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
}

fn failed(error: ReadlineError) -> Error {
    Error::unavailable("read from the terminal").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::Words;

    #[test]
    fn history_is_for_its_user_alone_and_survives() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/history");
        let open = || {
            let words = Dictionary::fixed(Words::default());
            Console::open(words, Some(path.clone()), false, &|_| {}).unwrap()
        };
        let mut console = open();
        console.remember("SELECT 1\nFROM t;");
        console.remember("SELECT 1\nFROM t;");
        console.remember(" SELECT 'secret';");
        console.remember("\\d");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(console);
        assert_eq!(open().last(10), ["SELECT 1\nFROM t;", "\\d"]);
        assert_eq!(open().last(1), ["\\d"]);
    }
}

//! Text into statements and commands of the shell.
//!
//! ```text
//! text --tokens--> statement up to `;` | `\command` up to the end of its line | a rest that is not complete
//! ```

use crate::lexer::{TokenKind, tokens};

/// Words that are commands when they stand alone.
const BARE_COMMANDS: &[&str] = &["quit", "exit", "help"];
/// Commands that take the statement before them, which then needs no `;`.
const SENDING: &[&str] = &["g", "gx", "watch"];

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    /// A statement, without its `;`.
    Statement(String),
    /// A command of the shell.
    Command(CommandLine),
}

/// A command as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandLine {
    /// Its name, without the backslash.
    pub(crate) name: String,
    /// What stands behind the name, trimmed.
    pub(crate) arguments: String,
    /// The statement right before it, for commands that send one.
    pub(crate) statement: Option<String>,
}

/// What a text holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Script {
    /// What is complete, in order.
    pub(crate) items: Vec<Item>,
    /// The statement that is not, with its comments; blank when there is none.
    pub(crate) rest: String,
}

impl Script {
    /// Takes a text apart.
    pub(crate) fn parse(text: &str) -> Self {
        let mut script = Self::default();
        let mut statement = Pending::default();
        let mut stream = tokens(text);
        while let Some(token) = stream.next() {
            let line_end = || text[token.start..].find('\n').map_or(text.len(), |index| token.start + index);
            let bare = || bare_command(&text[token.start..line_end()]);
            match token.kind {
                TokenKind::Semicolon => script.items.extend(statement.take().map(Item::Statement)),
                TokenKind::Backslash => {
                    let end = line_end();
                    script.items.push(Item::Command(command(&text[token.end()..end], &mut statement)));
                    stream.skip_to(end);
                }
                TokenKind::Word if !statement.has_text && bare().is_some() => {
                    let name = bare().unwrap_or_default().to_owned();
                    let command = CommandLine { name, arguments: String::new(), statement: None };
                    script.items.push(Item::Command(command));
                    stream.skip_to(line_end());
                }
                _ => {
                    statement.text.push_str(token.text);
                    statement.has_text |= token.is_significant();
                    statement.open |= !token.closed;
                }
            }
        }
        if statement.has_text || statement.open {
            script.rest = statement.text;
        }
        script
    }

    /// Tells whether nothing is left to be typed.
    pub(crate) fn is_complete(&self) -> bool {
        self.rest.is_empty()
    }
}

/// Returns the statements of `text`, without what is only space or comment; the last one needs no `;`.
///
/// A backslash means nothing here: this is for text without commands.
pub fn split(text: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let mut start = 0;
    let mut has_text = false;
    for token in tokens(text) {
        if token.kind == TokenKind::Semicolon {
            if has_text {
                statements.push(text[start..token.start].trim());
            }
            start = token.end();
            has_text = false;
        } else {
            has_text |= token.is_significant();
        }
    }
    if has_text {
        statements.push(text[start..].trim());
    }
    statements
}

/// A statement whose end has not come.
#[derive(Debug, Default)]
struct Pending {
    text: String,
    has_text: bool,
    open: bool,
}

impl Pending {
    fn take(&mut self) -> Option<String> {
        let Self { text, has_text, .. } = std::mem::take(self);
        has_text.then(|| text.trim().to_owned())
    }
}

fn command(line: &str, pending: &mut Pending) -> CommandLine {
    let line = line.trim().trim_end_matches(';').trim_end();
    let (name, arguments) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let statement = if SENDING.contains(&name) { pending.take() } else { None };
    CommandLine { name: name.to_owned(), arguments: arguments.trim().to_owned(), statement }
}

fn bare_command(line: &str) -> Option<&'static str> {
    let line = line.trim().trim_end_matches(';').trim_end();
    BARE_COMMANDS.iter().find(|word| line.eq_ignore_ascii_case(word)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_semicolons_outside_of_quotes_and_comments() {
        let check = |text: &str, expected: &[&str]| assert_eq!(split(text), expected, "{text}");
        check("SELECT 1", &["SELECT 1"]);
        check(" SELECT 1 ;\n\nSELECT 2;\n", &["SELECT 1", "SELECT 2"]);
        check("SELECT ';' || \"a;b\"; SELECT 'it''s;'", &["SELECT ';' || \"a;b\"", "SELECT 'it''s;'"]);
        check("-- a; b\nSELECT 1 -- c;\n; -- d", &["-- a; b\nSELECT 1 -- c;"]);
        check("/* a; /* b; */ c; */ SELECT 1; /* d", &["/* a; /* b; */ c; */ SELECT 1"]);
        check("SELECT 1 - -2 / 3 * 4; ;;", &["SELECT 1 - -2 / 3 * 4"]);
        check("SELECT 'open; text", &["SELECT 'open; text"]);
        check(" ; -- nothing\n", &[]);
        check("SELECT 'ü;'; SELECT '日本'", &["SELECT 'ü;'", "SELECT '日本'"]);
    }

    fn shown(text: &str) -> (Vec<String>, String) {
        let script = Script::parse(text);
        let show = |item: Item| match item {
            Item::Statement(sql) => sql,
            Item::Command(CommandLine { name, arguments, statement }) => {
                format!("\\{name}|{arguments}|{}", statement.unwrap_or_default())
            }
        };
        (script.items.into_iter().map(show).collect(), script.rest.trim().to_owned())
    }

    #[track_caller]
    fn check(text: &str, items: &[&str], rest: &str) {
        assert_eq!(shown(text), (items.iter().map(|item| (*item).to_owned()).collect(), rest.to_owned()));
    }

    #[test]
    fn commands_end_with_their_line() {
        check("\\d trail;\nSELECT 1;\n\\x", &["\\d|trail|", "SELECT 1", "\\x||"], "");
        check("SELECT '\\d'\nFROM t;", &["SELECT '\\d'\nFROM t"], "");
        check("quit", &["\\quit||"], "");
        check(" EXIT ; ", &["\\exit||"], "");
        check("SELECT help\n;", &["SELECT help"], "");
        check("\\i /tmp/a b.sql", &["\\i|/tmp/a b.sql|"], "");
    }

    #[test]
    fn some_commands_send_the_statement_before_them() {
        check("SELECT 1 \\g\nSELECT 2", &["\\g||SELECT 1"], "SELECT 2");
        check("SELECT 1\n\\watch 2", &["\\watch|2|SELECT 1"], "");
        check("\\g", &["\\g||"], "");
        check("SELECT 1\n\\timing\n+ 1;", &["\\timing||", "SELECT 1\n\n+ 1"], "");
    }

    #[test]
    fn what_is_not_complete_is_left() {
        check("SELECT 1", &[], "SELECT 1");
        check("SELECT 'a;", &[], "SELECT 'a;");
        check("-- only a comment", &[], "");
        check("/* open", &[], "/* open");
        check("", &[], "");
        assert!(Script::parse("SELECT 1;").is_complete());
        assert!(!Script::parse("SELECT 1; SELECT").is_complete());
    }
}

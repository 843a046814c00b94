//! What the line editor asks while somebody types.

use std::borrow::Cow;
use std::sync::Arc;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Result};

use crate::complete::{complete, tables_named};
use crate::dictionary::Dictionary;
use crate::highlight::highlight;
use crate::script::Script;
use crate::talk::Paint;

/// Connects the line editor with dictionary, colours and the end of statements.
pub(crate) struct LineHelper {
    dictionary: Arc<Dictionary>,
    color: bool,
}

impl LineHelper {
    pub(crate) fn new(dictionary: Arc<Dictionary>, color: bool) -> Self {
        Self { dictionary, color }
    }
}

impl Helper for LineHelper {}

impl Completer for LineHelper {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _ctx: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        for table in tables_named(line, pos) {
            self.dictionary.want(&table);
        }
        let completion = self.dictionary.read(|words| complete(line, pos, words));
        let pair = |candidate: crate::complete::Candidate| Pair {
            display: candidate.shown,
            replacement: candidate.text,
        };
        Ok((completion.start, completion.candidates.into_iter().map(pair).collect()))
    }
}

impl Hinter for LineHelper {
    type Hint = String;
}

impl Highlighter for LineHelper {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        if self.color { Cow::Owned(highlight(line, pos)) } else { Cow::Borrowed(line) }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _default: bool) -> Cow<'b, str> {
        if self.color { Cow::Owned(Paint::Prompt.paint(true, prompt)) } else { Cow::Borrowed(prompt) }
    }

    fn highlight_char(&self, _line: &str, _pos: usize, kind: CmdKind) -> bool {
        // The cursor may have come to a bracket, or left one.
        self.color || kind == CmdKind::ForcedRefresh
    }
}

impl Validator for LineHelper {
    fn validate(&self, ctx: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        Ok(match Script::parse(ctx.input()).is_complete() {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}

//! `listagg`: texts one after the other, up to a length.
//!
//! What stands behind ON OVERFLOW comes as more arguments, see `desugar` in the dialect:
//!
//! | arguments | when the result is too long |
//! |---|---|
//! | `listagg(x, separator)` | an error |
//! | `listagg(x, separator, filler, false)` | the texts that fit, and the filler |
//! | `listagg(x, separator, filler, true)` | and how many texts are left out, in parentheses |

use std::sync::Arc;

use auditlake_model::Error;
use datafusion::arrow::array::{ArrayRef, AsArray, StringViewBuilder};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type};
use datafusion::common::{DataFusionError, Result, ScalarValue, plan_err};
use datafusion::logical_expr::Accumulator;

use super::aggregate::{Aggregate, Inputs};
use super::lists;
use crate::TEXT;
use crate::engine_error::into_datafusion;
use crate::text::is_text;

/// The most bytes of a result, without what tells that it was cut.
const MOST_BYTES: usize = 1_048_576;

pub(super) static AGGREGATES: [Aggregate; 1] = [Aggregate {
    name: "listagg",
    aliases: &["string_agg"],
    signature: "listagg(text [, separator] [ON OVERFLOW ERROR | ON OVERFLOW TRUNCATE [filler] WITH | WITHOUT COUNT]) \
                [WITHIN GROUP (ORDER BY key)]",
    help: "The texts of a group one after the other, with a separator between them; at most 1,048,576 bytes.",
    coerce,
    returns: |_| Ok(Arc::new(Field::new("listagg", TEXT, true))),
    state: |_| vec![DataType::new_list(TEXT, true), DataType::Int64],
    accumulator: |inputs| {
        Ok(Box::new(Texts { rule: Rule::of(inputs)?, joined: String::new(), ends: vec![], more: 0 }))
    },
    groups: None,
    ordered: true,
}];

fn coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    let text = |given: &DataType| match given {
        given if is_text(given) || given.is_null() => Ok(TEXT),
        other => plan_err!("listagg takes text, not {other}"),
    };
    match types {
        [value] => Ok(vec![text(value)?]),
        [value, separator] => Ok(vec![text(value)?, text(separator)?]),
        [value, separator, filler, DataType::Boolean] => {
            Ok(vec![text(value)?, text(separator)?, text(filler)?, DataType::Boolean])
        }
        _ => plan_err!("listagg takes text and a separator"),
    }
}

/// What stands between texts, and what to do when they are too long.
#[derive(Debug)]
struct Rule {
    separator: String,
    /// What tells that the result was cut, and whether it tells how many texts are left out.
    filler: Option<(String, bool)>,
}

impl Rule {
    fn of(inputs: &Inputs) -> Result<Self> {
        let text = |place: usize| match inputs.constants.get(place) {
            None => Ok(String::new()),
            Some(Some(constant)) => match constant.try_as_str() {
                Some(text) => Ok(text.unwrap_or_default().to_owned()),
                None => plan_err!("argument {} of listagg is no text", place + 1),
            },
            Some(None) => plan_err!("argument {} of listagg is no constant", place + 1),
        };
        let counts = matches!(inputs.constants.get(3), Some(Some(ScalarValue::Boolean(Some(true)))));
        let filler = if inputs.types.len() > 2 { Some((text(2)?, counts)) } else { None };
        Ok(Self { separator: text(1)?, filler })
    }

    fn too_long() -> DataFusionError {
        into_datafusion(
            Error::resources_exhausted(format!("`listagg` makes more than {MOST_BYTES} bytes")).with_hint(
                "Write `listagg(x, ',' ON OVERFLOW TRUNCATE '...' WITH COUNT)`, or gather an array with array_agg.",
            ),
        )
    }
}

/// Texts with separators, as many as fit.
#[derive(Debug)]
struct Texts {
    rule: Rule,
    joined: String,
    /// Where each text ends.
    ends: Vec<u32>,
    /// How many texts came after those that fit.
    more: i64,
}

impl Texts {
    fn push(&mut self, text: &str) -> Result<()> {
        let separator = if self.ends.is_empty() { "" } else { self.rule.separator.as_str() };
        let is_full = self.more > 0 || self.joined.len() + separator.len() + text.len() > MOST_BYTES;
        if is_full && self.rule.filler.is_none() {
            return Err(Rule::too_long());
        }
        if is_full {
            self.more += 1;
            return Ok(());
        }
        self.joined.push_str(separator);
        self.joined.push_str(text);
        self.ends.push(u32::try_from(self.joined.len()).unwrap_or(u32::MAX));
        Ok(())
    }

    /// Returns the texts that fit.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let end = *end as usize;
            let text = self.joined.get(start..end).unwrap_or_default();
            start = end + self.rule.separator.len();
            text
        })
    }
}

impl Accumulator for Texts {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        values[0].as_string_view().iter().flatten().try_for_each(|text| self.push(text))
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let counts = states[1].as_primitive::<Int64Type>();
        for row in 0..states[0].len() {
            let texts = lists::flatten(&states[0].slice(row, 1))?;
            texts.as_string_view().iter().flatten().try_for_each(|text| self.push(text))?;
            self.more += counts.value(row);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut text = self.joined.clone();
        match &self.rule.filler {
            Some((filler, counts)) if self.more > 0 => {
                if !self.ends.is_empty() {
                    text.push_str(&self.rule.separator);
                }
                text.push_str(filler);
                if *counts {
                    text.push_str(&format!("({})", self.more));
                }
            }
            _ if self.ends.is_empty() => return Ok(ScalarValue::Utf8View(None)),
            _ => {}
        }
        Ok(ScalarValue::Utf8View(Some(text)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut builder = StringViewBuilder::with_capacity(self.ends.len());
        self.texts().for_each(|text| builder.append_value(text));
        Ok(vec![lists::one(Arc::new(builder.finish())), ScalarValue::Int64(Some(self.more))])
    }

    fn size(&self) -> usize {
        let rule =
            self.rule.separator.capacity() + self.rule.filler.as_ref().map_or(0, |(text, _)| text.capacity());
        size_of_val(self) + self.joined.capacity() + self.ends.capacity() * size_of::<u32>() + rule
    }
}

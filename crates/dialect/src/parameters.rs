//! Values for `:name`, `?` and `$1` in a statement.
//!
//! ```text
//! tokens --mark--> `:name` is one token --parser--> placeholder in the tree --bind--> typed literal in the tree
//! ```
//!
//! A value never becomes part of the text, so nothing in it can change the statement. `:name` in strings, quoted
//! names and comments is text; `x::type` is a cast and `a[1:n]` a slice, as they are without parameters. A
//! parameter stands for a value only: not for a table, a column or a type.
//!
//! | value | as if written |
//! |---|---|
//! | text | `'...'`; compares with timestamps as every string does |
//! | number | its digits, so `1.50` is what it is in SQL |
//! | boolean, null | `true`, `false`, `NULL` |
//! | timestamp | `TIMESTAMP '...'`, in UTC |

mod bind;
mod dashboard;
mod mark;
mod slots;

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use auditlake_model::{Error, EventDate, Result, Timestamp};

pub(super) use self::bind::{bind, open};
pub(super) use self::dashboard::name_tables;
pub use self::mark::{ParameterUse, parameter_uses};
pub(super) use self::mark::{mark, quoted_parameter};
pub use self::slots::{
    ParameterSlot, ParameterType, bind_row, parameter_schema, parameter_slots, statement_slot_names,
};
pub use self::slots::{Sample, samples};

/// Most parameters of a statement.
pub const MAX_PARAMETERS: usize = 1_000;
/// Most bytes of all values together.
pub const MAX_PARAMETER_BYTES: usize = 256 * 1024;

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterValue {
    /// Text.
    Text(String),
    /// A number.
    Number(NumberText),
    /// True or false.
    Boolean(bool),
    /// No value.
    Null,
    /// An instant.
    Timestamp(Timestamp),
}

impl ParameterValue {
    /// Parses a value of a type: `text`, `number` (or `int`), `boolean` (or `bool`), `timestamp` (or `time`), `null`.
    ///
    /// | type | value |
    /// |---|---|
    /// | `text` | anything, as it is |
    /// | `number` | decimal digits with sign, fraction, exponent: `-1.50e3` |
    /// | `boolean` | `true`, `false` |
    /// | `timestamp` | `2026-01-31T22:15:00Z`, with any offset; `2026-01-31` is the start of that day in UTC |
    /// | `null` | nothing |
    ///
    /// # Errors
    ///
    /// `Invalid` when there is no such type or the value is none of it.
    pub fn parse(type_name: &str, text: &str) -> Result<Self> {
        let wrong = |what: &str, hint: &str| {
            Error::invalid(format!("`{text}` is no {what}")).with_hint(hint.to_owned())
        };
        match type_name.to_ascii_lowercase().as_str() {
            "text" => Ok(Self::Text(text.to_owned())),
            "number" | "int" => text.parse().map(Self::Number),
            "boolean" | "bool" => match text.to_ascii_lowercase().as_str() {
                "true" => Ok(Self::Boolean(true)),
                "false" => Ok(Self::Boolean(false)),
                _ => Err(wrong("boolean", "Use true or false.")),
            },
            "timestamp" | "time" => match EventDate::parse(text) {
                Ok(day) => Ok(Self::Timestamp(day.start())),
                Err(_) => text.parse().map(Self::Timestamp),
            },
            "null" if text.is_empty() => Ok(Self::Null),
            "null" => Err(wrong("value of the type null", "Write `name:null`.")),
            _ => Err(Error::invalid(format!("`{type_name}` is no type of a parameter"))
                .with_hint("Use one of text, number, boolean, timestamp, null.")),
        }
    }

    /// Returns the name of the type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Number(_) => "number",
            Self::Boolean(_) => "boolean",
            Self::Null => "null",
            Self::Timestamp(_) => "timestamp",
        }
    }

    fn size_bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Number(number) => number.0.len(),
            Self::Boolean(_) | Self::Null | Self::Timestamp(_) => 0,
        }
    }
}

impl Display for ParameterValue {
    /// Prints the value as [`ParameterValue::parse`] takes it.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => f.write_str(&number.0),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Null => Ok(()),
            Self::Timestamp(instant) => write!(f, "{instant}"),
        }
    }
}

/// A number with the digits it was written with: `-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberText(String);

impl NumberText {
    /// Returns the number as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NumberText {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let is_number = digits(whole)
            && fraction.is_none_or(digits)
            && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)));
        match is_number {
            true => Ok(Self(text.to_owned())),
            false => Err(Error::invalid(format!("`{text}` is no number"))
                .with_hint("Write it as in SQL: 5, -1.50, 2e3.")),
        }
    }
}

/// Values by name.
///
/// - Names are letters, digits and `_`, and begin with no digit; case counts.
/// - At most [`MAX_PARAMETERS`], of at most [`MAX_PARAMETER_BYTES`] together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameters {
    values: BTreeMap<String, ParameterValue>,
    /// Whether a statement may leave some of them unused.
    offered: bool,
}

impl Parameters {
    /// Sets a parameter, in place of one of the same name.
    ///
    /// # Errors
    ///
    /// `Invalid` when the name is none, `ResourcesExhausted` beyond a bound.
    pub fn set(&mut self, name: &str, value: ParameterValue) -> Result<()> {
        if !is_name(name) {
            return Err(Error::invalid(format!("`{name}` is no name of a parameter"))
                .with_hint("Use letters, digits and `_`, a digit not first."));
        }
        self.insert(name, value)
    }

    fn insert(&mut self, name: &str, value: ParameterValue) -> Result<()> {
        let others: usize =
            self.values.iter().filter(|(other, _)| *other != name).map(|(_, value)| value.size_bytes()).sum();
        if others + value.size_bytes() > MAX_PARAMETER_BYTES {
            return Err(Error::resources_exhausted(format!(
                "the values of parameters are longer than {MAX_PARAMETER_BYTES} bytes"
            )));
        }
        if self.values.len() >= MAX_PARAMETERS && !self.values.contains_key(name) {
            return Err(Error::resources_exhausted(format!(
                "there are more than {MAX_PARAMETERS} parameters"
            )));
        }
        self.values.insert(name.to_owned(), value);
        Ok(())
    }

    /// Sets a parameter from `name=value` or `name:type=value`; the last of equal names counts.
    ///
    /// Everything behind the first `=` is the value, spaces and quotes included, and text unless a type of
    /// [`ParameterValue::parse`] says otherwise: account ids keep their zeros, and text compares with timestamps
    /// as every string of the dialect does. `name:null` needs no `=`.
    ///
    /// # Errors
    ///
    /// `Invalid` when the text has another form, and as [`Parameters::set`] and [`ParameterValue::parse`].
    ///
    /// # Examples
    ///
    /// ```
    /// use auditlake_dialect::Parameters;
    ///
    /// let mut parameters = Parameters::default();
    /// for assignment in ["account=012345678901", "since=2026-01-01", "least:number=5", "code:null"] {
    ///     parameters.assign(assignment).unwrap();
    /// }
    /// assert_eq!(parameters.names().collect::<Vec<_>>(), ["account", "code", "least", "since"]);
    /// ```
    pub fn assign(&mut self, assignment: &str) -> Result<()> {
        let (name, value) = assigned(assignment)?;
        self.set(name, value)
    }

    /// Sets the value of a slot as [`Parameters::assignments`] gave it; see [`ParameterSlot::name`].
    ///
    /// # Errors
    ///
    /// As [`Parameters::assign`].
    pub fn assign_slot(&mut self, assignment: &str) -> Result<()> {
        let (name, value) = assigned(assignment)?;
        self.put(name, value)
    }

    /// Returns the values as `name:type=value`, so that they can be set again.
    pub fn assignments(&self) -> Vec<String> {
        self.iter().map(|(name, value)| format!("{name}:{}={value}", value.type_name())).collect()
    }

    /// Sets the value of a slot, whatever way its parameter is written.
    pub fn put(&mut self, slot: &str, value: ParameterValue) -> Result<()> {
        match slot.strip_prefix('$') {
            None => self.set(slot, value),
            Some(_) => self.insert(slot, value),
        }
    }

    /// Takes a parameter away.
    pub fn remove(&mut self, name: &str) -> Option<ParameterValue> {
        self.values.remove(name)
    }

    /// Returns the value of a parameter.
    pub fn get(&self, name: &str) -> Option<&ParameterValue> {
        self.values.get(name)
    }

    /// Returns the parameters in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ParameterValue)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Returns the names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Lets a statement leave values unused: a session may know more than one statement, and the saved queries in it, need.
    #[must_use]
    pub fn offered(self) -> Self {
        Self { offered: true, ..self }
    }

    /// Tells whether a statement may leave values unused.
    pub fn is_offered(&self) -> bool {
        self.offered
    }

    /// Returns the values of the parameters `names`, and no other.
    #[must_use]
    pub fn only(&self, names: &[String]) -> Self {
        let kept = self.values.iter().filter(|(name, _)| names.contains(name));
        let values = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        Self { values, offered: false }
    }
}

/// Reads `name=value` or `name:type=value`.
fn assigned(assignment: &str) -> Result<(&str, ParameterValue)> {
    let (target, text) = match assignment.split_once('=') {
        Some((target, text)) => (target.trim(), Some(text)),
        None => (assignment.trim(), None),
    };
    let (name, type_name) = match target.split_once(':') {
        Some((name, type_name)) => (name, Some(type_name)),
        None => (target, None),
    };
    let value = match (type_name, text) {
        (None, Some(text)) => ParameterValue::Text(text.to_owned()),
        (Some(type_name), Some(text)) => {
            ParameterValue::parse(type_name, text).map_err(|error| error.with_context("parameter", name))?
        }
        (Some(type_name), None) if type_name.eq_ignore_ascii_case("null") => ParameterValue::Null,
        (_, None) => {
            return Err(Error::invalid(format!("`{assignment}` gives a parameter no value"))
                .with_hint("Write `name=value`, or `name:type=value` for a value that is no text."));
        }
    };
    Ok((name, value))
}

fn is_name(text: &str) -> bool {
    let is_start = |c: char| c.is_alphabetic() || c == '_';
    let mut chars = text.chars();
    chars.next().is_some_and(is_start) && chars.all(|c| is_start(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests;

//! JSON text into columns of other types.
//!
//! | JSON | becomes |
//! |---|---|
//! | string, number, boolean | what the text, number or boolean becomes |
//! | `null` | NULL; within `array(json)` and `map(.., json)` JSON `null` |
//! | array | array, or row by position |
//! | object | map, or row by the names of its fields, which ignore case |
//!
//! A free-form field is a map of texts: what is nested stays JSON text, and a member that is `null` is not there.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::sink::{Column, Fault, JsonMode, Sink};
use super::source::Cell;
use super::types::{LakeType, field_name};

/// The members of an object in their order.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// A text that is borrowed where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

fn parsed<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|_| "it is not JSON".to_owned())
}

impl Sink {
    /// Appends the value of a JSON text.
    pub(super) fn push_json(&mut self, text: &str, mode: JsonMode) -> Result<(), Fault> {
        let value: &RawValue = parsed(text)?;
        if mode == JsonMode::Field && matches!(self.of, LakeType::Varchar(_)) && value.get().starts_with('{')
        {
            let shown = field_text(value.get())?;
            return self.push_cell(Cell::Text(&shown));
        }
        self.push_value(value, mode)
    }

    fn push_value(&mut self, value: &RawValue, mode: JsonMode) -> Result<(), Fault> {
        let text = value.get();
        if self.of == LakeType::Json {
            return self.push_text(text);
        }
        match text.as_bytes().first() {
            Some(b'n') => {
                self.push_null();
                Ok(())
            }
            Some(b't' | b'f') => self.push_cell(Cell::Boolean(text == "true")),
            Some(b'"') => {
                let Name(decoded) = parsed(text)?;
                self.push_cell(Cell::Text(&decoded))
            }
            Some(b'[' | b'{') if mode == JsonMode::Field && matches!(self.of, LakeType::Varchar(_)) => {
                self.push_cell(Cell::Text(text))
            }
            Some(b'[') => self.push_array(text, mode),
            Some(b'{') => self.push_object(text, mode),
            _ => self.push_number(text),
        }
    }

    fn push_text(&mut self, text: &str) -> Result<(), Fault> {
        self.scratch.clear();
        self.scratch.push_str(text);
        self.push_scratch()
    }

    fn push_number(&mut self, text: &str) -> Result<(), Fault> {
        let is_whole = !text.contains(['.', 'e', 'E']);
        match (&self.of, text.parse::<i64>()) {
            // All digits count.
            (LakeType::Decimal(..), _) => self.push_cell(Cell::Text(text)),
            (_, Ok(number)) => self.push_cell(Cell::Int(number)),
            (LakeType::Varchar(_) | LakeType::Char(_), Err(_)) if is_whole => {
                self.push_cell(Cell::Text(text))
            }
            (_, Err(_)) => match text.parse() {
                Ok(number) => self.push_cell(Cell::Double(number)),
                Err(_) => Err(String::new()),
            },
        }
    }

    fn push_array(&mut self, text: &str, mode: JsonMode) -> Result<(), Fault> {
        let items: Vec<&RawValue> = parsed(text)?;
        match &mut self.column {
            Column::List(parts) => {
                for item in &items {
                    parts.columns[0].push_value(item, mode)?;
                }
                parts.end(items.len(), true)
            }
            Column::Row(parts) => {
                if items.len() != parts.columns.len() {
                    return Err(format!("it has {} items", items.len()));
                }
                for (column, item) in parts.columns.iter_mut().zip(items) {
                    column.push_value(item, mode)?;
                }
                self.end_row();
                Ok(())
            }
            _ => Err(String::new()),
        }
    }

    fn push_object(&mut self, text: &str, mode: JsonMode) -> Result<(), Fault> {
        let Members(mut members) = parsed(text)?;
        match (&mut self.column, &self.of) {
            (Column::Map(parts), _) => {
                if mode == JsonMode::Field {
                    members.retain(|(_, value)| value.get() != "null");
                }
                check_distinct(&members)?;
                let [keys, values] = parts.columns.as_mut_slice() else { return Err(String::new()) };
                for (name, value) in &members {
                    keys.push_cell(Cell::Text(name))?;
                    values.push_value(value, mode)?;
                }
                parts.end(members.len(), true)
            }
            (Column::Row(parts), LakeType::Row(fields)) => {
                for (index, ((name, _), column)) in fields.iter().zip(&mut parts.columns).enumerate() {
                    let wanted = field_name(name, index);
                    let mut named = members.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&wanted));
                    match (named.next(), named.next()) {
                        (Some((_, value)), None) => column.push_value(value, mode)?,
                        (None, _) => column.push_null(),
                        (Some(_), Some(_)) => return Err(format!("it has several members `{wanted}`")),
                    }
                }
                self.end_row();
                Ok(())
            }
            _ => Err(String::new()),
        }
    }
}

fn check_distinct(members: &[(Cow<'_, str>, &RawValue)]) -> Result<(), Fault> {
    let mut seen = HashSet::with_capacity(members.len());
    match members.iter().find(|(name, _)| !seen.insert(name.as_ref())) {
        Some((name, _)) => Err(format!("it has several members `{name}`")),
        None => Ok(()),
    }
}

/// Returns Lake's form of a free-form field: `{k=v, k2=v2}`.
pub(super) fn field_text(json: &str) -> Result<String, Fault> {
    let Members(members) = parsed(json)?;
    let mut out = String::from("{");
    for (name, value) in members.iter().filter(|(_, value)| value.get() != "null") {
        out.push_str(if out.len() == 1 { "" } else { ", " });
        out.push_str(name);
        out.push('=');
        match value.get() {
            text if text.starts_with('"') => {
                let Name(decoded) = parsed(text)?;
                out.push_str(&decoded);
            }
            other => out.push_str(other),
        }
    }
    out.push('}');
    Ok(out)
}

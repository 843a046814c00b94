//! Lays the remainder of an event over its columns.

use super::columns::{Column, Values};
use crate::json::each_member;
use crate::json::member::is_named;
use crate::json::scan::{Cursor, StringToken, SyntaxError, ValueKind};
use crate::json::text::{compact_checked_into, kind_of};

/// The members of a JSON object that lie over columns of the same names.
pub(super) struct Overlay<'a> {
    members: Vec<Member<'a>>,
}

struct Member<'a> {
    name: StringToken<'a>,
    value: &'a str,
    is_written: bool,
}

impl<'a> Overlay<'a> {
    /// Parses a JSON object; text that is none is a fault of the grammar here.
    pub(super) fn parse(text: &'a str) -> Result<Self, SyntaxError> {
        let mut cursor = Cursor::new(text);
        if cursor.value_kind()? != ValueKind::Object {
            return Err(cursor.error("an object"));
        }
        let mut members = Vec::new();
        each_member(&mut cursor, |name, value| members.push(Member { name, value, is_written: false }))?;
        Ok(Self { members })
    }

    /// Returns the value that lies over a column, and notes that it is written.
    fn take(&mut self, column: &str) -> Option<&'a str> {
        let mut value = None;
        for member in &mut self.members {
            if is_named(&member.name, column) {
                member.is_written = true;
                value = Some(member.value);
            }
        }
        value
    }
}

/// Appends an object made of the columns of a row and what lies over them.
///
/// Columns named in `derived`, separated by commas, are left out.
pub(super) fn write_object(
    columns: &[Column],
    row: usize,
    mut overlay: Option<Overlay<'_>>,
    derived: &str,
    out: &mut String,
) {
    out.push('{');
    let start = out.len();
    for column in columns {
        let over = overlay.as_mut().and_then(|overlay| overlay.take(column.name));
        let is_told = !column.values.is_null(row) && !names(derived, column.name);
        if over.is_none() && !is_told {
            continue;
        }
        separate(start, out);
        out.push_str(&column.label);
        match (over, &column.values) {
            (None, values) => values.write(row, out),
            (Some(over), Values::Struct(_, members))
                if is_told && kind_of(over) == Some(ValueKind::Object) =>
            {
                // What lies over was parsed as a part of the whole.
                write_object(members, row, Overlay::parse(over).ok(), "", out);
            }
            (Some(over), _) => compact_checked_into(over, out),
        }
    }
    for member in overlay.iter().flat_map(|overlay| &overlay.members).filter(|member| !member.is_written) {
        separate(start, out);
        out.push('"');
        out.push_str(member.name.raw);
        out.push_str("\":");
        compact_checked_into(member.value, out);
    }
    out.push('}');
}

fn names(list: &str, name: &str) -> bool {
    !list.is_empty() && list.split(',').any(|listed| listed == name)
}

fn separate(start: usize, out: &mut String) {
    if out.len() > start {
        out.push(',');
    }
}

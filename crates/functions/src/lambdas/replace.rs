//! `regexp_replace` with a lambda: every match by what the lambda makes of its groups.
//!
//! The lambda is evaluated once for all matches of a batch:
//!
//! ```text
//! texts  "a1 b2", "c3"    pattern  ([a-z])(\d)
//! groups [a, 1] [b, 2] [c, 3]    rows 0 0 1    =>  one replacement for each
//! ```

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, StringViewBuilder, UInt32Array, new_null_array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, LambdaParametersProgress};

use super::call::{Call, complete, parameter};
use super::function::Planned;
use crate::TEXT;
use crate::call_error::wrong_value;
use crate::regexp::pattern::{compile, for_each_match};
use crate::text::{is_text, texts};
use crate::type_name;

/// The most bytes that the texts of one batch may grow to.
const MOST_BYTES: usize = 256 << 20;

/// The lambda takes the groups of a match.
pub(super) fn parameters(_planned: &Planned) -> Result<LambdaParametersProgress> {
    complete(vec![parameter(&Field::new("groups", groups_type(), true))])
}

fn groups_type() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(TEXT, true)))
}

/// The result is text, as what the lambda gives.
pub(super) fn returns(planned: &Planned) -> Result<Field> {
    let made = planned.result(0)?;
    if !made.data_type().is_null() && !is_text(made.data_type()) {
        let message = format!("the lambda of `regexp_replace` gives {}, not text", type_name(made));
        return Err(planned.function.error(message));
    }
    Ok(Field::new("", TEXT, true))
}

/// What a batch is searched for and what was found.
#[derive(Default)]
struct Matches {
    /// Where each match stands in its text.
    places: Vec<Range<usize>>,
    /// The matches of each row.
    of_row: Vec<Range<usize>>,
    /// The groups of all matches, one after the other.
    groups: StringViewBuilder,
    /// How many groups each match has.
    counts: Vec<usize>,
}

impl Matches {
    fn find(texts_of: &ArrayRef, patterns: &ArrayRef) -> Result<Self> {
        let mut found = Self::default();
        for (text, pattern) in texts(texts_of)?.zip(texts(patterns)?) {
            let first = found.places.len();
            if let (Some(text), Some(pattern)) = (text, pattern) {
                found.search(text, pattern)?;
            }
            found.of_row.push(first..found.places.len());
        }
        Ok(found)
    }

    fn search(&mut self, text: &str, pattern: &str) -> Result<()> {
        let regex = compile(pattern)?;
        let mut locations = regex.capture_locations();
        for_each_match(&regex, text, &mut locations, |groups| {
            let (start, end) = groups.get(0).unwrap_or_default();
            self.places.push(start..end);
            for group in 1..groups.len() {
                let group = groups.get(group).and_then(|(start, end)| text.get(start..end));
                self.groups.append_option(group);
            }
            self.counts.push(groups.len() - 1);
            true
        });
        Ok(())
    }

    /// Returns the groups as arrays, one for each match.
    fn groups(&mut self) -> Result<ArrayRef> {
        let offsets = OffsetBuffer::from_lengths(self.counts.iter().copied());
        let item = Arc::new(Field::new_list_field(TEXT, true));
        Ok(Arc::new(ListArray::try_new(item, offsets, Arc::new(self.groups.finish()), None)?))
    }

    /// Returns the row that each match belongs to.
    fn rows(&self) -> UInt32Array {
        let row = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
        let rows = self.of_row.iter().enumerate();
        rows.flat_map(|(number, of)| std::iter::repeat_n(row(number), of.len())).collect::<Vec<_>>().into()
    }
}

/// Replaces the matches; where the lambda gives NULL, the whole text is NULL.
pub(super) fn replace(call: &Call) -> Result<ColumnarValue> {
    let (from, patterns) = (call.value(0)?, call.value(1)?);
    let mut found = Matches::find(&from, &patterns)?;
    let groups = found.groups()?;
    let made = call.evaluate(2, &[groups], || found.rows())?;
    let made = match made.data_type() {
        DataType::Null => new_null_array(&TEXT, made.len()),
        _ => cast(&made, &TEXT)?,
    };
    let made = made.as_string_view();
    let mut results = StringViewBuilder::with_capacity(from.len());
    let (mut result, mut total) = (String::new(), 0usize);
    for (row, text) in texts(&from)?.enumerate() {
        let of_row = found.of_row[row].clone();
        let Some(text) = text.filter(|_| patterns.is_valid(row)) else {
            results.append_null();
            continue;
        };
        if of_row.clone().any(|place| made.is_null(place)) {
            results.append_null();
            continue;
        }
        result.clear();
        let mut done = 0;
        for place in of_row {
            let Range { start, end } = found.places[place].clone();
            result.push_str(text.get(done..start).unwrap_or_default());
            result.push_str(made.value(place));
            done = end;
            check_bytes(total.saturating_add(result.len()))?;
        }
        result.push_str(text.get(done..).unwrap_or_default());
        total = total.saturating_add(result.len());
        results.append_value(&result);
    }
    Ok(ColumnarValue::Array(Arc::new(results.finish())))
}

fn check_bytes(total: usize) -> Result<()> {
    if total <= MOST_BYTES {
        return Ok(());
    }
    let most = MOST_BYTES >> 20;
    Err(wrong_value("regexp_replace", format!("`regexp_replace` would make texts of more than {most} MiB")))
}

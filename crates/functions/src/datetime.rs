//! Dates, times and intervals.
//!
//! | module | what |
//! |---|---|
//! | `args`, `zone`, `unit` | columns of times in any form, zones, arithmetic in units |
//! | `pattern`, `mysql`, `joda`, `parse` | patterns: pieces and printing, the two alphabets, reading |
//! | `calendar`, `trunc`, `fields`, `text`, `iso`, `unix`, `zones`, `interval`, `sequence` | the functions |
//!
//! Times are counted in microseconds. A zone is part of a column's type: what Trino keeps for each value, such as the
//! zone that `parse_datetime` read, becomes an instant in UTC.

mod args;
mod calendar;
mod fields;
mod interval;
mod iso;
mod joda;
mod mysql;
mod parse;
mod pattern;
mod sequence;
mod text;
mod trunc;
mod unit;
mod unix;
mod zone;
mod zones;

use std::sync::Arc;

use datafusion::functions::datetime::current_time;

pub use self::fields::field_function;
pub use self::interval::{interval_divided, interval_length, interval_times};
use crate::family::Family;
use crate::list::Words;
use crate::scalar::Scalar;

const WORDS: &[Words] = &[
    Words::new("date", "date(value)", "The day of a timestamp or of text."),
    Words::new("now", "now()", "The instant at which the statement began, in UTC."),
    Words::new("current_timestamp", "current_timestamp", "The instant at which the statement began, in UTC."),
    Words::new("current_date", "current_date", "The day on which the statement began, in UTC."),
    Words::new("current_time", "current_time", "The time of day at which the statement began, in UTC."),
    Words::new("localtime", "localtime", "The time of day at which the statement began, in UTC."),
    Words::new(
        "localtimestamp",
        "localtimestamp",
        "The time at which the statement began, in UTC, without a zone.",
    ),
];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    let tables = [
        text::FUNCTIONS.as_slice(),
        &iso::FUNCTIONS,
        &unix::FUNCTIONS,
        &zones::FUNCTIONS,
        &interval::FUNCTIONS,
        &sequence::FUNCTIONS,
    ];
    let mut family = Family::of_scalars(&calendar::FUNCTIONS);
    let scalar = &mut family.scalar;
    scalar.extend(tables.into_iter().flatten().map(Scalar::udf));
    scalar.extend(fields::functions());
    scalar.extend(zones::clocks());
    scalar.push(trunc::DateTrunc::udf());
    scalar.push(Arc::new(current_time().as_ref().clone().with_aliases(["localtime"])));
    Family { words: WORDS, ..family }
}

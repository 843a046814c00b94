//! `sequence`: arrays of numbers, dates or times with a step between them.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, ListArray, TimestampMicrosecondArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::{
    DataType, Field, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit,
};
use datafusion::common::{DataFusionError, Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, Volatility};

use super::args::{self, Call, Moments, invalid, out_of_range};
use super::unit::Unit;
use crate::scalar::Scalar;

/// Items that one sequence may have.
const MOST_ITEMS: usize = 10_000;

pub(super) static FUNCTIONS: [Scalar; 1] = [Scalar {
    name: "sequence",
    aliases: &[],
    signature: "sequence(start, stop [, step])",
    help: "An array from start to stop, of numbers, dates or timestamps; the step of times is an interval.",
    volatility: Volatility::Immutable,
    coerce,
    returns: |args| {
        let item = Field::new_list_field(args.arg_fields[0].data_type().clone(), true);
        args::field(DataType::List(Arc::new(item)))
    },
    invoke: sequence,
}];

fn coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    let (start, stop, step) = match types {
        [start, stop] => (start, stop, None),
        [start, stop, step] => (start, stop, Some(step)),
        _ => return plan_err!("sequence takes a start, a stop and a step"),
    };
    let is_number = |given: &DataType| given.is_integer() || given.is_null();
    if is_number(start) && is_number(stop) {
        let step = step.map(|step| args::integer("sequence", step)).transpose()?;
        return Ok([DataType::Int64, DataType::Int64].into_iter().chain(step).collect());
    }
    let (start, stop) = (args::moment("sequence", start)?, args::moment("sequence", stop)?);
    // A date beside a timestamp is the start of its day.
    let common = if start == DataType::Date32 { stop } else { start };
    let step = match step {
        None if common == DataType::Date32 => None,
        None => return plan_err!("sequence of timestamps takes a step, such as INTERVAL '1' HOUR"),
        Some(DataType::Interval(_) | DataType::Duration(_) | DataType::Null) => {
            Some(DataType::Interval(IntervalUnit::MonthDayNano))
        }
        Some(other) => {
            return plan_err!("sequence takes an interval as step of dates and times, not {other}");
        }
    };
    Ok([common.clone(), common].into_iter().chain(step).collect())
}

fn sequence(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let call = Call::new(args);
    if args.args.first().is_some_and(|start| start.data_type() == DataType::Int64) {
        numbers(&call)
    } else {
        times(&call)
    }
}

/// Gathers one list for each row.
struct Lists {
    lengths: Vec<usize>,
    valid: Vec<bool>,
}

impl Lists {
    fn new(rows: usize) -> Self {
        Self { lengths: Vec::with_capacity(rows), valid: Vec::with_capacity(rows) }
    }

    fn add(&mut self, length: Option<usize>) {
        self.lengths.push(length.unwrap_or(0));
        self.valid.push(length.is_some());
    }

    fn finish(self, items: ArrayRef) -> Result<ArrayRef> {
        let field = Arc::new(Field::new_list_field(items.data_type().clone(), true));
        let offsets = OffsetBuffer::from_lengths(self.lengths);
        Ok(Arc::new(ListArray::try_new(field, offsets, items, Some(NullBuffer::from(self.valid)))?))
    }
}

fn numbers(call: &Call) -> Result<ColumnarValue> {
    let (starts, stops) = (call.numbers::<Int64Type>(0)?, call.numbers::<Int64Type>(1)?);
    let steps = if call.len() == 3 { Some(call.numbers::<Int64Type>(2)?) } else { None };
    let mut items: Vec<i64> = Vec::new();
    let mut lists = Lists::new(call.rows);
    for (row, (start, stop)) in starts.iter().zip(&stops).enumerate() {
        let (Some(start), Some(stop)) = (start, stop) else {
            lists.add(None);
            continue;
        };
        let step = match &steps {
            None => Some(if start <= stop { 1 } else { -1 }),
            Some(steps) => steps.iter().nth(row).flatten(),
        };
        let Some(step) = step else {
            lists.add(None);
            continue;
        };
        if step == 0 || (stop > start && step < 0) || (stop < start && step > 0) {
            return Err(wrong_step());
        }
        let span = (i128::from(stop) - i128::from(start)).unsigned_abs();
        let count = usize::try_from(span / u128::from(step.unsigned_abs())).unwrap_or(usize::MAX);
        if count >= MOST_ITEMS {
            return Err(too_long());
        }
        let mut next = Some(start);
        for _ in 0..=count {
            items.extend(next);
            next = next.and_then(|item| item.checked_add(step));
        }
        lists.add(Some(count + 1));
    }
    call.result(lists.finish(Arc::new(Int64Array::from(items)))?)
}

fn times(call: &Call) -> Result<ColumnarValue> {
    let (starts, stops) = (call.moments(0)?, call.moments(1)?);
    let steps = if call.len() == 3 { Some(call.array(2)?) } else { None };
    let steps = steps.as_ref().map(|steps| steps.as_primitive::<IntervalMonthDayNanoType>());
    let mut items: Vec<i64> = Vec::new();
    let mut lists = Lists::new(call.rows);
    for row in 0..call.rows {
        let (Some(start), Some(stop)) = (starts.at(row), stops.at(row)) else {
            lists.add(None);
            continue;
        };
        let step = match steps {
            None => Some(IntervalMonthDayNano::new(0, if start <= stop { 1 } else { -1 }, 0)),
            Some(steps) => steps.iter().nth(row).flatten(),
        };
        let Some(step) = step else {
            lists.add(None);
            continue;
        };
        let before = items.len();
        walk(&starts, start, stop, step, &mut items)?;
        lists.add(Some(items.len() - before));
    }
    let items = starts.with(TimestampMicrosecondArray::from(items))?;
    call.result(lists.finish(items)?)
}

/// Appends the times from `start` to `stop`. Steps are counted from the start, so that the end of a short month
/// does not move those after it.
fn walk(
    times: &Moments,
    start: i64,
    stop: i64,
    step: IntervalMonthDayNano,
    items: &mut Vec<i64>,
) -> Result<()> {
    let (unit, length) = step_of(step, times.are_dates())?;
    if length == 0 || (stop > start && length < 0) || (stop < start && length > 0) {
        return Err(wrong_step());
    }
    for index in 0.. {
        let item = unit
            .add(length.checked_mul(index).ok_or_else(|| out_of_range("sequence"))?, start, times.zone)
            .ok_or_else(|| out_of_range("sequence"))?;
        if (length > 0 && item > stop) || (length < 0 && item < stop) {
            break;
        }
        if index >= MOST_ITEMS as i64 {
            return Err(too_long());
        }
        items.push(item);
    }
    Ok(())
}

/// Returns a step as a unit and how many of it.
fn step_of(step: IntervalMonthDayNano, for_dates: bool) -> Result<(Unit, i64)> {
    let micros = i64::from(step.days) * 86_400_000_000 + step.nanoseconds / 1_000;
    match (step.months, micros) {
        (0, micros) if for_dates && micros % 86_400_000_000 != 0 => Err(invalid(
            "`sequence`: the step of dates is less than a day".to_owned(),
            "Write whole days or months, or cast the dates to timestamp.",
        )),
        (0, micros) => Ok((Unit::Length(1), micros)),
        (months, 0) => Ok((Unit::Months(1), i64::from(months))),
        _ => Err(invalid(
            "`sequence`: the step mixes months and days".to_owned(),
            "Write an interval of months or years, or one of days or less.",
        )),
    }
}

fn wrong_step() -> DataFusionError {
    invalid(
        "`sequence`: stop comes before start with this step".to_owned(),
        "A step is not zero; it is negative where stop is below start.",
    )
}

fn too_long() -> DataFusionError {
    invalid(
        format!("`sequence`: more than {MOST_ITEMS} items"),
        "Take a longer step, or a shorter range; result of sequence function must not have more than 10000 entries.",
    )
}

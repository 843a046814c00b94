//! Arithmetic in units: `date_add`, `date_diff`, `last_day_of_month`.

use std::sync::Arc;

use datafusion::arrow::array::{Date32Array, Int64Array, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, Date32Type, Int64Type};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, Volatility};

use super::args::{self, Call, Moments, Read, out_of_range};
use super::unit::{Unit, last_day_of_month};
use crate::scalar::Scalar;

pub(super) static FUNCTIONS: [Scalar; 3] = [
    Scalar {
        name: "date_add",
        aliases: &[],
        signature: "date_add(unit, count, time)",
        help: "Adds so many units to a date or timestamp; a negative count goes back.",
        volatility: Volatility::Immutable,
        coerce: |types| match types {
            [unit, count, time] => Ok(vec![
                args::text("date_add", unit)?,
                args::integer("date_add", count)?,
                args::moment("date_add", time)?,
            ]),
            _ => plan_err!("date_add takes a unit, a count and a time"),
        },
        returns: |args| {
            let time = args.arg_fields[2].data_type();
            check_unit(args::constant(args, 0), time)?;
            args::field(time.clone())
        },
        invoke: date_add,
    },
    Scalar {
        name: "date_diff",
        aliases: &[],
        signature: "date_diff(unit, start, end)",
        help: "Counts the whole units from one date or timestamp to another.",
        volatility: Volatility::Immutable,
        coerce: |types| match types {
            [unit, start, end] => {
                let (start, end) = (args::moment("date_diff", start)?, args::moment("date_diff", end)?);
                let (start, end) = common(start, end);
                Ok(vec![args::text("date_diff", unit)?, start, end])
            }
            _ => plan_err!("date_diff takes a unit and two times"),
        },
        returns: |args| {
            check_unit(args::constant(args, 0), args.arg_fields[1].data_type())?;
            args::field(DataType::Int64)
        },
        invoke: date_diff,
    },
    Scalar {
        name: "last_day_of_month",
        aliases: &[],
        signature: "last_day_of_month(time)",
        help: "The last day of the month of a date or timestamp.",
        volatility: Volatility::Immutable,
        coerce: |types| match types {
            [time] => Ok(vec![args::moment("last_day_of_month", time)?]),
            _ => plan_err!("last_day_of_month takes one argument"),
        },
        returns: |_| args::field(DataType::Date32),
        invoke: |args| {
            let call = Call::new(args);
            let times = call.moments(0)?;
            let day = |row| {
                let day = last_day_of_month(times.local(row)?.date())?;
                Some(Date32Type::from_naive_date(day))
            };
            call.result(Arc::new((0..call.rows).map(day).collect::<Date32Array>()))
        },
    },
];

/// Finds a unit that is none while planning.
fn check_unit(unit: Option<&str>, time: &DataType) -> Result<()> {
    unit.map_or(Ok(()), |unit| reader(time)(unit).map(|_| ()))
}

fn reader(time: &DataType) -> fn(&str) -> Result<Unit> {
    if *time == DataType::Date32 { Unit::parse_for_date } else { Unit::parse }
}

/// Makes two times comparable: a date beside a timestamp is the start of its day.
fn common(start: DataType, end: DataType) -> (DataType, DataType) {
    match (&start, &end) {
        (DataType::Date32, DataType::Date32) => (start, end),
        (DataType::Date32, _) => (end.clone(), end),
        (_, DataType::Date32) => (start.clone(), start),
        _ => (start, end),
    }
}

fn units<'a>(call: &Call<'a>, times: &Moments) -> Result<Read<'a, Unit>> {
    call.texts(0)?.read(reader(&times.data_type))
}

fn date_add(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let call = Call::new(args);
    let times = call.moments(2)?;
    let units = units(&call, &times)?;
    let counts = call.numbers::<Int64Type>(1)?;
    let mut micros = TimestampMicrosecondArray::builder(call.rows);
    for (row, count) in counts.iter().enumerate() {
        match (units.at(row)?, count, times.at(row)) {
            (Some(unit), Some(count), Some(time)) => {
                let sum = unit.add(count, time, times.zone).ok_or_else(|| out_of_range("date_add"))?;
                micros.append_value(sum);
            }
            _ => micros.append_null(),
        }
    }
    call.result(times.with(micros.finish())?)
}

fn date_diff(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let call = Call::new(args);
    let (starts, ends) = (call.moments(1)?, call.moments(2)?);
    let units = units(&call, &starts)?;
    let mut counts = Int64Array::builder(call.rows);
    for row in 0..call.rows {
        match (units.at(row)?, starts.at(row), ends.at(row)) {
            (Some(unit), Some(start), Some(end)) => {
                let count = unit.between(start, end, starts.zone);
                counts.append_value(count.ok_or_else(|| out_of_range("date_diff"))?);
            }
            _ => counts.append_null(),
        }
    }
    call.result(Arc::new(counts.finish()))
}

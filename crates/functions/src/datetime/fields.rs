//! One field of a date, time or interval: `year(x)`, `extract(YEAR FROM x)`.
//!
//! The fields of a timestamp with a zone are those that clocks in the zone show.

use std::sync::{Arc, LazyLock};

use chrono::Offset;
use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array};
use datafusion::arrow::compute::{DatePart, cast, date_part};
use datafusion::arrow::datatypes::{
    DataType, DurationMicrosecondType, FieldRef, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::functions::datetime::date_part as engine_date_part;
use datafusion::logical_expr::preimage::PreimageResult;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility, lit,
};

use super::args::{self, Call};
use crate::row::{documentation, equal_by_name, owned};

/// What a field is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What the engine's kernel reads.
    Of(DatePart),
    ZoneHour,
    ZoneMinute,
}

/// A field: its name, other names, what it is, and a line of help.
#[derive(Debug)]
struct Row {
    name: &'static str,
    aliases: &'static [&'static str],
    part: Part,
    help: &'static str,
}

const fn row(
    name: &'static str,
    aliases: &'static [&'static str],
    part: DatePart,
    help: &'static str,
) -> Row {
    Row { name, aliases, part: Part::Of(part), help }
}

static ROWS: [Row; 14] = [
    row("year", &[], DatePart::Year, "The year of a date or timestamp."),
    row("quarter", &[], DatePart::Quarter, "The quarter, from 1 to 4."),
    row("month", &[], DatePart::Month, "The month, from 1 to 12."),
    row("week", &["week_of_year"], DatePart::Week, "The ISO week, from 1 to 53."),
    row("year_of_week", &["yow"], DatePart::YearISO, "The year that the ISO week belongs to."),
    row("day", &["day_of_month"], DatePart::Day, "The day of the month."),
    row("day_of_week", &["dow"], DatePart::DayOfWeekMonday1, "The day of the week, from 1 for Monday to 7."),
    row("day_of_year", &["doy"], DatePart::DayOfYear, "The day of the year, from 1 to 366."),
    row("hour", &[], DatePart::Hour, "The hour, from 0 to 23."),
    row("minute", &[], DatePart::Minute, "The minute, from 0 to 59."),
    row("second", &[], DatePart::Second, "The second, from 0 to 59."),
    row("millisecond", &[], DatePart::Millisecond, "The milliseconds of the second, from 0 to 999."),
    Row {
        name: "timezone_hour",
        aliases: &[],
        part: Part::ZoneHour,
        help: "The hours of the zone's offset from UTC.",
    },
    Row {
        name: "timezone_minute",
        aliases: &[],
        part: Part::ZoneMinute,
        help: "The minutes of the zone's offset from UTC.",
    },
];

static UDFS: LazyLock<Vec<Arc<ScalarUDF>>> =
    LazyLock::new(|| ROWS.iter().map(|row| Arc::new(Field::new(row).into())).collect());

/// Returns the functions.
pub(super) fn functions() -> Vec<Arc<ScalarUDF>> {
    UDFS.clone()
}

/// Returns the function that reads the field that `EXTRACT(name FROM x)` names, in any case.
pub fn field_function(name: &str) -> Option<Arc<ScalarUDF>> {
    let name = name.to_ascii_lowercase();
    UDFS.iter().find(|udf| udf.name() == name || udf.aliases().contains(&name)).cloned()
}

#[derive(Debug)]
struct Field {
    row: &'static Row,
    aliases: Vec<String>,
    signature: Signature,
    documentation: Documentation,
}

impl Field {
    fn new(row: &'static Row) -> Self {
        let call = format!("{}(time)", row.name);
        Self {
            row,
            aliases: owned(row.aliases),
            signature: Signature::user_defined(Volatility::Immutable),
            documentation: documentation(row.help, &call),
        }
    }
}

equal_by_name!(Field);

impl ScalarUDFImpl for Field {
    fn name(&self) -> &str {
        self.row.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [time] = types else { return plan_err!("{} takes one argument", self.name()) };
        Ok(vec![match time {
            DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_) => time.clone(),
            DataType::Interval(_) => DataType::Interval(IntervalUnit::MonthDayNano),
            DataType::Duration(_) => DataType::Duration(TimeUnit::Microsecond),
            other => args::moment(self.name(), other)?,
        }])
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        args::field(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let call = Call::new(&args);
        let times = call.array(0)?;
        let field = match (self.row.part, times.data_type()) {
            (Part::Of(part), DataType::Interval(_)) => of_intervals(part, &times)?,
            (Part::Of(part), DataType::Duration(_)) => of_durations(part, &times)?,
            (Part::Of(part), _) => cast(&date_part(&times, part)?, &DataType::Int64)?,
            (zone, _) => of_zone(zone, &call)?,
        };
        call.result(field)
    }

    /// A year is a range of time, which prunes.
    fn preimage(&self, args: &[Expr], year: &Expr, info: &SimplifyContext) -> Result<PreimageResult> {
        let year = year.as_literal().and_then(|year| year.cast_to(&DataType::Int32).ok());
        let (DatePart::Year, [time], Some(year @ ScalarValue::Int32(Some(_)))) =
            (self.date_part(), args, year)
        else {
            return Ok(PreimageResult::None);
        };
        engine_date_part().preimage(&[lit("year"), time.clone()], &Expr::Literal(year, None), info)
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

impl Field {
    fn date_part(&self) -> DatePart {
        match self.row.part {
            Part::Of(part) => part,
            Part::ZoneHour | Part::ZoneMinute => DatePart::Nanosecond,
        }
    }
}

/// Reads a field of intervals. A length of time is counted in days, hours and so on, however it was written.
fn of_intervals(part: DatePart, intervals: &ArrayRef) -> Result<ArrayRef> {
    let field = |interval: datafusion::arrow::datatypes::IntervalMonthDayNano| {
        let micros = i64::from(interval.days) * DAY_MICROS + interval.nanoseconds / 1_000;
        match part {
            DatePart::Year => Some(i64::from(interval.months / 12)),
            DatePart::Month => Some(i64::from(interval.months % 12)),
            other => of_micros(other, micros),
        }
    };
    let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>();
    Ok(Arc::new(intervals.iter().map(|interval| interval.and_then(field)).collect::<Int64Array>()))
}

fn of_durations(part: DatePart, durations: &ArrayRef) -> Result<ArrayRef> {
    let durations = durations.as_primitive::<DurationMicrosecondType>();
    Ok(Arc::new(
        durations
            .iter()
            .map(|micros| micros.and_then(|micros| of_micros(part, micros)))
            .collect::<Int64Array>(),
    ))
}

const DAY_MICROS: i64 = 86_400_000_000;

fn of_micros(part: DatePart, micros: i64) -> Option<i64> {
    match part {
        DatePart::Day => Some(micros / DAY_MICROS),
        DatePart::Hour => Some(micros % DAY_MICROS / 3_600_000_000),
        DatePart::Minute => Some(micros % 3_600_000_000 / 60_000_000),
        DatePart::Second => Some(micros % 60_000_000 / 1_000_000),
        DatePart::Millisecond => Some(micros % 1_000_000 / 1_000),
        _ => None,
    }
}

fn of_zone(part: Part, call: &Call) -> Result<ArrayRef> {
    let times = call.moments(0)?;
    let field = |row| {
        let utc = chrono::DateTime::from_timestamp_micros(times.at(row)?)?.naive_utc();
        let minutes = i64::from(times.zone.offset(&utc).fix().local_minus_utc() / 60);
        Some(if part == Part::ZoneHour { minutes / 60 } else { minutes % 60 })
    };
    Ok(Arc::new((0..call.rows).map(field).collect::<Int64Array>()))
}

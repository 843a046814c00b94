//! Times as text by a pattern, and text as times.

use std::sync::Arc;

use datafusion::arrow::array::{StringViewBuilder, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, Volatility};

use super::args::{self, Call, instants, invalid, out_of_range};
use super::parse::{Found, parse};
use super::pattern::{Pattern, Shown};
use super::{joda, mysql};
use crate::scalar::Scalar;

pub(super) static FUNCTIONS: [Scalar; 4] = [
    Scalar {
        name: "date_format",
        aliases: &[],
        signature: "date_format(time, pattern)",
        help: "A time as text by a MySQL pattern: '%Y-%m-%d %H:%i:%s'.",
        volatility: Volatility::Immutable,
        coerce: |types| time_and_pattern("date_format", types),
        returns: |args| returns(args::constant(args, 1), mysql::compile, DataType::Utf8View),
        invoke: |args| format(args, mysql::compile),
    },
    Scalar {
        name: "format_datetime",
        aliases: &[],
        signature: "format_datetime(time, pattern)",
        help: "A time as text by a Joda pattern: 'yyyy-MM-dd HH:mm:ss'.",
        volatility: Volatility::Immutable,
        coerce: |types| time_and_pattern("format_datetime", types),
        returns: |args| returns(args::constant(args, 1), joda::compile, DataType::Utf8View),
        invoke: |args| format(args, joda::compile),
    },
    Scalar {
        name: "date_parse",
        aliases: &[],
        signature: "date_parse(text, pattern)",
        help: "The timestamp that a text names, by a MySQL pattern.",
        volatility: Volatility::Immutable,
        coerce: |types| two_texts("date_parse", types),
        returns: |args| returns(args::constant(args, 1), mysql::compile, args::plain()),
        invoke: |args| {
            let call = Call::new(args);
            let local = |found: &Found| Some(found.local()?.and_utc().timestamp_micros());
            let micros = read(&call, "date_parse", mysql::compile, local)?;
            call.result(Arc::new(micros))
        },
    },
    Scalar {
        name: "parse_datetime",
        aliases: &[],
        signature: "parse_datetime(text, pattern)",
        help: "The instant that a text names, by a Joda pattern; UTC where it names no zone.",
        volatility: Volatility::Immutable,
        coerce: |types| two_texts("parse_datetime", types),
        returns: |args| returns(args::constant(args, 1), joda::compile, args::instant()),
        invoke: |args| {
            let call = Call::new(args);
            call.result(instants(read(&call, "parse_datetime", joda::compile, Found::instant)?))
        },
    },
];

type Compile = fn(&str) -> Result<Pattern>;

fn time_and_pattern(name: &str, types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [time, pattern] => Ok(vec![args::moment(name, time)?, args::text(name, pattern)?]),
        _ => plan_err!("{name} takes a time and a pattern"),
    }
}

fn two_texts(name: &str, types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [text, pattern] => Ok(vec![args::text(name, text)?, args::text(name, pattern)?]),
        _ => plan_err!("{name} takes a text and a pattern"),
    }
}

/// Finds faults of a constant pattern while planning.
fn returns(
    pattern: Option<&str>,
    compile: Compile,
    data_type: DataType,
) -> Result<datafusion::arrow::datatypes::FieldRef> {
    pattern.map(compile).transpose()?;
    args::field(data_type)
}

fn format(args: &ScalarFunctionArgs, compile: Compile) -> Result<ColumnarValue> {
    let call = Call::new(args);
    let times = call.moments(0)?;
    let patterns = call.texts(1)?.read(compile)?;
    let mut builder = StringViewBuilder::with_capacity(call.rows);
    let mut text = String::new();
    for row in 0..call.rows {
        match (times.at(row), patterns.at(row)?) {
            (Some(micros), Some(pattern)) => {
                let shown = Shown::new(micros, times.zone).ok_or_else(|| out_of_range("date_format"))?;
                text.clear();
                shown.print(&pattern, &mut text);
                builder.append_value(&text);
            }
            _ => builder.append_null(),
        }
    }
    call.result(Arc::new(builder.finish()))
}

fn read(
    call: &Call,
    name: &str,
    compile: Compile,
    micros_of: impl Fn(&Found) -> Option<i64>,
) -> Result<TimestampMicrosecondArray> {
    let texts = call.text_array(0)?;
    let patterns = call.texts(1)?.read(compile)?;
    let mut micros = TimestampMicrosecondArray::builder(call.rows);
    for (row, text) in texts.iter().enumerate() {
        match (text, patterns.at(row)?) {
            (Some(text), Some(pattern)) => {
                let found = parse(&pattern, text).map_err(|at| malformed(name, text, at))?;
                micros.append_value(micros_of(&found).ok_or_else(|| no_such_time(name, text))?);
            }
            _ => micros.append_null(),
        }
    }
    Ok(micros.finish())
}

fn malformed(name: &str, text: &str, at: usize) -> DataFusionError {
    let rest = text.get(at..).unwrap_or_default();
    let message = if rest.is_empty() {
        format!("`{name}`: '{text}' is too short for the pattern")
    } else {
        format!("`{name}`: '{text}' does not fit the pattern at '{rest}'")
    };
    invalid(message, "try(..) gives NULL for texts that do not fit.")
}

fn no_such_time(name: &str, text: &str) -> DataFusionError {
    invalid(format!("`{name}`: '{text}' names no time that there is"), "try(..) gives NULL for such texts.")
}

//! Zones and clocks: `at_timezone`, `with_timezone`, `current_timezone`, `now`, `localtimestamp`.

use std::sync::Arc;

use datafusion::arrow::array::TimestampMicrosecondArray;
use datafusion::arrow::datatypes::{DataType, FieldRef, TimeUnit};
use datafusion::common::{Result, ScalarValue, exec_err, internal_err, plan_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility,
};

use super::args::{self, Call, invalid, out_of_range};
use super::zone::{UTC, Zone};
use crate::row::owned;
use crate::scalar::Scalar;

pub(super) static FUNCTIONS: [Scalar; 3] = [
    Scalar {
        name: "at_timezone",
        aliases: &[],
        signature: "at_timezone(time, zone)",
        help: "The same instant, shown in another time zone.",
        volatility: Volatility::Immutable,
        coerce: |types| time_and_zone("at_timezone", types),
        returns: |args| zoned("at_timezone", args),
        invoke: |args| in_zone(args, |_, times, row, _| times.at(row)),
    },
    Scalar {
        name: "with_timezone",
        aliases: &[],
        signature: "with_timezone(time, zone)",
        help: "The instant at which clocks in a time zone show this time.",
        volatility: Volatility::Immutable,
        coerce: |types| time_and_zone("with_timezone", types),
        returns: |args| zoned("with_timezone", args),
        invoke: |args| in_zone(args, |_, times, row, zone| zone.instant(times.local(row)?)),
    },
    Scalar {
        name: "current_timezone",
        aliases: &[],
        signature: "current_timezone()",
        help: "The time zone of the session, which is UTC.",
        volatility: Volatility::Immutable,
        coerce: |types| match types {
            [] => Ok(vec![]),
            _ => plan_err!("current_timezone takes no arguments"),
        },
        returns: |_| args::field(DataType::Utf8View),
        invoke: |_| Ok(ColumnarValue::Scalar(ScalarValue::Utf8View(Some(UTC.to_owned())))),
    },
];

fn time_and_zone(name: &str, types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [time, zone] => {
            let time = match args::moment(name, time)? {
                DataType::Date32 => args::plain(),
                time => time,
            };
            Ok(vec![time, args::text(name, zone)?])
        }
        _ => plan_err!("{name} takes a time and a zone"),
    }
}

/// Checks the zone of a result, which is part of its type.
pub(super) fn zone_of_type(name: &str, zone: Option<&str>) -> Result<String> {
    let Some(zone) = zone else {
        return Err(invalid(
            format!("`{name}` takes a constant time zone"),
            "Write the zone as text, such as 'America/New_York': a column has one zone.",
        ));
    };
    Ok(match Zone::parse(zone)? {
        Zone::Utc => UTC.to_owned(),
        Zone::Other(_) => zone.to_owned(),
    })
}

fn zoned(name: &str, args: &ReturnFieldArgs) -> Result<FieldRef> {
    let zone = zone_of_type(name, args::constant(args, 1))?;
    args::field(DataType::Timestamp(TimeUnit::Microsecond, Some(zone.into())))
}

fn in_zone(
    args: &ScalarFunctionArgs,
    micros_of: fn(&Call, &args::Moments, usize, Zone) -> Option<i64>,
) -> Result<ColumnarValue> {
    let DataType::Timestamp(_, Some(zone)) = args.return_field.data_type() else {
        return internal_err!("the result has a zone");
    };
    let call = Call::new(args);
    let times = call.moments(0)?;
    let target = Zone::parse(zone)?;
    let micros = |row| match times.at(row) {
        None => Ok(None),
        Some(_) => {
            micros_of(&call, &times, row, target).map(Some).ok_or_else(|| out_of_range("with_timezone"))
        }
    };
    let micros = (0..call.rows).map(micros).collect::<Result<TimestampMicrosecondArray>>()?;
    let result = Arc::new(micros.with_timezone(Arc::clone(zone)));
    // The zone is a constant, so a column of it comes as one.
    call.result(result)
}

/// The time at which the statement began, in milliseconds.
///
/// The engine's function of this name gives nanoseconds without a zone, beside which a column of instants would be cast.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Now {
    name: &'static str,
    aliases: Vec<String>,
    zone: Option<Arc<str>>,
    signature: Signature,
}

/// Returns the functions that tell the time.
pub(super) fn clocks() -> Vec<Arc<ScalarUDF>> {
    let clock = |name, aliases: &[&str], zone: Option<&str>| {
        let now = Now {
            name,
            aliases: owned(aliases),
            zone: zone.map(Arc::from),
            signature: Signature::user_defined(Volatility::Stable),
        };
        Arc::new(ScalarUDF::from(now))
    };
    vec![clock("now", &["current_timestamp"], Some(UTC)), clock("localtimestamp", &[], None)]
}

impl ScalarUDFImpl for Now {
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// A precision may be given; it changes nothing.
    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [] => Ok(vec![]),
            [precision] if precision.is_integer() => Ok(vec![DataType::Int64]),
            _ => plan_err!("{} takes at most a precision", self.name),
        }
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, self.zone.clone()))
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        exec_err!("`{}` is known before a statement runs", self.name)
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let Some(now) = info.query_execution_start_time() else {
            return Ok(ExprSimplifyResult::Original(args));
        };
        let micros = now.timestamp_millis().checked_mul(1_000);
        let now = ScalarValue::TimestampMicrosecond(micros, self.zone.clone());
        Ok(ExprSimplifyResult::Simplified(Expr::Literal(now, None)))
    }

    fn documentation(&self) -> Option<&Documentation> {
        None
    }
}

//! `date_trunc` that keeps the type: the engine's own, which makes a timestamp of a date.

use std::sync::Arc;

use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, FieldRef, TimeUnit};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::functions::datetime::date_trunc;
use datafusion::logical_expr::interval_arithmetic::Interval;
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::args;
use super::unit::Unit;

const NAME: &str = "date_trunc";

/// Cuts a time down to the start of a unit.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct DateTrunc {
    signature: Signature,
}

impl DateTrunc {
    pub(super) fn udf() -> Arc<ScalarUDF> {
        Arc::new(Self { signature: Signature::user_defined(Volatility::Immutable) }.into())
    }
}

impl ScalarUDFImpl for DateTrunc {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [unit, time] = types else { return plan_err!("{NAME} takes a unit and a time") };
        let time = match time {
            DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_) => time.clone(),
            other => args::moment(NAME, other)?,
        };
        Ok(vec![args::text(NAME, unit)?, time])
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        internal_err!("{NAME} tells its field, not its type")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let data_type = args.arg_fields[1].data_type();
        if let (DataType::Date32, Some(unit)) = (data_type, args::constant(&args, 0)) {
            Unit::parse_for_date(unit)?;
        }
        args::field(data_type.clone())
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if matches!(args.args.first(), Some(ColumnarValue::Scalar(unit)) if unit.is_null()) {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_new_null(args.return_field.data_type())?));
        }
        if *args.return_field.data_type() != DataType::Date32 {
            return date_trunc().invoke_with_args(args);
        }
        let rows = args.number_rows;
        let seconds = DataType::Timestamp(TimeUnit::Second, None);
        if let Some(time) = args.args.get_mut(1) {
            *time = time.cast_to(&seconds, None)?;
        }
        args.return_field = args::field(seconds)?;
        match date_trunc().invoke_with_args(args)? {
            ColumnarValue::Scalar(time) => Ok(ColumnarValue::Scalar(time.cast_to(&DataType::Date32)?)),
            ColumnarValue::Array(times) => {
                debug_assert_eq!(times.len(), rows);
                Ok(ColumnarValue::Array(cast(&times, &DataType::Date32)?))
            }
        }
    }

    fn evaluate_bounds(&self, input: &[&Interval]) -> Result<Interval> {
        date_trunc().evaluate_bounds(input)
    }

    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties> {
        date_trunc().output_ordering(inputs)
    }

    fn documentation(&self) -> Option<&Documentation> {
        date_trunc_words()
    }
}

fn date_trunc_words() -> Option<&'static Documentation> {
    static WORDS: std::sync::LazyLock<Documentation> = std::sync::LazyLock::new(|| {
        let help = "The start of the unit that a date or timestamp lies in; weeks start on Monday.";
        Documentation::builder(Default::default(), help, "date_trunc(unit, time)").build()
    });
    Some(&WORDS)
}

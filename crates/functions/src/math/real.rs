//! Constants and tests of doubles.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;
use datafusion::logical_expr::Volatility;

use crate::call::{Call, Kind, coerce, field, run};
use crate::scalar::Scalar;

/// A function without arguments.
macro_rules! constant {
    ($name:literal, $help:literal, $value:expr) => {
        Scalar {
            name: $name,
            aliases: &[],
            signature: concat!($name, "()"),
            help: $help,
            volatility: Volatility::Immutable,
            coerce: |types| coerce($name, &[&[]], types),
            returns: |_| Ok(field($name, Kind::Double)),
            invoke: |args| run(args, |call| call.give_doubles(|_| Ok(Some($value)))),
        }
    };
}

pub(super) const E: Scalar = constant!("e", "Returns Euler's number.", std::f64::consts::E);
pub(super) const PI: Scalar = constant!("pi", "Returns the number pi.", std::f64::consts::PI);
pub(super) const INFINITY: Scalar =
    constant!("infinity", "Returns the double that is infinite.", f64::INFINITY);
pub(super) const NAN: Scalar = constant!("nan", "Returns the double that is no number.", f64::NAN);

/// Tests each double.
pub(super) fn test(call: &Call<'_>, is: fn(f64) -> bool) -> Result<ArrayRef> {
    let numbers = call.doubles(0)?;
    call.give_booleans(|row| Ok(numbers.at(row).map(is)))
}

//! Numbers: rounding, logarithms, trigonometry, bits, bases, chance.
//!
//! What Trino gives as double is a double here, also for integers; what keeps the type of its argument there keeps it
//! here, with all integers as bigint.

mod bits;
mod intervals;
mod radix;
mod random;
mod real;
mod rounding;

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;

use crate::call::{Call, scalar};
use crate::family::Family;
use crate::list::Words;
use crate::scalar::Scalar;

/// A function of one double.
macro_rules! double {
    ($name:literal, $signature:literal, $help:literal, $function:expr) => {
        double!($name, [], $signature, $help, $function)
    };
    ($name:literal, $aliases:expr, $signature:literal, $help:literal, $function:expr) => {
        scalar!($name, $aliases, $signature, $help, [Double] -> Double, |call| of_double(call, $function))
    };
}

static FUNCTIONS: &[Scalar] = &[
    double!("acos", "acos(x)", "Returns the arc cosine.", f64::acos),
    double!("asin", "asin(x)", "Returns the arc sine.", f64::asin),
    double!("atan", "atan(x)", "Returns the arc tangent.", f64::atan),
    double!("cbrt", "cbrt(x)", "Returns the cube root.", f64::cbrt),
    double!("cos", "cos(x)", "Returns the cosine.", f64::cos),
    double!("cosh", "cosh(x)", "Returns the hyperbolic cosine.", f64::cosh),
    double!("degrees", "degrees(x)", "Turns radians into degrees.", f64::to_degrees),
    double!("exp", "exp(x)", "Returns e raised to x.", f64::exp),
    double!("ln", "ln(x)", "Returns the natural logarithm.", f64::ln),
    double!("log2", "log2(x)", "Returns the logarithm to base 2.", f64::log2),
    double!("log10", "log10(x)", "Returns the logarithm to base 10.", f64::log10),
    double!("radians", "radians(x)", "Turns degrees into radians.", f64::to_radians),
    double!("sin", "sin(x)", "Returns the sine.", f64::sin),
    double!("sinh", "sinh(x)", "Returns the hyperbolic sine.", f64::sinh),
    double!("sqrt", "sqrt(x)", "Returns the square root; NaN below zero.", f64::sqrt),
    double!("tan", "tan(x)", "Returns the tangent.", f64::tan),
    double!("tanh", "tanh(x)", "Returns the hyperbolic tangent.", f64::tanh),
    scalar!("atan2", [], "atan2(y, x)", "Returns the angle of the point (x, y).",
        [Double Double] -> Double, |call| of_doubles(call, f64::atan2)),
    scalar!("power", ["pow"], "power(x, y)", "Returns x raised to y.",
        [Double Double] -> Double, |call| of_doubles(call, f64::powf)),
    scalar!("log", [], "log(base, x)", "Returns the logarithm of x to a base.",
        [Double Double] -> Double, |call| of_doubles(call, |base, x| x.ln() / base.ln())),
    real::E,
    real::PI,
    real::INFINITY,
    real::NAN,
    scalar!("is_nan", ["isnan"], "is_nan(x)", "Tells whether a double is no number.",
        [Double] -> Boolean, |call| real::test(call, f64::is_nan)),
    scalar!("is_finite", [], "is_finite(x)", "Tells whether a double is finite.",
        [Double] -> Boolean, |call| real::test(call, f64::is_finite)),
    scalar!("is_infinite", [], "is_infinite(x)", "Tells whether a double is infinite.",
        [Double] -> Boolean, |call| real::test(call, f64::is_infinite)),
    rounding::ROUND,
    rounding::FLOOR,
    rounding::CEIL,
    rounding::TRUNCATE,
    rounding::SIGN,
    rounding::MOD,
    random::RANDOM,
    scalar!("width_bucket", [], "width_bucket(x, bound1, bound2, n)",
        "Returns which of n equal buckets between two bounds holds x; or which of an array of bounds.",
        [Double Double Double Integer | Double Doubles] -> Integer, intervals::width_bucket),
    scalar!("wilson_interval_lower", [], "wilson_interval_lower(successes, trials, z)",
        "Returns the lower bound of the Wilson score interval.",
        [Integer Integer Double] -> Double, |call| intervals::wilson(call, -1.0)),
    scalar!("wilson_interval_upper", [], "wilson_interval_upper(successes, trials, z)",
        "Returns the upper bound of the Wilson score interval.",
        [Integer Integer Double] -> Double, |call| intervals::wilson(call, 1.0)),
    scalar!("bitwise_and", [], "bitwise_and(x, y)", "Returns the bits that both have.",
        [Integer Integer] -> Integer, |call| bits::of_two(call, |x, y| x & y)),
    scalar!("bitwise_or", [], "bitwise_or(x, y)", "Returns the bits that either has.",
        [Integer Integer] -> Integer, |call| bits::of_two(call, |x, y| x | y)),
    scalar!("bitwise_xor", [], "bitwise_xor(x, y)", "Returns the bits that one of both has.",
        [Integer Integer] -> Integer, |call| bits::of_two(call, |x, y| x ^ y)),
    scalar!("bitwise_not", [], "bitwise_not(x)", "Turns all bits around.", [Integer] -> Integer, bits::not),
    scalar!("bitwise_left_shift", [], "bitwise_left_shift(x, n)", "Shifts the bits of a bigint to the left.",
        [Integer Integer] -> Integer, bits::left_shift),
    scalar!("bitwise_right_shift", [], "bitwise_right_shift(x, n)",
        "Shifts the bits of a bigint to the right, with zeros from the left.",
        [Integer Integer] -> Integer, bits::right_shift),
    scalar!("bitwise_right_shift_arithmetic", [], "bitwise_right_shift_arithmetic(x, n)",
        "Shifts the bits of a bigint to the right, with the sign from the left.",
        [Integer Integer] -> Integer, bits::right_shift_arithmetic),
    scalar!("bit_count", [], "bit_count(x, bits)", "Counts the bits that are set in a number of so many bits.",
        [Integer Integer] -> Integer, bits::count),
    scalar!("from_base", [], "from_base(text, radix)", "Reads a bigint of a base from 2 to 36.",
        [Text Integer] -> Integer, radix::from_base),
    scalar!("to_base", [], "to_base(n, radix)", "Writes a bigint in a base from 2 to 36.",
        [Integer Integer] -> Text, radix::to_base),
];

/// Words about the function whose meaning is the engine's.
static WORDS: [Words; 1] =
    [Words { name: "abs", signature: "abs(x)", help: "Returns a number without its sign." }];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family { words: &WORDS, ..Family::of_scalars(FUNCTIONS) }
}

fn of_double(call: &Call<'_>, function: fn(f64) -> f64) -> Result<ArrayRef> {
    let numbers = call.doubles(0)?;
    call.give_doubles(|row| Ok(numbers.at(row).map(function)))
}

fn of_doubles(call: &Call<'_>, function: fn(f64, f64) -> f64) -> Result<ArrayRef> {
    let (left, right) = (call.doubles(0)?, call.doubles(1)?);
    call.give_doubles(|row| Ok(left.at(row).zip(right.at(row)).map(|(left, right)| function(left, right))))
}

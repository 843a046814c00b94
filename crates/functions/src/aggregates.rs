//! Functions of a group of rows.
//!
//! Those that gather values count them in full in `size()`: the limits of a query depend on it.

mod aggregate;
mod arbitrary;
mod checksum;
mod extremes;
mod groups;
mod histogram;
mod keys;
mod listagg;
mod lists;
mod maps;
mod ordered;
mod percentile;
mod sum;
mod sums;

use std::sync::Arc;

use datafusion::functions_aggregate::bit_and_or_xor::{bit_and_udaf, bit_or_udaf, bit_xor_udaf};
use datafusion::functions_aggregate::bool_and_or::bool_and_udaf;
use datafusion::functions_aggregate::variance::var_samp_udaf;
use datafusion::logical_expr::AggregateUDF;

use self::aggregate::Aggregate;
use crate::family::Family;
use crate::list::Words;

const WORDS: &[Words] = &[
    Words::new("count_if", "count_if(condition)", "Counts the rows for which a condition is true."),
    Words::new("every", "every(condition)", "Whether a condition is true for all rows."),
    Words::new("bitwise_and_agg", "bitwise_and_agg(number)", "The bits that all numbers have."),
    Words::new("bitwise_or_agg", "bitwise_or_agg(number)", "The bits that any number has."),
    Words::new("bitwise_xor_agg", "bitwise_xor_agg(number)", "The bits that an odd count of numbers has."),
    Words::new("variance", "variance(number)", "The variance of a sample."),
    Words::new("max", "max(value [, n])", "The largest value; an array of the n largest."),
    Words::new("min", "min(value [, n])", "The smallest value; an array of the n smallest."),
    Words::new(
        "approx_distinct",
        "approx_distinct(value [, error])",
        "About how many distinct values there are.",
    ),
];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    let tables = [
        maps::AGGREGATES.as_slice(),
        &arbitrary::AGGREGATES,
        &extremes::AGGREGATES,
        &histogram::AGGREGATES,
        &listagg::AGGREGATES,
        &sums::AGGREGATES,
        &checksum::AGGREGATES,
        &percentile::AGGREGATES,
    ];
    let mut aggregate: Vec<Arc<AggregateUDF>> = tables.into_iter().flatten().map(Aggregate::udaf).collect();
    aggregate.extend([
        sum::udaf(),
        named(&bool_and_udaf(), &["every"]),
        named(&bit_and_udaf(), &["bitwise_and_agg"]),
        named(&bit_or_udaf(), &["bitwise_or_agg"]),
        named(&bit_xor_udaf(), &["bitwise_xor_agg"]),
        named(&var_samp_udaf(), &["variance"]),
    ]);
    Family { aggregate, words: WORDS, ..Family::default() }
}

/// Gives a function of the engine more names.
fn named(function: &AggregateUDF, aliases: &[&'static str]) -> Arc<AggregateUDF> {
    Arc::new(function.clone().with_aliases(aliases.iter().copied()))
}

//! Comparisons between types.
use datafusion::execution::SessionStateBuilder;
/// Adds the rules.
pub(super) fn register(_builder: &mut SessionStateBuilder) {}

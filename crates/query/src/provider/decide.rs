//! Filters that the statistics decide alone: true for every row of a file, or for none.
//!
//! A filter on eventTime that covers whole files, as a range of days does, need not look at rows: files
//! without a match are pruned, the others pass whole, and `count(*)` is answered without reading.
//!
//! | filter | decided for a file when |
//! |---|---|
//! | `eventTime < t` and its kin | its bounds lie wholly on one side; to pass, it also has no null |
//! | `eventTime >= t OR eventTime IS NULL` (retention) | its bounds lie wholly on one side; to fail, it also has no null |

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use crate::source::{EVENT_TIME, ScanGroup};

/// Tells whether `filter` compares eventTime in a way that statistics can decide.
///
/// The table takes such filters upon itself: it drops those that statistics decide and evaluates the rest.
/// The others stay with the engine, whose rules may rewrite them between asking the table and scanning it.
pub(super) fn is_decidable(filter: &Expr) -> bool {
    TimeFilter::parse(filter).is_some()
}

/// Returns the files of `keep` that pass `filter` whole, when no file of `keep` passes it in part.
pub(super) fn decide(filter: &Expr, group: &ScanGroup, keep: &[usize]) -> Option<Vec<usize>> {
    let filter = TimeFilter::parse(filter)?;
    let mut passing = Vec::with_capacity(keep.len());
    for file in keep {
        match filter.verdict(group, *file) {
            Verdict::All => passing.push(*file),
            Verdict::None => {}
            Verdict::Some => return None,
        }
    }
    Some(passing)
}

/// For how many rows of a file a filter is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    All,
    None,
    /// Perhaps some, perhaps all or none: statistics do not tell.
    Some,
}

/// A comparison of eventTime with an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TimeFilter {
    operator: Operator,
    /// Microseconds since the epoch.
    instant: i64,
    /// Whether a null eventTime passes.
    nulls_pass: bool,
}

impl TimeFilter {
    fn parse(filter: &Expr) -> Option<Self> {
        let Expr::BinaryExpr(binary) = filter else { return None };
        if binary.op != Operator::Or {
            return Self::comparison(binary);
        }
        let (comparison, other) = match (binary.left.as_ref(), binary.right.as_ref()) {
            (Expr::BinaryExpr(comparison), other) | (other, Expr::BinaryExpr(comparison)) => {
                (comparison, other)
            }
            _ => return None,
        };
        match other {
            Expr::IsNull(column) if is_event_time(column) => {
                Self::comparison(comparison).map(|filter| Self { nulls_pass: true, ..filter })
            }
            _ => None,
        }
    }

    fn comparison(binary: &BinaryExpr) -> Option<Self> {
        let (operator, literal) = if is_event_time(&binary.left) {
            (binary.op, binary.right.as_ref())
        } else if is_event_time(&binary.right) {
            (binary.op.swap()?, binary.left.as_ref())
        } else {
            return None;
        };
        let Expr::Literal(ScalarValue::TimestampMicrosecond(Some(instant), _), _) = literal else {
            return None;
        };
        matches!(operator, Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq).then_some(Self {
            operator,
            instant: *instant,
            nulls_pass: false,
        })
    }

    fn verdict(self, group: &ScanGroup, file: usize) -> Verdict {
        let Some(stats) = group.stats(EVENT_TIME) else { return Verdict::Some };
        let nulls = stats.null_count.is_valid(file).then(|| stats.null_count.value(file));
        if nulls.is_some() && nulls == group.files()[file].num_rows {
            return if self.nulls_pass { Verdict::All } else { Verdict::None };
        }
        let bound = |bounds: &dyn Array| {
            let times = bounds.as_primitive_opt::<TimestampMicrosecondType>()?;
            times.is_valid(file).then(|| times.value(file))
        };
        let (Some(min), Some(max)) = (bound(&stats.min), bound(&stats.max)) else { return Verdict::Some };
        let no_nulls = nulls == Some(0);
        match (self.holds(min), self.holds(max)) {
            (true, true) if no_nulls || self.nulls_pass => Verdict::All,
            (false, false) if no_nulls || !self.nulls_pass => Verdict::None,
            _ => Verdict::Some,
        }
    }

    fn holds(self, instant: i64) -> bool {
        match self.operator {
            Operator::Lt => instant < self.instant,
            Operator::LtEq => instant <= self.instant,
            Operator::Gt => instant > self.instant,
            _ => instant >= self.instant,
        }
    }
}

fn is_event_time(expr: &Expr) -> bool {
    matches!(expr, Expr::Column(column) if column.name == EVENT_TIME)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::sync::Arc;

    use datafusion::arrow::array::{TimestampMicrosecondArray, UInt64Array};
    use datafusion::common::Column;
    use datafusion::logical_expr::lit;
    use object_store::path::Path;

    use super::*;
    use crate::source::{ColumnStats, ScanFile};
    use crate::testing::{MICROS_PER_DAY as DAY, schema};

    /// Files of days 3, 2 and 1 without nulls, and one of events without time.
    fn group() -> ScanGroup {
        let days = [Some(3), Some(2), Some(1), None];
        let file = |day: &Option<i32>| ScanFile {
            path: Path::from(format!("{day:?}")),
            size_bytes: 1,
            modified_at_ms: 0,
            event_date: *day,
            num_rows: Some(10),
        };
        let bounds = |offset: i64| -> TimestampMicrosecondArray {
            days.iter().map(|day| day.map(|day| i64::from(day) * DAY + offset)).collect()
        };
        let stats = ColumnStats {
            name: EVENT_TIME.to_owned(),
            min: Arc::new(bounds(0).with_timezone("UTC")),
            max: Arc::new(bounds(DAY - 1).with_timezone("UTC")),
            null_count: UInt64Array::from(vec![0, 0, 0, 10]),
        };
        ScanGroup::try_new(schema(), days.iter().map(file).collect(), vec![stats]).unwrap()
    }

    fn time() -> Expr {
        Expr::Column(Column::from_name(EVENT_TIME))
    }

    fn at(instant: i64) -> Expr {
        lit(ScalarValue::TimestampMicrosecond(Some(instant), Some("UTC".into())))
    }

    fn check(filter: Expr, expected: Option<&[usize]>) {
        let passing = decide(&filter, &group(), &[0, 1, 2, 3]);
        assert_eq!(passing.as_deref(), expected, "{filter}");
    }

    #[test]
    fn whole_days_are_decided() {
        check(time().gt_eq(at(2 * DAY)), Some(&[0, 1]));
        check(time().lt(at(2 * DAY)), Some(&[2]));
        check(at(2 * DAY).lt_eq(time()), Some(&[0, 1]));
        check(time().gt_eq(at(2 * DAY)).or(time().is_null()), Some(&[0, 1, 3]));
        check(time().gt(at(2 * DAY)), None);
        check(time().gt_eq(at(2 * DAY + 1)), None);
        check(time().eq(at(2 * DAY)), None);
        check(time().gt_eq(at(2 * DAY)).or(time().lt(at(DAY))), None);
    }

    #[test]
    fn files_that_are_ruled_out_already_do_not_matter() {
        assert_eq!(decide(&time().gt_eq(at(2 * DAY + 1)), &group(), &[0, 2]), Some(vec![0]));
    }
}

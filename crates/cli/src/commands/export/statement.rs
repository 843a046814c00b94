//! The statement that an export runs.

use auditlake_dialect::parse;
use auditlake_model::{Error, Result, TimeRange};
use auditlake_store::EventDataStore;

use super::target::ExportFormat;

/// Which events are exported.
///
/// - The condition, if there is one, is one SQL expression: it cannot end the WHERE clause that it stands in.
#[derive(Debug)]
pub(super) struct Selection {
    condition: Option<String>,
    range: TimeRange,
}

impl Selection {
    /// Checks the condition.
    ///
    /// # Errors
    /// `Invalid` when it is no SQL expression.
    pub(super) fn try_new(condition: Option<&str>, range: TimeRange) -> Result<Self> {
        if let Some(condition) = condition {
            // Only an expression parses both ways: `a) OR (b` fails the first, `a LIMIT 1` the second.
            let probes = [
                format!("SELECT 1 FROM t WHERE {condition}"),
                format!("SELECT 1 FROM t WHERE (\n{condition}\n)"),
            ];
            for probe in probes {
                if let Err(error) = parse(&probe) {
                    return Err(Error::invalid("--where is no SQL condition")
                        .with_context("condition", condition)
                        .with_detail(error.message().to_owned())
                        .with_hint("Write what stands behind WHERE, without the word and without `;`."));
                }
            }
        }
        Ok(Self { condition: condition.map(str::to_owned), range })
    }

    /// Returns the statement; the event as JSON is its last column.
    pub(super) fn sql(&self, store: &EventDataStore, format: ExportFormat) -> String {
        self.sql_of(store.name().as_str(), format)
    }

    fn sql_of(&self, store: &str, format: ExportFormat) -> String {
        let columns = match format {
            ExportFormat::Parquet => "*, eventJson",
            ExportFormat::CloudtrailJson | ExportFormat::Ndjson => "eventJson",
        };
        let mut clauses = Vec::new();
        if let Some(start) = self.range.start {
            clauses.push(format!("eventTime >= TIMESTAMP '{start}'"));
        }
        if let Some(end) = self.range.end {
            clauses.push(format!("eventTime < TIMESTAMP '{end}'"));
        }
        // Last, so that its errors are on lines of their own.
        clauses.extend(self.condition.as_ref().map(|condition| format!("(\n{condition}\n)")));
        let mut sql = format!("SELECT {columns}\nFROM \"{store}\"");
        for (index, clause) in clauses.iter().enumerate() {
            sql.push_str(if index == 0 { "\nWHERE " } else { "\nAND " });
            sql.push_str(clause);
        }
        sql
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(condition: Option<&str>, start: Option<&str>, end: Option<&str>) -> Result<Selection> {
        let time = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        Selection::try_new(condition, TimeRange::try_new(time(start), time(end)).unwrap())
    }

    #[test]
    fn a_statement_has_the_clauses_that_were_asked_for() {
        let all = selection(None, None, None).unwrap();
        assert_eq!(all.sql_of("trail", ExportFormat::Ndjson), "SELECT eventJson\nFROM \"trail\"");
        let some = selection(
            Some("a = 'x' OR b -- c"),
            Some("2026-01-01T00:00:00Z"),
            Some("2026-01-02T00:00:00.5Z"),
        )
        .unwrap();
        assert_eq!(
            some.sql_of("trail", ExportFormat::Parquet),
            "SELECT *, eventJson\nFROM \"trail\"\nWHERE eventTime >= TIMESTAMP '2026-01-01T00:00:00Z'\n\
             AND eventTime < TIMESTAMP '2026-01-02T00:00:00.500Z'\nAND (\na = 'x' OR b -- c\n)"
        );
    }

    #[test]
    fn a_condition_is_one_expression() {
        for wrong in
            ["", "a) OR (b", "a LIMIT 1", "a; SELECT 1", "a GROUP BY b", "a)", "a UNION SELECT 1", "a;"]
        {
            let error = selection(Some(wrong), None, None).map(|_| ()).unwrap_err();
            assert!(error.hint().is_some(), "{wrong}");
        }
        for right in ["a IN (SELECT b FROM c WHERE d)", "(a) OR (b)", "eventName = ':x'", "a = :x"] {
            assert!(selection(Some(right), None, None).is_ok(), "{right}");
        }
    }
}

//! Draws a result with characters: bars for names and numbers, a line of blocks for a series in time.

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use auditlake_model::{Error, Result};
use auditlake_query::render::escape_text;
use unicode_width::UnicodeWidthStr;

use crate::talk::Paint;

/// Most rows that are drawn as bars.
pub(crate) const MAX_BARS: usize = 60;
/// Widest label of a bar.
const MAX_LABEL: usize = 40;
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One line a row.
    Bars,
    /// One block a row, all on one line.
    Spark,
}

impl Kind {
    /// Reads the name of a kind; `None` without one.
    ///
    /// # Errors
    /// `Invalid` for another name.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>> {
        match text {
            "" => Ok(None),
            "bar" | "bars" => Ok(Some(Self::Bars)),
            "spark" | "sparkline" | "line" => Ok(Some(Self::Spark)),
            other => Err(Error::invalid(format!("no chart `{other}`")).with_hint("There are bar and spark.")),
        }
    }
}

/// What is drawn: a number and a label for each row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    value_name: String,
    labels: Vec<String>,
    values: Vec<Option<f64>>,
    in_time: bool,
}

impl Series {
    /// Takes the last column of numbers, and the columns before the first number as labels.
    ///
    /// # Errors
    /// `Invalid` when there are no rows or no numbers.
    pub(crate) fn of(batches: &[RecordBatch]) -> Result<Self> {
        let Some(first) = batches.first().filter(|batch| batch.num_rows() > 0) else {
            return Err(Error::invalid("there is no result to draw")
                .with_hint("Run a statement that counts something first, such as GROUP BY with count(*)."));
        };
        let schema = first.schema();
        let is_number = |index: &usize| schema.field(*index).data_type().is_numeric();
        let Some(value) = (0..schema.fields().len()).rev().find(is_number) else {
            return Err(Error::invalid("the last result holds no number")
                .with_hint("A chart needs a column of numbers, such as count(*)."));
        };
        let labels_of: Vec<usize> =
            (0..schema.fields().len()).filter(|index| *index != value && !is_number(index)).collect();
        let in_time = labels_of.first().is_some_and(|index| schema.field(*index).data_type().is_temporal());
        let mut series = Self {
            value_name: escape_text(schema.field(value).name()).into_owned(),
            labels: Vec::new(),
            values: Vec::new(),
            in_time,
        };
        for batch in batches {
            series.add(batch, value, &labels_of)?;
        }
        Ok(series)
    }

    fn add(&mut self, batch: &RecordBatch, value: usize, labels: &[usize]) -> Result<()> {
        let failed = |e| Error::internal("read values of chart").with_source(e);
        let numbers = cast(batch.column(value), &DataType::Float64).map_err(failed)?;
        let numbers = numbers.as_primitive::<Float64Type>();
        self.values.extend(numbers.iter().map(|value| value.filter(|value| value.is_finite())));
        let options = FormatOptions::default().with_null("NULL");
        let columns: Vec<&ArrayRef> = labels.iter().map(|index| batch.column(*index)).collect();
        let formatters = columns.iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options));
        let formatters = formatters.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        for row in 0..batch.num_rows() {
            let parts: Vec<String> = formatters.iter().map(|column| column.value(row).to_string()).collect();
            self.labels.push(shortened(&escape_text(&parts.join(" ")), MAX_LABEL));
        }
        Ok(())
    }

    /// Draws it `columns` wide; bars for few rows and names, blocks for many rows in time.
    pub(crate) fn draw(&self, kind: Option<Kind>, columns: usize, color: bool) -> String {
        let kind =
            kind.unwrap_or(if self.in_time && self.values.len() > 12 { Kind::Spark } else { Kind::Bars });
        match kind {
            Kind::Bars => self.bars(columns, color),
            Kind::Spark => self.spark(columns, color),
        }
    }

    fn bars(&self, columns: usize, color: bool) -> String {
        let shown = self.values.len().min(MAX_BARS);
        let largest = self.values[..shown].iter().flatten().fold(0.0_f64, |max, value| max.max(*value));
        let numbers: Vec<String> = self.values[..shown].iter().map(|value| number(*value)).collect();
        let label_width = self.labels[..shown].iter().map(|label| label.width()).max().unwrap_or(0);
        let number_width = numbers.iter().map(|number| number.width()).max().unwrap_or(0);
        let room = columns.saturating_sub(label_width + number_width + 3).max(8);
        let mut out = String::new();
        for ((label, number), value) in self.labels.iter().zip(&numbers).zip(&self.values) {
            let share = if largest > 0.0 { value.unwrap_or(0.0).max(0.0) / largest } else { 0.0 };
            let padding = " ".repeat(label_width - label.width());
            let indent = " ".repeat(number_width - number.width());
            let bar = Paint::Bar.paint(color, &bar(share, room));
            out.push_str(format!("{label}{padding} {indent}{number} {bar}").trim_end());
            out.push('\n');
        }
        if shown < self.values.len() {
            out.push_str(&format!("({} more rows)\n", self.values.len() - shown));
        }
        out
    }

    fn spark(&self, columns: usize, color: bool) -> String {
        let buckets = bucketed(&self.values, columns.max(8));
        let known = || buckets.iter().flatten();
        let largest = known().fold(0.0_f64, |max, value| max.max(*value));
        let smallest = known().fold(f64::INFINITY, |min, value| min.min(*value)).min(largest);
        let level = |value: &Option<f64>| match value {
            None => ' ',
            Some(value) if largest <= 0.0 => {
                if *value <= 0.0 {
                    LEVELS[0]
                } else {
                    LEVELS[7]
                }
            }
            Some(value) => LEVELS[((value / largest) * 7.0).round().clamp(0.0, 7.0) as usize],
        };
        let line: String = buckets.iter().map(level).collect();
        let ends = match (self.labels.first(), self.labels.last()) {
            (Some(first), Some(last)) if !first.is_empty() => format!("{first} .. {last}, "),
            _ => String::new(),
        };
        let (low, high) = (number(Some(smallest)), number(Some(largest)));
        format!("{}\n{ends}{} from {low} to {high}\n", Paint::Bar.paint(color, &line), self.value_name)
    }
}

/// Returns a bar of `share` of `room`, to the eighth of a character.
fn bar(share: f64, room: usize) -> String {
    let eighths = (share * room as f64 * 8.0).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    match (eighths / 8, eighths % 8) {
        // What is there at all can be seen.
        (0, 0) if share > 0.0 => bar.push(EIGHTHS[0]),
        (_, 0) => {}
        (_, rest) => bar.push(EIGHTHS[rest - 1]),
    }
    bar
}

/// Sums neighbours up, so that all values fit into `room`.
fn bucketed(values: &[Option<f64>], room: usize) -> Vec<Option<f64>> {
    let size = values.len().div_ceil(room).max(1);
    let sum = |values: &[Option<f64>]| values.iter().flatten().copied().reduce(|sum, value| sum + value);
    values.chunks(size).map(sum).collect()
}

fn number(value: Option<f64>) -> String {
    match value {
        None => "NULL".to_owned(),
        Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => format!("{value:.0}"),
        Some(value) => format!("{value:.2}"),
    }
}

fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for char in text.chars() {
        if short.width() + 3 > width {
            break;
        }
        short.push(char);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray, TimestampMicrosecondArray};
    use arrow::datatypes::{Field, Schema, TimeUnit};

    use super::*;

    fn named(rows: &[(&str, Option<i64>)]) -> Vec<RecordBatch> {
        let schema = Schema::new(vec![
            Field::new("name", DataType::Utf8, true),
            Field::new("n", DataType::Int64, true),
        ]);
        let names: StringArray = rows.iter().map(|row| Some(row.0)).collect();
        let numbers: Int64Array = rows.iter().map(|row| row.1).collect();
        vec![RecordBatch::try_new(Arc::new(schema), vec![Arc::new(names), Arc::new(numbers)]).unwrap()]
    }

    #[test]
    fn bars_are_as_long_as_their_share() {
        let rows = [("GetObject", Some(80)), ("a\u{1b}[2J", Some(20)), ("none", None), ("few", Some(0))];
        let drawn = Series::of(&named(&rows)).unwrap().draw(None, 33, false);
        let expected = "GetObject    80 ████████████████\na\\u{1b}[2J   20 ████\n".to_owned()
            + "none       NULL\nfew           0\n";
        let tidy = |text: &str| {
            text.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
        };
        assert_eq!(tidy(&drawn).len(), tidy(&expected).len(), "{drawn}");
        let lengths: Vec<usize> = drawn.lines().map(|line| line.matches('█').count()).collect();
        assert_eq!(lengths[0], 4 * lengths[1], "{drawn}");
        assert!(drawn.lines().all(|line| line.width() <= 33), "{drawn}");
        assert!(!drawn.contains('\u{1b}'));
    }

    #[test]
    fn a_long_series_in_time_becomes_one_line() {
        let schema = Schema::new(vec![
            Field::new("t", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
            Field::new("n", DataType::Int64, true),
        ]);
        let times: TimestampMicrosecondArray = (0..100).map(|n| Some(n * 3_600_000_000)).collect();
        let numbers: Int64Array = (0..100).map(Some).collect();
        let columns: Vec<ArrayRef> = vec![Arc::new(times.with_timezone("UTC")), Arc::new(numbers)];
        let batch = RecordBatch::try_new(Arc::new(schema), columns).unwrap();
        let drawn = Series::of(&[batch]).unwrap().draw(None, 50, false);
        let line = drawn.lines().next().unwrap();
        assert_eq!(line.chars().count(), 50);
        assert!(line.starts_with('▁') && line.ends_with('█'), "{line}");
        assert!(drawn.contains("n from 1 to 197"), "{drawn}");
    }

    #[test]
    fn without_numbers_there_is_no_chart() {
        assert!(Series::of(&[]).is_err());
        assert!(Series::of(&named(&[])).is_err());
        let only_names = named(&[("a", Some(1))])[0].project(&[0]).unwrap();
        assert!(Series::of(&[only_names]).unwrap_err().to_string().contains("no number"));
    }
}

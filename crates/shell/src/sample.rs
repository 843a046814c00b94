//! What some events of a store hold: values of columns with few of them, members of free-form fields.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use arrow::record_batch::RecordBatch;
use auditlake_model::{Error, Result};
use auditlake_query::render::escape_text;

use crate::dictionary::Tally;
use crate::names;
use crate::session::{Purpose, Session, ShellRequest};

/// Events that are looked at.
const ROWS: usize = 4_000;
/// How long looking may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// Different values of a column, and members of a field, that are counted.
const MOST_WORDS: usize = 500;
/// A column with more different values than this share of its rows has too many to choose from.
const LARGEST_SHARE: f64 = 0.5;
/// Longer values are not offered.
const LONGEST_VALUE: usize = 120;

/// What was seen, by path in lower case: `useridentity.type`, `requestparameters`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Values, the most frequent first.
    pub(crate) values: HashMap<String, Vec<String>>,
    /// Members of free-form fields, the most frequent first.
    pub(crate) members: HashMap<String, Vec<String>>,
}

/// Looks at some events of a table.
///
/// # Errors
/// Those of the query.
pub(crate) async fn take(session: &Arc<dyn Session>, table: &str) -> Result<Sample> {
    let request = ShellRequest {
        time_limit: Some(TIME_LIMIT),
        purpose: Purpose::Completion,
        ..ShellRequest::new(format!("SELECT * FROM {} LIMIT {ROWS}", names::quoted_table(table)))
    };
    let mut query = session.start(request)?;
    let mut counts = Counts::default();
    while let Some(batch) = query.next_batch().await? {
        let counted = tokio::task::spawn_blocking(move || {
            counts.add_batch(&batch);
            counts
        });
        counts = counted.await.map_err(|e| Error::internal("count words of sample").with_source(e))?;
    }
    Ok(counts.into_sample())
}

#[derive(Debug, Default)]
struct Counts {
    values: HashMap<String, (Tally, usize)>,
    members: HashMap<String, Tally>,
}

impl Counts {
    fn add_batch(&mut self, batch: &RecordBatch) {
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            self.add_column(&field.name().to_lowercase(), field, column);
        }
    }

    fn add_column(&mut self, path: &str, field: &Field, column: &ArrayRef) {
        match column.data_type() {
            DataType::Struct(fields) => {
                for (field, column) in fields.iter().zip(column.as_struct().columns()) {
                    self.add_column(&format!("{path}.{}", field.name().to_lowercase()), field, column);
                }
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                let Ok(text) = cast(column, &DataType::Utf8View) else { return };
                let texts = text.as_string_view().iter().flatten();
                match is_json(field) {
                    true => texts.for_each(|json| self.add_members(path, json)),
                    false => self.add_values(path, texts),
                }
            }
            _ => {}
        }
    }

    fn add_values<'a>(&mut self, path: &str, texts: impl Iterator<Item = &'a str>) {
        let (tally, rows) = self.values.entry(path.to_owned()).or_default();
        for text in texts {
            *rows += 1;
            if is_offerable(text) {
                tally.add(text, MOST_WORDS);
            }
        }
    }

    fn add_members(&mut self, path: &str, json: &str) {
        let Ok(serde_json::Value::Object(members)) = serde_json::from_str(json) else { return };
        let tally = self.members.entry(path.to_owned()).or_default();
        for name in members.keys().filter(|name| is_offerable(name)) {
            tally.add(name, MOST_WORDS);
        }
    }

    fn into_sample(self) -> Sample {
        let few = |(tally, rows): &(Tally, usize)| {
            tally.len() < MOST_WORDS
                && (tally.len() <= 20 || (tally.len() as f64) < *rows as f64 * LARGEST_SHARE)
        };
        let values = self.values.into_iter().filter(|(_, counted)| few(counted));
        Sample {
            values: values.map(|(path, (tally, _))| (path, tally.into_words())).collect(),
            members: self.members.into_iter().map(|(path, tally)| (path, tally.into_words())).collect(),
        }
    }
}

/// Only what shows itself is offered: values are written by attackers too.
fn is_offerable(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_VALUE && escape_text(text) == text
}

fn is_json(field: &Field) -> bool {
    field.metadata().get("ARROW:extension:name").is_some_and(|name| name == "arrow.json")
}

#[cfg(test)]
mod tests {
    use arrow::array::{StringArray, StructArray};
    use arrow::datatypes::Schema;

    use super::*;

    #[test]
    fn few_values_and_members_are_kept_and_hostile_ones_are_not() {
        let rows = 100;
        let sources: StringArray = (0..rows)
            .map(|n| Some(if n % 3 == 0 { "iam.amazonaws.com" } else { "s3.amazonaws.com" }))
            .collect();
        let ids: StringArray = (0..rows).map(|n| Some(format!("id-{n}"))).collect();
        let types: StringArray = (0..rows).map(|n| Some(["Root", "IAMUser", "x\u{1b}[2J"][n % 3])).collect();
        let json: StringArray = (0..rows)
            .map(|n| Some(if n == 0 { "{\"key\":1" } else { "{\"bucketName\":\"a\",\"\u{202e}\":1}" }))
            .collect();
        let type_field = Arc::new(Field::new("type", DataType::Utf8, true));
        let identity = StructArray::from(vec![(type_field, Arc::new(types) as ArrayRef)]);
        let metadata = HashMap::from([("ARROW:extension:name".to_owned(), "arrow.json".to_owned())]);
        let schema = Schema::new(vec![
            Field::new("eventSource", DataType::Utf8, true),
            Field::new("eventID", DataType::Utf8, true),
            Field::new("userIdentity", identity.data_type().clone(), true),
            Field::new("requestParameters", DataType::Utf8, true).with_metadata(metadata),
        ]);
        let columns: Vec<ArrayRef> =
            vec![Arc::new(sources), Arc::new(ids), Arc::new(identity), Arc::new(json)];
        let mut counts = Counts::default();
        counts.add_batch(&RecordBatch::try_new(Arc::new(schema), columns).unwrap());
        let sample = counts.into_sample();
        assert_eq!(sample.values["eventsource"], ["s3.amazonaws.com", "iam.amazonaws.com"]);
        assert!(!sample.values.contains_key("eventid"));
        assert_eq!(sample.values["useridentity.type"], ["Root", "IAMUser"]);
        assert_eq!(sample.members["requestparameters"], ["bucketName"]);
    }
}

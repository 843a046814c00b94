//! One record against the lake.

use auditlake_query::Error;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::record_batch::RecordBatch;

use crate::cells::cell_text;
use crate::records::{Expected, Record, Rows};
use crate::world::{Answer, World};

/// Tells what does not hold.
pub(crate) async fn check(world: &World, record: &Record) -> Result<(), String> {
    let answer = world.ask(&record.sql).await;
    let sql = &record.sql;
    match (&record.expected, answer) {
        (Expected::Runs, Ok(_)) => Ok(()),
        (Expected::Rows(expected), Ok(answer)) => {
            check_rows(expected, &answer).map_err(|fault| format!("{fault}\n  sql: {sql}"))
        }
        (Expected::Runs | Expected::Rows(_), Err(error)) => {
            Err(format!("failed: {}\n  sql: {sql}", told(&error)))
        }
        (Expected::Error(text), Ok(answer)) => Err(format!(
            "answered, where an error with `{text}` was expected: {:?}\n  sql: {sql}",
            lines(&answer)
        )),
        (Expected::Error(text), Err(error)) if told(&error).contains(text) => Ok(()),
        (Expected::Error(text), Err(error)) => {
            Err(format!("error does not say `{text}`: {}\n  sql: {sql}", told(&error)))
        }
    }
}

/// Everything that a user is told.
fn told(error: &Error) -> String {
    let rest = [error.detail(), error.hint()].map(Option::unwrap_or_default).join("\n");
    format!("{}\n{rest}", error.report()).trim().to_owned()
}

fn check_rows(expected: &Rows, answer: &Answer) -> Result<(), String> {
    let letters: String = answer.schema.fields().iter().map(|field| letter(field)).collect();
    let alike = letters.len() == expected.types.len()
        && letters.chars().zip(expected.types.chars()).all(|(got, wanted)| wanted == '?' || got == wanted);
    if !alike {
        let types = types_of(&answer.schema);
        return Err(format!(
            "types: expected {}, got {letters} ({types}); rows {:?}",
            expected.types,
            lines(answer)
        ));
    }
    let names = header(&answer.schema);
    if expected.names.as_ref().is_some_and(|expected| *expected != names) {
        return Err(format!("names:\n  expected {:?}\n  got      {names:?}", expected.names.as_deref()));
    }
    let (mut got, mut wanted) = (lines(answer), expected.rows.clone());
    if expected.sorted {
        got.sort();
        wanted.sort();
    }
    if got == wanted {
        return Ok(());
    }
    Err(format!("rows:\n  expected {wanted:?}\n  got      {got:?}"))
}

fn header(schema: &Schema) -> String {
    schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(" | ")
}

fn types_of(schema: &Schema) -> String {
    schema.fields().iter().map(|field| field.data_type().to_string()).collect::<Vec<_>>().join(", ")
}

fn lines(answer: &Answer) -> Vec<String> {
    let rows = |batch: &RecordBatch| {
        let line = |row| {
            let columns = batch
                .schema()
                .fields()
                .iter()
                .zip(batch.columns())
                .map(|(field, column)| cell_text(field, column, row))
                .collect::<Vec<_>>();
            columns.join(" | ")
        };
        (0..batch.num_rows()).map(line).collect::<Vec<String>>()
    };
    answer.batches.iter().flat_map(rows).collect()
}

/// The letter of a column's type.
fn letter(field: &Field) -> char {
    if auditlake_events::schema::is_json(field) {
        return 'J';
    }
    match field.data_type() {
        // A bare NULL has the type `unknown`; any letter would do, and T stands in files.
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => 'T',
        DataType::Boolean => 'B',
        DataType::Dictionary(_, values) => letter(&Field::new("", values.as_ref().clone(), true)),
        data_type if data_type.is_integer() => 'I',
        data_type if data_type.is_numeric() => 'R',
        data_type if data_type.is_temporal() => 'P',
        _ => 'J',
    }
}

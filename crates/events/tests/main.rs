//! Tests of the whole crate through its public functions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod bad_input;
mod categories;
mod compare;
mod envelopes;
mod filters;
mod insight;
mod keys;
mod promoted;
mod real_events;
mod synthetic;
mod typed_columns;

use std::io::Write;

use auditlake_events::{
    DecodeOptions, DecodedFile, EventFilter, Result, SourceHint, decode_object, event_json_array,
};
use auditlake_model::{CategoryClass, default_promoted};
use bytes::Bytes;

fn options() -> DecodeOptions {
    DecodeOptions { promoted: default_promoted(), import_id: "import".to_owned(), ..DecodeOptions::default() }
}

fn insight_options() -> DecodeOptions {
    DecodeOptions { class: CategoryClass::Insight, ..options() }
}

fn hint(name: &str) -> SourceHint {
    SourceHint { uri: format!("s3://trail/{name}"), name: name.to_owned() }
}

fn try_decode(bytes: &[u8], name: &str) -> Result<DecodedFile> {
    decode_object(&Bytes::copy_from_slice(bytes), &hint(name), &options(), &EventFilter::default())
}

fn decode(text: impl AsRef<[u8]>) -> DecodedFile {
    try_decode(text.as_ref(), "log.json").unwrap()
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// Returns the events of a file, rebuilt.
fn events(file: &DecodedFile) -> Vec<String> {
    let array = event_json_array(&file.batch).unwrap();
    array.iter().map(|event| event.unwrap().to_owned()).collect()
}

/// Returns the text column of that name.
fn texts(file: &DecodedFile, column: &str) -> Vec<Option<String>> {
    let array = file.batch.column_by_name(column).unwrap_or_else(|| panic!("no column {column}"));
    let array = arrow::array::AsArray::as_string_view(array);
    array.iter().map(|text| text.map(str::to_owned)).collect()
}

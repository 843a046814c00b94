//! Errors for source objects that cannot be taken: what is wrong, where, and what to do.

use auditlake_model::Error;

use crate::decode::SourceHint;
use crate::input::is_gzip;
use crate::json::scan::SyntaxError;

/// A digest file where a log file should be.
pub(crate) fn digest() -> Error {
    Error::invalid("file is a CloudTrail digest, which lists log files and holds no events").with_hint(
        "Import the folder above `CloudTrail-Digest`: digest files on the way are kept for verification.",
    )
}

/// A policy document where a log file should be.
pub(crate) fn policy() -> Error {
    Error::invalid("file is an IAM policy document, which holds no events")
        .with_hint("Give the folder or file that CloudTrail delivered.")
}

/// Content that is neither JSON nor CSV of events.
pub(crate) fn no_log(bytes: &[u8], hint: &SourceHint) -> Error {
    let is_named_gzip = hint.name.ends_with(".gz");
    let what = match bytes.first() {
        _ if bytes.iter().all(u8::is_ascii_whitespace) => "file holds nothing but white space".to_owned(),
        _ if is_gzip(bytes) => "file was compressed twice".to_owned(),
        Some(byte) if is_named_gzip => {
            format!("file is named .gz and holds neither gzip nor JSON: it starts with byte 0x{byte:02x}")
        }
        Some(byte) => format!("file holds no JSON: it starts with byte 0x{byte:02x}"),
        None => "file is empty".to_owned(),
    };
    Error::invalid(what).with_hint(
        "A log file is {\"Records\":[...]}, an array, or one event after the other, plain or gzip; \
         fetch the file again if it should be one.",
    )
}

/// JSON that ends or breaks so that the rest of the records cannot be told apart.
///
/// `offset` counts uncompressed bytes, `records` those read before.
pub(crate) fn malformed(error: SyntaxError, offset: u64, records: u64, cut_off: bool) -> Error {
    let what = if cut_off { "JSON is cut off" } else { "JSON is malformed" };
    Error::corrupt(format!("{what} at byte {offset}, in record {records}: expected {}", error.expected))
        .with_hint("Nothing of the file was taken. Fetch it again from its source; sound files beside it are imported.")
}

/// More text than cells can point into had to be made: escapes resolved, remainders, embedded events.
pub(crate) fn too_much_made_text(records: u64) -> Error {
    Error::resources_exhausted(format!("file is too large to decode in one piece, from record {records} on"))
        .with_hint("Split it into files below 512 MiB.")
}

/// A table that is no saved query result with whole events.
pub(crate) fn no_event_column(columns: &str) -> Error {
    Error::invalid("CSV has no column `eventJson`, so its rows are no whole events")
        .with_detail(format!("Its columns are: {columns}."))
        .with_hint("Save the result of `SELECT eventJson FROM <event data store>` in CloudTrail Lake and import that.")
}

/// A CSV row that cannot be read.
pub(crate) fn malformed_csv(error: &csv::Error, row: u64) -> Error {
    Error::corrupt(format!("CSV is malformed in row {row}"))
        .with_detail(error.to_string())
        .with_hint("Nothing of the file was taken. Fetch it again from its source.")
}

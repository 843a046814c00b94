//! Saved queries and reference tables, as a server tells of them.

use auditlake_model::{Error, Result, StoreName};
use auditlake_proto::v1;
use auditlake_proto::v1::put_reference_table_request::Part;
use auditlake_query::saving::TableFile;
use auditlake_server::control::saved::{reference_from_wire, view_from_wire};
use auditlake_store::{ReferenceTable, SavedView};

use super::strange;

/// Bytes of a file in one message.
const PART_BYTES: usize = 1 << 20;

/// Returns what a server says of a view.
///
/// # Errors
/// `Unsupported` when it is not what this program knows.
pub(crate) fn view(view: Option<v1::View>) -> Result<SavedView> {
    const WHAT: &str = "a saved query";
    let view = view.ok_or_else(|| strange(WHAT))?;
    view_from_wire(view).map_err(|error: Error| strange(WHAT).with_source(error))
}

/// Returns what a server says of a reference table.
///
/// # Errors
/// `Unsupported` when it is not what this program knows.
pub(crate) fn reference(table: Option<v1::ReferenceTable>) -> Result<ReferenceTable> {
    const WHAT: &str = "a reference table";
    let table = table.ok_or_else(|| strange(WHAT))?;
    reference_from_wire(table).map_err(|error: Error| strange(WHAT).with_source(error))
}

/// Returns the messages that bring a file.
pub(crate) fn parts(
    name: &StoreName,
    file: &TableFile,
) -> impl Iterator<Item = v1::PutReferenceTableRequest> + Send + 'static + use<> {
    let head = v1::ReferenceTableHead { name: name.to_string(), source: file.name() };
    let bytes = file.bytes().clone();
    let starts = (0..bytes.len()).step_by(PART_BYTES);
    let content = starts.map(move |start| {
        let end = bytes.len().min(start + PART_BYTES);
        Part::Content(bytes.slice(start..end).to_vec())
    });
    std::iter::once(Part::Head(head))
        .chain(content)
        .map(|part| v1::PutReferenceTableRequest { part: Some(part) })
}

//! Saved queries and reference tables on the wire.

use auditlake_model::{Result, Timestamp};
use auditlake_proto::v1;
use auditlake_store::{ReferenceTable, SavedColumn, SavedView};

use crate::control::times::{WireInstant, maybe_from_wire, to_wire};

/// Returns a view as the wire has it.
pub(super) fn view(view: &SavedView) -> v1::View {
    v1::View {
        name: view.name.clone(),
        sql: view.sql.clone(),
        description: view.description.clone().unwrap_or_default(),
        parameters: view.parameters.clone(),
        columns: columns(&view.columns),
        created_at: Some(to_wire(view.created_at)),
    }
}

/// Returns a reference table as the wire has it.
pub(super) fn reference(table: &ReferenceTable) -> v1::ReferenceTable {
    v1::ReferenceTable {
        name: table.name.clone(),
        rows: table.rows,
        columns: columns(&table.columns),
        source: table.source.clone(),
        source_sha256: table.source_sha256.clone(),
        created_at: Some(to_wire(table.created_at)),
    }
}

fn columns(columns: &[SavedColumn]) -> Vec<v1::SavedColumn> {
    let column = |column: &SavedColumn| v1::SavedColumn {
        name: column.name.clone(),
        r#type: column.type_name.clone(),
    };
    columns.iter().map(column).collect()
}

/// Reads a view that a server tells of.
///
/// # Errors
///
/// `Invalid` for an instant that is none.
pub fn view_from_wire(view: v1::View) -> Result<SavedView> {
    Ok(SavedView {
        created_at: instant(view.created_at.as_ref())?,
        name: view.name,
        sql: view.sql,
        description: Some(view.description).filter(|text| !text.is_empty()),
        parameters: view.parameters,
        columns: columns_from_wire(view.columns),
    })
}

/// Reads a reference table that a server tells of; where its rows are kept, the server does not tell.
///
/// # Errors
///
/// `Invalid` for an instant that is none.
pub fn reference_from_wire(table: v1::ReferenceTable) -> Result<ReferenceTable> {
    Ok(ReferenceTable {
        created_at: instant(table.created_at.as_ref())?,
        name: table.name,
        path: String::new(),
        rows: table.rows,
        source: table.source,
        source_sha256: table.source_sha256,
        columns: columns_from_wire(table.columns),
    })
}

fn columns_from_wire(columns: Vec<v1::SavedColumn>) -> Vec<SavedColumn> {
    let column = |column: v1::SavedColumn| SavedColumn { name: column.name, type_name: column.r#type };
    columns.into_iter().map(column).collect()
}

fn instant(found: Option<&WireInstant>) -> Result<Timestamp> {
    Ok(maybe_from_wire("created_at", found)?.unwrap_or(Timestamp::from_micros(0)))
}

//! What people save, before it is written: the query of a view is planned, the file of a reference table is read.
//!
//! Every door saves by this, so that what one takes all take. Writing is the lake's part.

use std::path::PathBuf;

use auditlake_model::{Error, Result, StoreName};
use auditlake_store::{ReferenceTable, SavedView, hex, sha256};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::catalog::{TableEntry, TableKind};
use crate::error::INVALID_STATEMENT;
use crate::reference::{TableRows, saved_columns};
use crate::service::{QueryRequest, QueryService};

/// A query that shall be saved.
#[derive(Debug, Clone)]
pub struct NewView {
    /// Its name.
    pub name: StoreName,
    /// What it is for.
    pub description: Option<String>,
    /// One SELECT, and who saves it: it is planned with their rights.
    pub query: QueryRequest,
}

impl NewView {
    /// Returns the text of a query as it is kept: without what stands around it.
    pub fn trimmed(sql: &str) -> &str {
        sql.trim().trim_end_matches(';').trim_end()
    }
}

impl QueryService {
    /// Plans a query that shall be saved, and returns what to keep.
    ///
    /// # Errors
    /// What the statement deserves; `Invalid` for parameters by position, and for a query that reads what it shall
    /// replace.
    pub async fn plan_view(&self, new: NewView) -> Result<SavedView> {
        let sql = NewView::trimmed(&new.query.sql).to_owned();
        let prepared = self.prepare(QueryRequest { sql: sql.clone(), ..new.query }).await?;
        if prepared.saved().names().any(|name| name.eq_ignore_ascii_case(new.name.as_str())) {
            return Err(Error::invalid(format!("the query of `{}` reads `{}` itself", new.name, new.name))
                .with_code(INVALID_STATEMENT)
                .with_hint("Save it under another name, or put the text of the old query in."));
        }
        let parameters: Vec<String> = prepared.parameters().iter().map(|slot| slot.name.clone()).collect();
        check_parameters(&parameters)?;
        Ok(SavedView {
            name: new.name.as_str().to_owned(),
            description: new.description,
            parameters,
            columns: saved_columns(prepared.schema()),
            created_at: self.now(),
            sql,
        })
    }
}

/// By position, nobody could tell which parameter of a statement belongs to which view in it.
fn check_parameters(parameters: &[String]) -> Result<()> {
    match parameters.iter().any(|name| name.starts_with('$')) {
        false => Ok(()),
        true => Err(Error::invalid("a saved query takes its parameters by name")
            .with_code(INVALID_STATEMENT)
            .with_hint("Write `:name` instead of `?` or `$1`.")),
    }
}

/// A file whose rows shall be kept as a reference table.
#[derive(Debug, Clone)]
pub struct TableFile {
    path: PathBuf,
    bytes: Bytes,
}

impl TableFile {
    /// Takes the bytes of a file; the ending of its name tells its form.
    pub fn new(path: impl Into<PathBuf>, bytes: Bytes) -> Self {
        Self { path: path.into(), bytes }
    }

    /// Reads a file, unless it is too large.
    ///
    /// # Errors
    /// As [`TableRows::read`] gives them for a file that it cannot reach.
    pub fn read(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let bytes = crate::reference::file_bytes(&path)?;
        Ok(Self { path, bytes })
    }

    /// Returns the name of the file, without its folder.
    pub fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Returns its bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Reads the rows; returns what to keep of them, without a place yet, and the rows as Parquet.
    ///
    /// It computes for a while.
    ///
    /// # Errors
    /// As [`TableRows::read`] and [`TableRows::to_parquet`].
    pub fn to_table(
        &self,
        name: &StoreName,
        now: auditlake_model::Timestamp,
    ) -> Result<(ReferenceTable, Bytes)> {
        let rows = TableRows::of_bytes(&self.path, &self.bytes)?;
        let parquet = rows.to_parquet()?;
        let table = ReferenceTable {
            name: name.as_str().to_owned(),
            path: String::new(),
            rows: rows.rows(),
            source: self.name(),
            source_sha256: hex(&sha256(&self.bytes)),
            columns: rows.columns(),
            created_at: now,
        };
        Ok((table, parquet))
    }
}

/// The saved queries and reference tables that a statement uses, each with a hash of what it was: two are equal when
/// nothing of it was saved anew in between.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedUses(Vec<(String, String)>);

impl SavedUses {
    pub(crate) fn of(entries: &[TableEntry]) -> Self {
        let mut uses: Vec<(String, String)> = entries
            .iter()
            .filter_map(|entry| {
                let content = match &entry.kind {
                    TableKind::View(view) => &view.sql,
                    TableKind::Reference(table) => &table.path,
                    _ => return None,
                };
                Some((entry.name.clone(), hex(&sha256(content.as_bytes()))))
            })
            .collect();
        uses.sort_unstable();
        uses.dedup();
        Self(uses)
    }

    /// Returns the names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

//! What people keep in a lake beside events: saved queries and reference tables.
//!
//! ```text
//! <root>/saved/0000000007.json      all of them, in one document; see [`crate::document`]
//!        references/<id>.parquet    the rows of a reference table, written once
//! ```
//! One document holds all names, so that a view and a table of one name cannot be made at once.

use std::sync::Arc;
use std::time::Duration;

use auditlake_model::{Error, Result, StoreName, Timestamp};
use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{Error as StoreError, ObjectStore as _, ObjectStoreExt as _};
use serde::{Deserialize, Serialize};

use crate::document::{Document, DocumentWords, Stamp};
use crate::lake::Lake;
use crate::location::from_object_store;

/// Folder of the document.
const SAVED_FOLDER: &str = "saved";
/// Folder of the rows of reference tables.
const REFERENCES_FOLDER: &str = "references";
/// The format of the document that this program reads and writes.
const FORMAT_VERSION: u32 = 1;
const WORDS: DocumentWords =
    DocumentWords { list: "list saved queries", read: "read saved queries", write: "write saved queries" };
/// Rows that no table names any more are kept this long for queries that still read them.
const KEEP_ROWS: Duration = Duration::from_secs(3600);

/// A column of a view or reference table, for lists; its type as SHOW COLUMNS names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// A query that stands in FROM like a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedView {
    /// Its name.
    pub name: String,
    /// One SELECT.
    pub sql: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The parameters that it takes by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
    /// The columns it had when it was saved.
    pub columns: Vec<SavedColumn>,
    /// When it was saved.
    pub created_at: Timestamp,
}

/// A table that people bring: indicators, names of accounts, what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceTable {
    /// Its name.
    pub name: String,
    /// The file that holds its rows, from the lake's root.
    pub path: String,
    /// How many rows it has.
    pub rows: u64,
    /// The name of the file that it was made from.
    pub source: String,
    /// SHA-256 of that file, in hexadecimal digits.
    pub source_sha256: String,
    /// Its columns.
    pub columns: Vec<SavedColumn>,
    /// When it was put.
    pub created_at: Timestamp,
}

/// All that is kept, each kind in the order of its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Saved {
    format_version: u32,
    /// The views.
    #[serde(default)]
    pub views: Vec<SavedView>,
    /// The reference tables.
    #[serde(default)]
    pub references: Vec<ReferenceTable>,
}

impl Default for Saved {
    fn default() -> Self {
        Self { format_version: FORMAT_VERSION, views: Vec::new(), references: Vec::new() }
    }
}

impl Saved {
    /// Finds a view, without regard to case.
    pub fn view(&self, name: &str) -> Option<&SavedView> {
        self.views.iter().find(|view| view.is_called(name))
    }

    /// Finds a reference table, without regard to case.
    pub fn reference(&self, name: &str) -> Option<&ReferenceTable> {
        self.references.iter().find(|table| table.is_called(name))
    }

    /// Adds a view, or puts it in the place of the one of its name.
    ///
    /// # Errors
    /// `AlreadyExists` when a reference table has the name, or a view and `replace` is false.
    pub fn put_view(&mut self, view: SavedView, replace: bool) -> Result<()> {
        if self.reference(&view.name).is_some() {
            return Err(taken(ReferenceTable::KIND, &view.name));
        }
        if !replace && self.view(&view.name).is_some() {
            return Err(taken(SavedView::KIND, &view.name).with_hint("Replace it with --replace."));
        }
        put(&mut self.views, view);
        Ok(())
    }

    /// Takes a view away.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn remove_view(&mut self, name: &str) -> Result<()> {
        remove(&mut self.views, name)
    }

    /// Adds a reference table, or puts it in the place of the one of its name.
    ///
    /// # Errors
    /// `AlreadyExists` when a view has the name.
    pub fn put_reference(&mut self, table: ReferenceTable) -> Result<()> {
        if self.view(&table.name).is_some() {
            return Err(taken(SavedView::KIND, &table.name));
        }
        put(&mut self.references, table);
        Ok(())
    }

    /// Takes a reference table away.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn remove_reference(&mut self, name: &str) -> Result<()> {
        remove(&mut self.references, name)
    }
}

/// What has a name in the document.
trait Named {
    /// What errors call it.
    const KIND: &'static str;

    fn name(&self) -> &str;

    fn is_called(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }
}

impl Named for SavedView {
    const KIND: &'static str = "view";

    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for ReferenceTable {
    const KIND: &'static str = "reference table";

    fn name(&self) -> &str {
        &self.name
    }
}

/// Puts a thing in the place of the one of its name, in the order of names.
fn put<T: Named>(list: &mut Vec<T>, new: T) {
    list.retain(|other| !other.is_called(new.name()));
    list.push(new);
    list.sort_by(|left, right| left.name().cmp(right.name()));
}

fn remove<T: Named>(list: &mut Vec<T>, name: &str) -> Result<()> {
    let before = list.len();
    list.retain(|thing| !thing.is_called(name));
    match list.len() == before {
        true => Err(Error::not_found(format!("no {} `{name}`", T::KIND))),
        false => Ok(()),
    }
}

fn taken(what: &str, name: &str) -> Error {
    Error::already_exists(format!("there is a {what} `{name}` already"))
}

impl Lake {
    /// Reads what is kept.
    ///
    /// # Errors
    /// `Corrupt` when the document cannot be read, `Unsupported` when a later program wrote it.
    pub async fn saved(&self) -> Result<Saved> {
        Ok(self.read_saved().await?.1)
    }

    /// Tells which document there is, so that one that was read need not be read again.
    ///
    /// # Errors
    /// As the storage gives them.
    pub async fn saved_stamp(&self) -> Result<Option<Stamp>> {
        self.saved_document().newest().await
    }

    /// Reads what is kept, with the stamp of the document.
    ///
    /// # Errors
    /// As [`Lake::saved`].
    pub async fn read_saved(&self) -> Result<(Option<Stamp>, Saved)> {
        let Some((stamp, bytes)) = self.saved_document().read_newest().await? else {
            return Ok((None, Saved::default()));
        };
        let saved: Saved = serde_json::from_slice(&bytes)
            .map_err(|error| Error::corrupt("read saved queries").with_source(error))?;
        if saved.format_version != FORMAT_VERSION {
            return Err(Error::unsupported(format!(
                "saved queries have format {}, this program knows {FORMAT_VERSION}",
                saved.format_version
            ))
            .with_hint("Use the program that wrote them, or a later one."));
        }
        Ok((Some(stamp), saved))
    }

    /// Changes what is kept. `change` may run several times, each time on what others wrote meanwhile.
    ///
    /// # Errors
    /// What `change` gives; `AlreadyExists` when an event data store has a name that `change` adds.
    pub async fn change_saved(&self, mut change: impl FnMut(&mut Saved) -> Result<()>) -> Result<Saved> {
        self.ensure_writable().await?;
        let document = self.saved_document();
        loop {
            let (stamp, before) = self.read_saved().await?;
            let mut saved = before.clone();
            change(&mut saved)?;
            self.check_names(&saved, &before).await?;
            let version = stamp.map_or(0, |stamp| stamp.version) + 1;
            let bytes = serde_json::to_vec_pretty(&saved)
                .map_err(|error| Error::internal("write saved queries").with_source(error))?;
            if document.put(version, bytes).await? {
                self.tidy_saved(&document, version, &saved).await;
                return Ok(saved);
            }
        }
    }

    /// Keeps a reference table, in the place of the one of its name; its path is given to it here.
    ///
    /// # Errors
    /// As [`Lake::change_saved`] and [`Saved::put_reference`].
    pub async fn put_reference(&self, table: ReferenceTable, parquet: Bytes) -> Result<ReferenceTable> {
        let table = ReferenceTable { path: self.put_reference_rows(parquet).await?, ..table };
        self.change_saved(|saved| saved.put_reference(table.clone())).await?;
        Ok(table)
    }

    /// Keeps the rows of a reference table as a Parquet file; returns its path from the lake's root.
    ///
    /// # Errors
    /// As the storage gives them.
    pub async fn put_reference_rows(&self, parquet: Bytes) -> Result<String> {
        self.ensure_writable().await?;
        let path = Path::from(format!("{REFERENCES_FOLDER}/{}.parquet", self.ids().uuid()));
        let put = self.object_store().put(&path, parquet.into()).await;
        put.map_err(|error| from_object_store("write reference table", error))?;
        Ok(path.into())
    }

    /// Reads the Parquet file of a reference table.
    ///
    /// # Errors
    /// As the storage gives them.
    pub async fn reference_rows(&self, table: &ReferenceTable) -> Result<Bytes> {
        let store = self.object_store();
        let read = async { store.get(&Path::from(table.path.as_str())).await?.bytes().await };
        read.await.map_err(|error| from_object_store("read reference table", error))
    }

    /// Refuses a name for an event data store that a view or a reference table has: it could not be reached any more.
    pub(crate) async fn refuse_saved_name(&self, name: &StoreName) -> Result<()> {
        let saved = self.saved().await?;
        let (view, table) = (saved.view(name.as_str()), saved.reference(name.as_str()));
        let kind = match (view, table) {
            (Some(_), _) => SavedView::KIND,
            (None, Some(_)) => ReferenceTable::KIND,
            (None, None) => return Ok(()),
        };
        Err(taken(kind, name.as_str())
            .with_code("EventDataStoreAlreadyExistsException")
            .with_hint("Take another name; case does not count."))
    }

    fn saved_document(&self) -> Document {
        Document::new(Arc::new(PrefixStore::new(self.object_store(), SAVED_FOLDER)), WORDS)
    }

    /// A table of the same name as a store would never be found.
    async fn check_names(&self, saved: &Saved, before: &Saved) -> Result<()> {
        let names = |saved: &Saved| -> Vec<String> {
            let views = saved.views.iter().map(|view| view.name.as_str());
            let tables = saved.references.iter().map(|table| table.name.as_str());
            views.chain(tables).map(str::to_lowercase).collect()
        };
        let known = names(before);
        let added: Vec<String> = names(saved).into_iter().filter(|name| !known.contains(name)).collect();
        if added.is_empty() {
            return Ok(());
        }
        let stores = self.list_stores().await?;
        let same = |store: &&crate::EventDataStore| added.contains(&store.name().as_str().to_lowercase());
        match stores.iter().find(same) {
            Some(store) => Err(taken("event data store", store.name().as_str())),
            None => Ok(()),
        }
    }

    /// What is left over costs room and nothing else, so that failing to remove it is no failure.
    async fn tidy_saved(&self, document: &Document, version: u64, saved: &Saved) {
        let removed = document.remove_before(version).await;
        if let Err(error) = removed.and(self.remove_unused_rows(saved).await) {
            tracing::warn!(error = %error.report(), "could not remove what saved queries left over");
        }
    }

    async fn remove_unused_rows(&self, saved: &Saved) -> Result<()> {
        let store = self.object_store();
        let folder = Path::from(REFERENCES_FOLDER);
        let files: Vec<_> = store
            .list(Some(&folder))
            .try_collect()
            .await
            .map_err(|error| from_object_store("list reference tables", error))?;
        let now = self.clock().now();
        for file in files {
            let is_used = saved.references.iter().any(|table| table.path == file.location.as_ref());
            let changed = Timestamp::from_micros(file.last_modified.timestamp_micros());
            let is_old = now.as_micros() - changed.as_micros() > KEEP_ROWS.as_micros() as i64;
            if is_used || !is_old {
                continue;
            }
            match store.delete(&file.location).await {
                Ok(()) | Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(from_object_store("remove reference table", error)),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! The files of kept results.
//!
//! ```text
//! results/<query id>/status.json       the state: written when the query is taken in, and when it has ended
//!                    alive             when its server last said that it still runs
//!                    part-00000.arrow  rows
//! ```
//! `status.json` is never written while the query runs, so that no late write can undo the end of it.

use std::time::Duration;

use auditlake_model::{Error, ErrorKind, QueryId, Result, Timestamp};
use auditlake_proto::v1;
use auditlake_store::{Lake, from_object_store};
use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt as _, PutPayload};

use super::document::KeptQuery;
use super::part::{PageRows, Part};

/// Folder of the results in a lake.
const FOLDER: &str = "results";
const STATUS: &str = "status.json";
const ALIVE: &str = "alive";
/// A query whose server has not spoken for so long is given up.
const SILENCE: Duration = Duration::from_secs(60);

/// Rows of one page, and the number of the row that the next begins with.
#[derive(Debug)]
pub(super) struct ResultPage {
    pub(super) rows: Vec<v1::QueryRow>,
    pub(super) next: Option<u64>,
}

/// Reads and writes the files. Clones share the lake.
#[derive(Debug, Clone)]
pub(super) struct ResultStorage {
    lake: Lake,
}

impl ResultStorage {
    pub(super) fn new(lake: Lake) -> Self {
        Self { lake }
    }

    /// Returns the lake.
    pub(super) fn lake(&self) -> &Lake {
        &self.lake
    }

    /// Writes the state of a query.
    pub(super) async fn put_status(&self, query: &KeptQuery) -> Result<()> {
        self.put(query.id, STATUS, query.to_json()?).await
    }

    /// Writes that the query still runs.
    pub(super) async fn put_alive(&self, id: QueryId) -> Result<()> {
        self.put(id, ALIVE, self.lake.clock().now().to_string().into_bytes()).await
    }

    /// Writes the part of number `number`.
    pub(super) async fn put_part(&self, id: QueryId, number: usize, part: Part) -> Result<()> {
        self.put(id, &part_name(number), part.bytes).await
    }

    async fn put(&self, id: QueryId, name: &str, bytes: Vec<u8>) -> Result<()> {
        let path = path(id, name);
        let put = self.lake.object_store();
        let put = put.put(&path, PutPayload::from(bytes)).await;
        put.map(|_| ()).map_err(|e| from_object_store("write result of query", e).with_context("path", path))
    }

    async fn get(&self, id: QueryId, name: &str) -> Result<Bytes> {
        let path = path(id, name);
        let store = self.lake.object_store();
        let read = async { store.get(&path).await?.bytes().await };
        read.await
            .map_err(|e| from_object_store("read result of query", e).with_context("path", path.clone()))
    }

    /// Reads the state of a query; `None` when there is none, or it is expired.
    ///
    /// # Errors
    ///
    /// `Corrupt`, `Unsupported`, and those of the storage.
    pub(super) async fn status(&self, id: QueryId) -> Result<Option<KeptQuery>> {
        let now = self.lake.clock().now();
        let Some(mut query) = self.read_status(id).await? else { return Ok(None) };
        if query.is_expired(now) {
            return Ok(None);
        }
        if !query.state.is_terminal() {
            let last_seen = self.last_seen(&query).await?;
            if now.saturating_duration_since(last_seen) > SILENCE {
                query.abandon(last_seen);
            }
        }
        Ok(Some(query))
    }

    async fn read_status(&self, id: QueryId) -> Result<Option<KeptQuery>> {
        match self.get(id, STATUS).await {
            Ok(json) => KeptQuery::from_json(&json)
                .map(Some)
                .map_err(|error| error.with_context("path", path(id, STATUS))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns when the server of a running query spoke last.
    async fn last_seen(&self, query: &KeptQuery) -> Result<Timestamp> {
        match self.get(query.id, ALIVE).await {
            Ok(text) => {
                let said = std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok());
                Ok(said.unwrap_or(query.created_at))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(query.created_at),
            Err(error) => Err(error),
        }
    }

    /// Reads rows of a result from number `offset` on: at most `most`, in `room` bytes.
    ///
    /// # Errors
    ///
    /// `Corrupt` when a part is damaged or gone.
    pub(super) async fn page(
        &self,
        query: &KeptQuery,
        offset: u64,
        most: usize,
        room: usize,
    ) -> Result<ResultPage> {
        let mut page = PageRows::default();
        let mut first = 0;
        for (number, rows) in query.parts.iter().enumerate() {
            let position = offset + page.rows.len() as u64;
            let end = first + rows;
            if position < end {
                let bytes = self.part(query.id, number).await?;
                let from = usize::try_from(position - first).unwrap_or(usize::MAX);
                let is_whole;
                (page, is_whole) = fill(page, bytes, from, most, room).await?;
                if !is_whole {
                    break;
                }
            }
            first = end;
        }
        let next = offset.saturating_add(page.rows.len() as u64);
        let is_last = next >= query.parts.iter().sum();
        Ok(ResultPage { rows: page.rows, next: (!is_last).then_some(next) })
    }

    async fn part(&self, id: QueryId, number: usize) -> Result<Bytes> {
        let name = part_name(number);
        self.get(id, &name).await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                Error::corrupt("part of result is gone").with_context("path", path(id, &name))
            }
            _ => error,
        })
    }

    /// Returns the ids of all queries with files.
    pub(super) async fn ids(&self) -> Result<Vec<QueryId>> {
        match self.lake.object_store().list_with_delimiter(Some(&Path::from(FOLDER))).await {
            Ok(listing) => {
                let folders = listing.common_prefixes;
                Ok(folders.iter().filter_map(|path| QueryId::parse(path.filename()?).ok()).collect())
            }
            Err(object_store::Error::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(from_object_store("list results of queries", error)),
        }
    }

    /// Removes the files of a query if it is expired; returns whether it was.
    ///
    /// # Errors
    ///
    /// Those of the storage.
    pub(super) async fn remove_expired(&self, id: QueryId) -> Result<bool> {
        let now = self.lake.clock().now();
        let status = match self.read_status(id).await {
            Ok(status) => status,
            // Damaged, or newer than this program: not ours to remove.
            Err(error) if matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Unsupported) => {
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        let files = self.files(id).await?;
        let is_expired = match &status {
            Some(query) => query.is_expired(now),
            // Left by a removal that did not come to its end, or by a start.
            None => files.iter().all(|file| is_old(file, now)),
        };
        if is_expired {
            self.remove(files).await?;
        }
        Ok(is_expired)
    }

    async fn files(&self, id: QueryId) -> Result<Vec<ObjectMeta>> {
        let folder = Path::from_iter([FOLDER, &id.to_string()]);
        let files = self.lake.object_store().list(Some(&folder));
        let mut files: Vec<ObjectMeta> =
            files.try_collect().await.map_err(|e| from_object_store("list result of query", e))?;
        // The state goes last: without it, nobody knows when the rest expires.
        files.sort_by_key(|file| file.location.filename() == Some(STATUS));
        Ok(files)
    }

    async fn remove(&self, files: Vec<ObjectMeta>) -> Result<()> {
        for file in files {
            match self.lake.object_store().delete(&file.location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(from_object_store("remove result of query", error)),
            }
        }
        Ok(())
    }

    /// Removes what says that a query runs; it has ended.
    pub(super) async fn remove_alive(&self, id: QueryId) {
        // Left behind it means nothing, since the state is an end.
        let _ = self.lake.object_store().delete(&path(id, ALIVE)).await;
    }
}

/// Decodes a part where it holds nobody up.
async fn fill(
    mut page: PageRows,
    part: Bytes,
    from: usize,
    most: usize,
    room: usize,
) -> Result<(PageRows, bool)> {
    let filled = tokio::task::spawn_blocking(move || {
        let is_whole = page.fill(&part, from, most, room)?;
        Ok((page, is_whole))
    });
    filled.await.map_err(|e| Error::internal("read part of result").with_source(e))?
}

fn path(id: QueryId, name: &str) -> Path {
    Path::from_iter([FOLDER, &id.to_string(), name])
}

fn part_name(number: usize) -> String {
    format!("part-{number:05}.arrow")
}

fn is_old(file: &ObjectMeta, now: Timestamp) -> bool {
    let written = Timestamp::from_micros(file.last_modified.timestamp_micros());
    written.saturating_add_days(super::document::KEPT_DAYS) <= now
}

//! One query with what is kept of it: `results/<query id>/status.json`.

use auditlake_model::{Error, QueryId, QueryState, Result, Timestamp};
use auditlake_query::{PinnedTable, Progress, QueryStatus};
use serde::{Deserialize, Serialize};

/// Days for which results are kept, from the end of the query.
pub(super) const KEPT_DAYS: u32 = 7;
/// Version of the stored form.
const VERSION: u32 = 1;

/// A query: what was asked, how far it is, and where its rows are.
///
/// - `finished_at` is set exactly when the state is an end.
/// - The rows of `parts` add up to `rows` once the query has ended, if it keeps rows at all.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeptQuery {
    pub(super) id: QueryId,
    pub(super) sql: String,
    /// Who asked.
    pub(super) principal: String,
    pub(super) state: QueryState,
    pub(super) created_at: Timestamp,
    pub(super) started_at: Option<Timestamp>,
    pub(super) finished_at: Option<Timestamp>,
    pub(super) events_scanned: u64,
    pub(super) events_matched: u64,
    pub(super) bytes_scanned: u64,
    /// Rows of the result so far.
    pub(super) rows: u64,
    pub(super) error: Option<KeptError>,
    pub(super) tables: Vec<KeptTable>,
    pub(super) columns: Vec<KeptColumn>,
    /// Rows of each part, in order.
    pub(super) parts: Vec<u64>,
    /// Whether its rows are kept: not those of queries that came through another door.
    pub(super) kept: bool,
    /// Whether it was given up because its server is silent; that may speak again.
    pub(super) abandoned: bool,
}

/// Why a query failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptError {
    /// One line.
    pub(super) message: String,
    /// Lake's name of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
}

/// A table that a statement names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptTable {
    pub(super) name: String,
    /// Its id; `None` for the engine's own tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptColumn {
    pub(super) name: String,
    /// Its Arrow type, as Arrow prints it.
    #[serde(rename = "type")]
    pub(super) data_type: String,
}

impl KeptQuery {
    /// Describes a query as the service sees it.
    pub(super) fn of(status: QueryStatus, kept: bool) -> Self {
        let mut query = Self {
            id: status.id,
            sql: status.sql,
            principal: status.principal,
            state: status.state,
            created_at: status.created_at,
            started_at: status.started_at,
            finished_at: status.finished_at,
            events_scanned: 0,
            events_matched: 0,
            bytes_scanned: 0,
            rows: 0,
            error: None,
            tables: Vec::new(),
            columns: Vec::new(),
            parts: Vec::new(),
            kept,
            abandoned: false,
        };
        query.set_progress(&status.progress);
        query.rows = status.progress.rows_returned;
        query
    }

    /// Returns the query as it looks while the service works on it.
    pub(super) fn with_status(mut self, status: &QueryStatus) -> Self {
        if !status.state.is_terminal() {
            self.state = status.state;
        }
        self.started_at = status.started_at;
        self.set_progress(&status.progress);
        self
    }

    fn set_progress(&mut self, progress: &Progress) {
        self.events_scanned = progress.events_scanned;
        self.events_matched = progress.events_matched;
        self.bytes_scanned = progress.bytes_scanned;
    }

    /// Notes which tables the statement names.
    pub(super) fn set_tables(&mut self, tables: &[PinnedTable]) {
        let table = |table: &PinnedTable| KeptTable {
            name: table.name.clone(),
            id: table.id.map(|id| id.to_string()),
        };
        self.tables = tables.iter().map(table).collect();
    }

    /// Ends the query.
    pub(super) fn end(&mut self, status: &QueryStatus, error: Option<&Error>, now: Timestamp) {
        self.started_at = status.started_at;
        self.set_progress(&status.progress);
        self.finished_at = Some(status.finished_at.unwrap_or(now));
        self.state = match (error, status.state) {
            (None, _) => QueryState::Finished,
            (Some(_), state @ (QueryState::Cancelled | QueryState::TimedOut)) => state,
            (Some(_), _) => QueryState::Failed,
        };
        self.error = error
            .map(|error| KeptError { message: error.report(), code: error.code().map(ToOwned::to_owned) });
    }

    /// Ends a query whose server went away.
    pub(super) fn abandon(&mut self, last_seen: Timestamp) {
        self.abandoned = true;
        self.state = QueryState::Failed;
        self.finished_at = Some(last_seen);
        let message = "the server that ran the query ended before it".to_owned();
        self.error = Some(KeptError { message, code: None });
    }

    /// Returns when its results are removed; `None` while it runs, or when none are kept.
    pub(super) fn expires_at(&self) -> Option<Timestamp> {
        self.finished_at.filter(|_| self.kept).map(|end| end.saturating_add_days(KEPT_DAYS))
    }

    /// Tells whether its results are to be removed.
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        let end = self.finished_at.unwrap_or(self.created_at);
        end.saturating_add_days(KEPT_DAYS) <= now
    }

    /// Returns the stored form.
    ///
    /// # Errors
    ///
    /// `Internal` when an instant has no text form.
    pub(super) fn to_json(&self) -> Result<Vec<u8>> {
        let stored = StatusV1 {
            version: VERSION,
            query_id: self.id,
            sql: self.sql.clone(),
            principal: self.principal.clone(),
            state: self.state,
            created_at: self.created_at,
            started_at: self.started_at,
            finished_at: self.finished_at,
            events_scanned: self.events_scanned,
            events_matched: self.events_matched,
            bytes_scanned: self.bytes_scanned,
            rows: self.rows,
            error: self.error.clone(),
            tables: self.tables.clone(),
            columns: self.columns.clone(),
            parts: self.parts.clone(),
        };
        serde_json::to_vec_pretty(&stored).map_err(|e| Error::internal("write state of query").with_source(e))
    }

    /// Reads the stored form.
    ///
    /// # Errors
    ///
    /// `Unsupported` when a newer program wrote it; `Corrupt`.
    pub(super) fn from_json(json: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let damaged = |e| Error::corrupt("read state of query").with_source(e);
        let Versioned { version } = serde_json::from_slice(json).map_err(damaged)?;
        if version > VERSION {
            return Err(Error::unsupported(format!(
                "the result has format {version}, newer than this program reads"
            ))
            .with_hint("Install the version of auditlake that wrote it, or a newer one."));
        }
        let stored: StatusV1 = serde_json::from_slice(json).map_err(damaged)?;
        Ok(Self {
            id: stored.query_id,
            sql: stored.sql,
            principal: stored.principal,
            state: stored.state,
            created_at: stored.created_at,
            started_at: stored.started_at,
            finished_at: stored.finished_at,
            events_scanned: stored.events_scanned,
            events_matched: stored.events_matched,
            bytes_scanned: stored.bytes_scanned,
            rows: stored.rows,
            error: stored.error,
            tables: stored.tables,
            columns: stored.columns,
            parts: stored.parts,
            kept: true,
            abandoned: false,
        })
    }
}

/// Version 1 of the stored form.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusV1 {
    version: u32,
    query_id: QueryId,
    sql: String,
    principal: String,
    state: QueryState,
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished_at: Option<Timestamp>,
    events_scanned: u64,
    events_matched: u64,
    bytes_scanned: u64,
    rows: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<KeptError>,
    tables: Vec<KeptTable>,
    columns: Vec<KeptColumn>,
    parts: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../testdata/formats/v1/query_status.json");

    #[test]
    fn the_stored_form_of_version_1_reads_and_writes_as_ever() {
        let query = KeptQuery::from_json(SAMPLE.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(query.to_json().unwrap()).unwrap(), SAMPLE.trim_end());
        assert_eq!((query.state, query.rows, query.parts.len()), (QueryState::TimedOut, 12_000, 2));
        assert_eq!(query.expires_at().unwrap().to_string(), "2026-02-07T00:01:00Z");
    }

    #[test]
    fn another_form_is_refused() {
        let newer = SAMPLE.replace("\"version\": 1", "\"version\": 2");
        let error = KeptQuery::from_json(newer.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), auditlake_model::ErrorKind::Unsupported);
        let error = KeptQuery::from_json(b"{}").unwrap_err();
        assert_eq!(error.kind(), auditlake_model::ErrorKind::Corrupt);
    }
}

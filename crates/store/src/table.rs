//! One Delta table used as a compare-and-swap log.
//!
//! `deltalake-core` rebases a lost commit by its own rules, and those are wrong for us (two
//! compactions of one file both win, two appends never re-check duplicates). So every commit goes
//! through [`LogTable::try_commit`] with no retries: it either extends exactly the version that was
//! planned against, or reports [`CommitOutcome::Stale`] and the caller plans again.

use auditlake_model::{Error, ErrorKind, Result};
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties, TransactionError};
use deltalake_core::kernel::{Action, Transaction};
use deltalake_core::logstore::LogStoreRef;
use deltalake_core::protocol::DeltaOperation;
use deltalake_core::table::state::DeltaTableState;
use deltalake_core::{DeltaTable, DeltaTableError};

use crate::log_turns::turn;

/// Application id of the transaction that points to the newest ingest checkpoint file.
pub(crate) const INGEST_APP_ID: &str = "auditlake.ingest";

/// How an attempt to extend the log ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitOutcome {
    /// The actions are version `.0` of the table.
    Committed(u64),
    /// Somebody else wrote the version first, or the outcome is not known: refresh, look whether it
    /// was us, plan again.
    Stale,
}

/// A loaded Delta table: its log store and the state of one version.
#[derive(Debug, Clone)]
pub struct LogTable {
    table: DeltaTable,
}

impl LogTable {
    /// Loads the newest version.
    ///
    /// # Errors
    /// `NotFound` when there is no table under the log store.
    pub async fn load(log_store: LogStoreRef) -> Result<Self> {
        let _turn = turn().await;
        let mut table = DeltaTable::new(log_store);
        Box::pin(table.load()).await.map_err(|e| delta_error("load Delta log", e))?;
        Ok(Self { table })
    }

    /// Loads an earlier version.
    ///
    /// # Errors
    /// `NotFound` when there is no such table, or the version was removed from its log.
    pub async fn load_version(log_store: LogStoreRef, version: u64) -> Result<Self> {
        let gone = |error| match delta_error("load version of Delta log", error) {
            error if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::PermissionDenied) => error,
            error => Error::not_found("load version of Delta log").with_source(error),
        };
        let _turn = turn().await;
        let mut table = DeltaTable::new(log_store);
        Box::pin(table.load_version(version)).await.map_err(gone)?;
        Ok(Self { table })
    }

    /// Moves to the newest version; cheap when there is none.
    pub async fn refresh(&mut self) -> Result<()> {
        let _turn = turn().await;
        Box::pin(self.table.update_state()).await.map_err(|e| delta_error("refresh Delta log", e))
    }

    /// Returns the loaded version.
    pub fn version(&self) -> Result<u64> {
        Ok(self.state()?.version())
    }

    /// Returns the loaded state.
    pub fn state(&self) -> Result<&DeltaTableState> {
        self.table.snapshot().map_err(|e| delta_error("read Delta state", e))
    }

    /// Returns the log store, which is rooted at the table's folder.
    pub fn log_store(&self) -> LogStoreRef {
        self.table.log_store()
    }

    /// Returns the number of the newest ingest checkpoint file, if any import has committed.
    pub async fn ingest_pointer(&self) -> Result<Option<i64>> {
        let log_store = self.table.log_store();
        self.state()?
            .transaction_version(log_store.as_ref(), INGEST_APP_ID)
            .await
            .map_err(|e| delta_error("read ingest checkpoint pointer", e))
    }

    /// Tries once to extend the loaded version by `actions`, moving `ingest_pointer` along.
    ///
    /// On success the table holds the new version; nothing is read back.
    pub async fn try_commit(
        &mut self,
        actions: Vec<Action>,
        operation: DeltaOperation,
        ingest_pointer: Option<i64>,
    ) -> Result<CommitOutcome> {
        let transactions = ingest_pointer.map(|v| Transaction::new(INGEST_APP_ID, v)).into_iter().collect();
        let properties = CommitProperties::default()
            .with_max_retries(0)
            .with_create_checkpoint(false)
            .with_cleanup_expired_logs(Some(false))
            .with_application_transactions(transactions);
        let commit = CommitBuilder::from(properties).with_actions(actions).build(
            Some(self.table.snapshot().map_err(|e| delta_error("read Delta state", e))?),
            self.table.log_store(),
            operation,
        );
        let _turn = turn().await;
        match Box::pin(commit.into_future()).await {
            Ok(done) => {
                let version = done.version();
                self.table.state = Some(done.snapshot());
                Ok(CommitOutcome::Committed(version))
            }
            Err(error) if outcome_is_open(&error) => Ok(CommitOutcome::Stale),
            Err(error) => Err(delta_error("commit to Delta log", error)),
        }
    }

    /// Returns the ingest pointer that the commit `version` moved to, if the commit exists and moved it.
    ///
    /// After a commit with an open outcome this tells whether it was ours.
    pub(crate) async fn pointer_of_commit(&self, version: u64) -> Result<Option<i64>> {
        let entry = self.table.log_store().read_commit_entry(version).await;
        let Some(bytes) = entry.map_err(|e| delta_error("read Delta commit", e))? else { return Ok(None) };
        let actions = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let pointers = actions.filter_map(|line| serde_json::from_slice::<TxnLine>(line).ok()?.txn);
        Ok(pointers.filter(|txn| txn.app_id == INGEST_APP_ID).map(|txn| txn.version).next())
    }

    /// Writes a Delta checkpoint of the loaded version, so that the next load reads few files.
    pub async fn write_checkpoint(&self) -> Result<()> {
        let _turn = turn().await;
        Box::pin(deltalake_core::protocol::checkpoints::create_checkpoint(&self.table, None))
            .await
            .map_err(|e| delta_error("write Delta checkpoint", e))
    }
}

/// A line of a commit, as far as transactions go.
#[derive(serde::Deserialize)]
struct TxnLine {
    txn: Option<Transaction>,
}

/// Tells whether a failed commit may have lost a race, or may even have landed (a conditional PUT
/// that timed out).
fn outcome_is_open(error: &DeltaTableError) -> bool {
    match error {
        DeltaTableError::VersionAlreadyExists(_) => true,
        DeltaTableError::Transaction { source } => {
            matches!(
                source,
                TransactionError::MaxCommitAttempts(_) | TransactionError::VersionAlreadyExists(_)
            )
        }
        DeltaTableError::ObjectStore { source } => matches!(
            source,
            object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }
        ),
        _ => false,
    }
}

/// Turns a Delta error into ours; what the object store said keeps its kind.
pub(crate) fn delta_error(attempt: &'static str, error: DeltaTableError) -> Error {
    match error {
        DeltaTableError::NotATable(place) => {
            Error::not_found(attempt).with_context("table", &place).with_detail("there is no Delta log here")
        }
        DeltaTableError::ObjectStore { source } => crate::location::from_object_store(attempt, source),
        other => Error::internal(attempt).with_source(other),
    }
}

//! Keeping system tables small in files: merging, checkpoints, removing what no version needs.

use std::time::Duration;

use auditlake_model::Result;
use deltalake_core::kernel::{Action, Add, Remove};
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use futures::TryStreamExt as _;
use object_store::ObjectStoreExt as _;

use super::{SystemTable, active_adds};
use crate::location::from_object_store;
use crate::table::{CommitOutcome, LogTable};

/// Small files that are merged into one.
const MERGE_AT: usize = 32;
/// Bytes below which a file is small.
const SMALL_FILE_BYTES: i64 = 4 << 20;

impl SystemTable {
    /// Merges the small files when there are many, and writes a checkpoint then.
    pub(super) async fn tidy(&self, table: &mut LogTable) -> Result<()> {
        let mut small = active_adds(table)?;
        small.retain(|add| add.size < SMALL_FILE_BYTES);
        if small.len() < MERGE_AT {
            return Ok(());
        }
        if self.merge(table, &small).await? {
            table.write_checkpoint().await?;
        }
        Ok(())
    }

    /// Replaces `small` by one file; `false` when somebody else committed meanwhile, who will merge too.
    ///
    /// Columns of a newer program are not known here and would be lost, so their files are left alone.
    async fn merge(&self, table: &mut LogTable, small: &[Add]) -> Result<bool> {
        if !self.knows_all_columns(table)? {
            return Ok(false);
        }
        let mut rows = Vec::new();
        for add in small {
            rows.extend(self.read_file(self.folder().join(add.path.as_str())).await?);
        }
        let merged = Add { data_change: false, ..self.write_file(rows).await? };
        let now_ms = self.inner.lake.clock().now().as_millis();
        let mut actions: Vec<Action> = small.iter().map(|add| Action::Remove(removal(add, now_ms))).collect();
        actions.push(Action::Add(merged));
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        Ok(matches!(table.try_commit(actions, operation, None).await?, CommitOutcome::Committed(_)))
    }

    fn knows_all_columns(&self, table: &LogTable) -> Result<bool> {
        let schema = table.state()?.snapshot().arrow_schema();
        Ok(schema.fields().iter().all(|field| self.inner.schema.field_with_name(field.name()).is_ok()))
    }

    /// Removes files that no version names any more and that are older than `age`; returns how many.
    ///
    /// A query that started longer than `age` ago may still read them.
    pub async fn remove_unused_files(&self, age: Duration) -> Result<u64> {
        let Some(snapshot) = self.snapshot().await? else { return Ok(0) };
        self.inner.lake.ensure_writable().await?;
        let oldest_kept_ms = self.inner.lake.clock().now().saturating_sub(age).as_millis();
        let store = self.inner.lake.object_store();
        let attempt = |e| from_object_store("remove unused files", e);
        let folder = self.folder();
        let listed: Vec<_> = store.list(Some(&folder)).try_collect().await.map_err(attempt)?;
        let mut removed = 0;
        for meta in listed {
            let is_data = meta.location.prefix_match(&folder).is_some_and(|mut rest| {
                rest.next().is_some_and(|name| name.as_ref().starts_with("part-")) && rest.next().is_none()
            });
            let is_active = snapshot.files.iter().any(|file| file.path == meta.location);
            if is_data && !is_active && meta.last_modified.timestamp_millis() < oldest_kept_ms {
                store.delete(&meta.location).await.map_err(attempt)?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

fn removal(add: &Add, now_ms: i64) -> Remove {
    Remove {
        path: add.path.clone(),
        data_change: false,
        deletion_timestamp: Some(now_ms),
        extended_file_metadata: Some(true),
        partition_values: Some(add.partition_values.clone()),
        size: Some(add.size),
        ..Remove::default()
    }
}

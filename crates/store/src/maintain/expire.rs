//! Removes files whose events have all expired. Events of other files are hidden by every query already.

use auditlake_model::{Result, Timestamp};
use deltalake_core::kernel::Action;
use deltalake_core::protocol::DeltaOperation;

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::{MAX_ATTEMPTS, MaintainOutcome, Maintenance};
use crate::snapshot::{DataFile, Snapshot};
use crate::table::CommitOutcome;

impl Maintenance<'_> {
    pub(super) async fn expire(&mut self, outcome: &mut MaintainOutcome) -> Result<()> {
        for attempt in 0..MAX_ATTEMPTS {
            let snapshot = self.snapshot()?;
            let Some(cutoff) = snapshot.settings.retention.cutoff(self.lake.clock().now()) else {
                return Ok(());
            };
            let expired = expired_files(&snapshot, cutoff);
            if expired.is_empty() {
                return Ok(());
            }
            let now_ms = self.lake.clock().now().as_millis();
            let actions =
                expired.iter().map(|file| Action::Remove(file.remove_action(now_ms, true))).collect();
            let operation = DeltaOperation::Delete { predicate: Some(format!("eventTime < '{cutoff}'")) };
            if let CommitOutcome::Committed(_) = self.table.try_commit(actions, operation, None).await? {
                outcome.expired_files += expired.len() as u64;
                outcome.expired_events += expired.iter().map(|file| file.num_rows).sum::<u64>();
                return Ok(());
            }
            tokio::time::sleep(self.lake.pause(attempt)).await;
            self.table.refresh().await?;
        }
        Ok(())
    }
}

/// Returns the files whose last event is before `cutoff`. Events without a time never expire.
fn expired_files(snapshot: &Snapshot, cutoff: Timestamp) -> Vec<DataFile> {
    let times = snapshot.stats.column("eventTime");
    let latest = |index: usize| {
        let max = times?.max.as_primitive_opt::<TimestampMicrosecondType>()?;
        max.is_valid(index).then(|| Timestamp::from_micros(max.value(index)))
    };
    let is_expired = |index: usize, file: &DataFile| match (file.event_date, latest(index)) {
        (None, _) => false,
        (Some(date), _) if date.end() <= cutoff => true,
        (Some(_), latest) => latest.is_some_and(|latest| latest < cutoff),
    };
    let files = snapshot.files.iter().enumerate();
    files.filter(|(index, file)| is_expired(*index, file)).map(|(_, file)| file.clone()).collect()
}

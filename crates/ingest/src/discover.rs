//! Lists the objects of a source, asking storage only for the folders that the import wants.
//!
//! ```text
//! no narrowing:  one flat listing
//! narrowing:     [..]/AWSLogs/[o-ORG/]ACCOUNT/LABEL/REGION/YYYY/MM/DD
//!                  walk folder by folder; at REGION a bounded range names its days directly,
//!                  so that requests grow with the days asked and not with the bucket
//! ```

use std::sync::Arc;

use auditlake_model::log_key::{AWS_LOGS, is_account};
use auditlake_model::{Error, EventDate, Result, TimeRange};
use auditlake_store::from_object_store;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use tokio::sync::mpsc;

use crate::request::Narrowing;
use crate::source::OpenSource;

/// Ranges of more days than this are walked by year and month instead.
const MAX_NAMED_DAYS: i32 = 120;

/// An object that a listing showed.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) source: Arc<OpenSource>,
    pub(crate) meta: ObjectMeta,
}

/// Lists a source into `found`, ending early when the receiver is gone.
///
/// # Errors
/// `NotFound` when nothing is there; those of the object store.
pub(crate) async fn discover(
    source: Arc<OpenSource>,
    narrowing: Narrowing,
    found: mpsc::Sender<Found>,
) -> Result<()> {
    let lister = Lister { source: Arc::clone(&source), narrowing, found };
    let start = source.root.prefix.clone();
    if lister.single_object(&start).await? {
        return Ok(());
    }
    let is_narrow = !lister.narrowing.range.is_all()
        || !lister.narrowing.accounts.is_empty()
        || !lister.narrowing.regions.is_empty();
    if is_narrow { lister.walk(start).await } else { lister.flat(&start).await.map(|_| ()) }
}

struct Lister {
    source: Arc<OpenSource>,
    narrowing: Narrowing,
    found: mpsc::Sender<Found>,
}

/// Where a folder stands in the layout of a trail's bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Above or beside `AWSLogs`.
    Outside,
    /// Holds accounts (and an organization's id).
    Accounts,
    /// Holds labels.
    Labels,
    /// Holds regions.
    Regions,
    /// Holds years.
    Years,
    /// Holds months.
    Months,
    /// Holds days.
    Days,
    /// A day, or anything that has no days.
    Whole,
}

impl Lister {
    fn store(&self) -> &dyn ObjectStore {
        self.source.root.store.as_ref()
    }

    /// Sends the object at `path` itself, if there is one.
    async fn single_object(&self, path: &Path) -> Result<bool> {
        if path.as_ref().is_empty() {
            return Ok(false);
        }
        match self.store().head(path).await {
            Ok(meta) => {
                self.send(meta).await?;
                Ok(true)
            }
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            // A folder of a local disk, or a bucket that lets list but not read: listing tells.
            Err(_) => Ok(false),
        }
    }

    /// Sends everything below `prefix`; returns how many objects there were.
    async fn flat(&self, prefix: &Path) -> Result<u64> {
        let mut listing = self.store().list(Some(prefix));
        let mut count = 0;
        while let Some(meta) = listing.try_next().await.map_err(|e| self.list_error(prefix, e))? {
            self.send(meta).await?;
            count += 1;
        }
        Ok(count)
    }

    /// Tells whether a listed object stands for a folder: consoles make an empty object whose key ends in `/`,
    /// which the listing shows without it, so that it cannot be fetched.
    async fn is_folder_marker(&self, meta: &ObjectMeta) -> bool {
        meta.size == 0
            && matches!(self.store().head(&meta.location).await, Err(object_store::Error::NotFound { .. }))
    }

    async fn walk(&self, start: Path) -> Result<()> {
        let mut folders = vec![start];
        while let Some(folder) = folders.pop() {
            let level = level_of(&self.source.grammar_key(&folder));
            if level == Level::Whole {
                self.flat(&folder).await?;
                continue;
            }
            if level == Level::Years
                && let Some(days) = named_days(&self.narrowing.delivery_range())
            {
                folders.extend(days.into_iter().rev().map(|day| day_folder(&folder, day)));
                continue;
            }
            let listing = self.store().list_with_delimiter(Some(&folder)).await;
            let listing = listing.map_err(|e| self.list_error(&folder, e))?;
            for meta in listing.objects {
                self.send(meta).await?;
            }
            let mut children = listing.common_prefixes;
            children.retain(|child| self.wants(level, child));
            children.sort_by(|a, b| b.cmp(a));
            folders.extend(children);
        }
        Ok(())
    }

    /// Tells whether a folder below one of `level` may hold what the import asks for.
    fn wants(&self, level: Level, folder: &Path) -> bool {
        let name = folder.filename().unwrap_or_default();
        let named = |list: &[String]| list.is_empty() || list.iter().any(|entry| entry == name);
        match level {
            Level::Outside | Level::Whole => true,
            Level::Accounts => {
                name.starts_with("o-") || (is_account(name) && named(&self.narrowing.accounts))
            }
            Level::Labels => name == "CloudTrail" || name.starts_with("CloudTrail-"),
            Level::Regions => named(&self.narrowing.regions),
            Level::Years | Level::Months | Level::Days => dates_of(&self.source.grammar_key(folder))
                .is_none_or(|dates| !dates.intersect(&self.narrowing.delivery_range()).is_empty()),
        }
    }

    /// Says which place could not be listed.
    fn list_error(&self, folder: &Path, error: object_store::Error) -> Error {
        from_object_store("list objects", error).with_context("source", self.source.root.uri(folder))
    }

    async fn send(&self, meta: ObjectMeta) -> Result<()> {
        if self.is_folder_marker(&meta).await {
            return Ok(());
        }
        let found = Found { source: Arc::clone(&self.source), meta };
        self.found.send(found).await.map_err(|_| Error::cancelled("list objects"))
    }
}

fn level_of(folder: &str) -> Level {
    let parts = parts_of(folder);
    let Some(place) = parts.iter().rposition(|part| *part == AWS_LOGS) else { return Level::Outside };
    let mut below = &parts[place + 1..];
    if let [first, rest @ ..] = below
        && first.starts_with("o-")
    {
        below = rest;
    }
    match below {
        [] => Level::Accounts,
        [_] => Level::Labels,
        // Saved query results lie by the day of the query, which says nothing about their events.
        [_, label, ..] if *label == "CloudTrail-Lake" => Level::Whole,
        [_, _] => Level::Regions,
        [_, _, _] => Level::Years,
        [_, _, _, _] => Level::Months,
        [_, _, _, _, _] => Level::Days,
        _ => Level::Whole,
    }
}

fn parts_of(folder: &str) -> Vec<&str> {
    folder.split('/').filter(|part| !part.is_empty()).collect()
}

/// Returns the days that a year, month or day folder stands for; `None` for other names.
fn dates_of(folder: &str) -> Option<TimeRange> {
    let parts = parts_of(folder);
    let (first, end) = match level_of(folder) {
        Level::Months => {
            let year = parts.last()?.parse().ok()?;
            (EventDate::from_ymd(year, 1, 1)?, EventDate::from_ymd(year + 1, 1, 1)?)
        }
        Level::Days => {
            let [.., year, month] = parts.as_slice() else { return None };
            let (year, month): (i32, u32) = (year.parse().ok()?, month.parse().ok()?);
            let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            (EventDate::from_ymd(year, month, 1)?, EventDate::from_ymd(next.0, next.1, 1)?)
        }
        Level::Whole => {
            let [.., year, month, day] = parts.as_slice() else { return None };
            let date = EventDate::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
            (date, date.saturating_add_days(1))
        }
        _ => return None,
    };
    TimeRange::try_new(Some(first.start()), Some(end.start())).ok()
}

/// Returns the days of a range that is bounded on both sides and not too long.
fn named_days(range: &TimeRange) -> Option<Vec<EventDate>> {
    let (first, last) = (range.first_date()?, range.last_date()?);
    let days = last.days_since_epoch() - first.days_since_epoch() + 1;
    (days <= MAX_NAMED_DAYS).then(|| (0..days).map(|n| first.saturating_add_days(n)).collect())
}

fn day_folder(region: &Path, day: EventDate) -> Path {
    let (year, month, day) = day.year_month_day();
    region.clone().join(format!("{year:04}")).join(format!("{month:02}")).join(format!("{day:02}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn levels_follow_the_layout() {
        for (folder, level) in [
            ("", Level::Outside),
            ("team/logs", Level::Outside),
            ("team/AWSLogs", Level::Accounts),
            ("AWSLogs/o-abc", Level::Accounts),
            ("AWSLogs/o-abc/111122223333", Level::Labels),
            ("AWSLogs/111122223333/CloudTrail", Level::Regions),
            ("AWSLogs/111122223333/CloudTrail/us-east-1", Level::Years),
            ("AWSLogs/111122223333/CloudTrail/us-east-1/2026", Level::Months),
            ("AWSLogs/111122223333/CloudTrail/us-east-1/2026/01", Level::Days),
            ("AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/31", Level::Whole),
            ("AWSLogs/111122223333/CloudTrail-Lake/Query", Level::Whole),
        ] {
            assert_eq!(level_of(folder), level, "{folder}");
        }
    }

    #[test]
    fn date_folders_stand_for_their_days() {
        let range = |folder: &str| dates_of(folder).map(|r| r.to_string());
        let region = "AWSLogs/111122223333/CloudTrail/us-east-1";
        assert!(range(&format!("{region}/2026")).unwrap().contains("2027-01-01"));
        assert!(range(&format!("{region}/2025/12")).unwrap().contains("2026-01-01"));
        assert!(range(&format!("{region}/2026/02/28")).unwrap().contains("2026-03-01"));
        assert_eq!(range(&format!("{region}/odd")), None);
    }
}

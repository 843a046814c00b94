//! What a query has cost: a line that changes while it runs, and one that stays.

use std::io::Write;
use std::time::Duration;

use auditlake_query::Progress;

use crate::lexer::tokens;
use crate::numbers::{counted, human_bytes, human_time, thousands};

/// How long a query runs before anybody wants to know.
const PATIENCE: Duration = Duration::from_millis(400);
/// A faster answer needs no advice.
const TIME_WORTH_A_HINT: Duration = Duration::from_millis(500);
/// Fewer files than this are read in no time.
const FILES_WORTH_A_HINT: u64 = 16;

/// The line on stderr that changes while a query runs; nothing when nobody watches.
#[derive(Debug)]
pub(crate) struct StatusLine {
    watched: bool,
    shown: bool,
}

impl StatusLine {
    /// Creates the line; it stays away unless a person is there.
    pub(crate) fn new(watched: bool) -> Self {
        Self { watched, shown: false }
    }

    /// Shows how far the query is, in at most `columns`.
    pub(crate) fn show(&mut self, progress: &Progress, elapsed: Duration, columns: usize) {
        if !self.watched || elapsed < PATIENCE {
            return;
        }
        let text: String = running(progress, elapsed).chars().take(columns.saturating_sub(1)).collect();
        self.shown = true;
        write(&format!("\r\u{1b}[2K{text}"));
    }

    /// Takes the line away, before anything else is written.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            write("\r\u{1b}[2K");
        }
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        self.clear();
    }
}

fn write(text: &str) {
    let mut out = std::io::stderr().lock();
    // A closed stderr leaves nobody to tell.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Tells how far a query is.
fn running(progress: &Progress, elapsed: Duration) -> String {
    let elapsed = human_time(elapsed);
    if progress.files_total == 0 {
        return format!("{elapsed}; planning (Ctrl-C cancels)");
    }
    let rows = match progress.rows_returned {
        0 => String::new(),
        rows => format!(", {}", counted(rows, "row")),
    };
    format!(
        "{elapsed}; {} and {} read, {} of {} done{rows} (Ctrl-C cancels)",
        counted(progress.events_scanned, "event"),
        human_bytes(progress.bytes_scanned),
        thousands(progress.files_done),
        counted(progress.files_read, "file"),
    )
}

/// Tells what a query has cost.
pub(crate) fn summary(progress: &Progress, elapsed: Duration) -> String {
    format!(
        "{} in {}; {} scanned, {} of {}, {}",
        counted(progress.rows_returned, "row"),
        human_time(elapsed),
        counted(progress.events_scanned, "event"),
        thousands(progress.files_read),
        counted(progress.files_total, "file"),
        human_bytes(progress.bytes_scanned)
    )
}

/// Returns a hint when the statement took its time to read every one of many files, and names no time.
pub(crate) fn hint(sql: &str, progress: &Progress, elapsed: Duration, bounded: bool) -> Option<String> {
    let names_time = || {
        let is_time =
            |name: String| name.eq_ignore_ascii_case("eventTime") || name.eq_ignore_ascii_case("eventDate");
        tokens(sql).any(|token| is_time(token.name()))
    };
    let all = progress.files_read == progress.files_total && progress.files_total >= FILES_WORTH_A_HINT;
    (all && elapsed >= TIME_WORTH_A_HINT && !bounded && !names_time()).then(|| {
        format!(
            "all {} were read. A condition on eventTime, or `\\since 7d`, reads only the days it needs.",
            counted(progress.files_total, "file")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(files_read: u64, files_total: u64) -> Progress {
        Progress {
            files_read,
            files_total,
            events_scanned: 1_000,
            bytes_scanned: 5_000,
            ..Progress::default()
        }
    }

    #[test]
    fn only_a_full_scan_of_many_files_without_a_time_gets_a_hint() {
        let sql = "SELECT count(*) FROM trail";
        let slow = Duration::from_secs(2);
        assert_eq!(hint(sql, &progress(20, 20), Duration::from_millis(20), false), None);
        assert!(hint(sql, &progress(20, 20), slow, false).unwrap().starts_with("all 20 files"));
        assert_eq!(hint(sql, &progress(20, 20), slow, true), None);
        assert_eq!(hint(sql, &progress(3, 20), slow, false), None);
        assert_eq!(hint(sql, &progress(3, 3), slow, false), None);
        assert_eq!(hint("SELECT 1 FROM t WHERE \"EVENTTIME\" > now()", &progress(20, 20), slow, false), None);
        assert!(hint("SELECT 1 FROM t WHERE a = 'eventTime'", &progress(20, 20), slow, false).is_some());
    }

    #[test]
    fn costs_are_told_in_words() {
        let half = Duration::from_millis(500);
        assert_eq!(running(&Progress::default(), half), "500 ms; planning (Ctrl-C cancels)");
        assert_eq!(
            running(&progress(2, 9), half),
            "500 ms; 1,000 events and 5.0 kB read, 0 of 2 files done (Ctrl-C cancels)"
        );
        assert_eq!(
            summary(&Progress { rows_returned: 1, ..progress(2, 9) }, half),
            "1 row in 500 ms; 1,000 events scanned, 2 of 9 files, 5.0 kB"
        );
    }
}

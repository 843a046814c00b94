//! How far a long command is: a bar on a terminal, a line every few seconds otherwise, nothing with -q.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use auditlake_ingest::ImportProgress;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

use crate::numbers::{human_bytes, thousands};
use crate::output::{Loudness, Output};

/// Time between two looks at the counters for a bar.
const BAR_INTERVAL: Duration = Duration::from_millis(100);
/// Time between two plain lines.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

const BAR: &str = "{bar:30} {percent:>3}%  {msg}";
const SPINNER: &str = "{spinner} {msg}";
const BAR_CHARS: &str = "━╸─";

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Bar,
    Lines,
    Nothing,
}

impl Manner {
    fn of(output: &Output) -> Self {
        match (output.loudness(), output.stderr_is_terminal()) {
            (Loudness::Quiet, _) => Self::Nothing,
            (_, true) => Self::Bar,
            (_, false) => Self::Lines,
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are constants; a fault in one would show the default style.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars(BAR_CHARS)
}

/// Shows how far an import is, until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct ImportWatch {
    task: Option<JoinHandle<()>>,
    bar: Option<ProgressBar>,
    done: Arc<AtomicBool>,
}

impl ImportWatch {
    /// Starts to watch.
    pub(crate) fn start(output: &Output, progress: &Arc<ImportProgress>) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let (progress, stop) = (Arc::clone(progress), Arc::clone(&done));
        match Manner::of(output) {
            Manner::Nothing => Self { task: None, bar: None, done },
            Manner::Bar => {
                let bar = output.bars().add(ProgressBar::no_length().with_style(style(SPINNER)));
                let shown = bar.clone();
                let task = tokio::spawn(async move { show_bar(&shown, &progress, &stop).await });
                Self { task: Some(task), bar: Some(bar), done }
            }
            Manner::Lines => {
                let output = output.clone();
                let task = tokio::spawn(async move { say_lines(&output, &progress, &stop).await });
                Self { task: Some(task), bar: None, done }
            }
        }
    }
}

impl Drop for ImportWatch {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(task) = self.task.take() {
            task.abort();
        }
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

async fn show_bar(bar: &ProgressBar, progress: &ImportProgress, done: &AtomicBool) {
    let mut meter = Meter::new();
    let mut ticks = tokio::time::interval(BAR_INTERVAL);
    let mut has_length = false;
    loop {
        ticks.tick().await;
        if done.load(Ordering::Relaxed) {
            return;
        }
        let seen = Seen::of(progress);
        if seen.bytes_found > 0 && !has_length {
            has_length = true;
            bar.set_style(style(BAR));
        }
        if has_length {
            bar.set_length(seen.bytes_found);
            bar.set_position(seen.bytes_read);
        }
        bar.set_message(meter.text(&seen));
        bar.tick();
    }
}

async fn say_lines(output: &Output, progress: &ImportProgress, done: &AtomicBool) {
    let mut meter = Meter::new();
    loop {
        tokio::time::sleep(LINE_INTERVAL).await;
        if done.load(Ordering::Relaxed) {
            return;
        }
        output.say(&meter.text(&Seen::of(progress)));
    }
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    files_found: u64,
    files_read: u64,
    files_failed: u64,
    bytes_found: u64,
    bytes_read: u64,
    events_read: u64,
}

impl Seen {
    fn of(progress: &ImportProgress) -> Self {
        Self {
            files_found: ImportProgress::get(&progress.files_found),
            files_read: ImportProgress::get(&progress.files_read),
            files_failed: ImportProgress::get(&progress.files_failed),
            bytes_found: ImportProgress::get(&progress.bytes_found),
            bytes_read: ImportProgress::get(&progress.bytes_read),
            events_read: ImportProgress::get(&progress.events_read),
        }
    }
}

/// Makes speeds of counters. They are of the whole import, so that they do not jump about.
struct Meter {
    began: Instant,
}

impl Meter {
    fn new() -> Self {
        Self { began: Instant::now() }
    }

    fn text(&mut self, seen: &Seen) -> String {
        text_of(seen, self.began.elapsed())
    }
}

fn text_of(seen: &Seen, elapsed: Duration) -> String {
    if seen.files_found == 0 {
        return "looking for log files".to_owned();
    }
    let seconds = elapsed.as_secs_f64().max(0.001);
    let per_second = |count: u64| (count as f64 / seconds) as u64;
    let mut text = format!(
        "{}/{} files, {} events, {} events/s, {}/s",
        thousands(seen.files_read),
        thousands(seen.files_found),
        thousands(seen.events_read),
        thousands(per_second(seen.events_read)),
        human_bytes(per_second(seen.bytes_read))
    );
    if seen.files_failed > 0 {
        text.push_str(&format!(", {} failed", thousands(seen.files_failed)));
    }
    if let Some(left) = time_left(seen, elapsed) {
        text.push_str(&format!(", {left} left"));
    }
    text
}

/// Guesses the time left by bytes, once there is something to guess from.
fn time_left(seen: &Seen, elapsed: Duration) -> Option<String> {
    let left = seen.bytes_found.checked_sub(seen.bytes_read).filter(|left| *left > 0)?;
    if seen.bytes_read == 0 || elapsed < Duration::from_secs(1) {
        return None;
    }
    let seconds = (elapsed.as_secs_f64() * left as f64 / seen.bytes_read as f64).ceil() as u64;
    Some(match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    })
}

/// Shows one count on its way to a known total. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct CountBar {
    bar: Option<ProgressBar>,
    lines: Option<Lines>,
    total: u64,
}

#[derive(Debug, Clone)]
struct Lines {
    output: Output,
    what: &'static str,
    noun: &'static str,
    began: Instant,
    /// Lines said so far.
    said: Arc<AtomicU64>,
}

impl CountBar {
    /// Shows `what` is being done, counted in `noun`.
    pub(crate) fn start(output: &Output, what: &'static str, noun: &'static str, total: u64) -> Self {
        let bar = || {
            let bar = ProgressBar::new(total).with_style(style("{bar:30.cyan/blue} {percent:>3}%  {msg}"));
            output.bars().add(bar.with_message(format!("{what}: {} {noun}", thousands(total))))
        };
        let lines = || {
            let said = Arc::default();
            Lines { output: output.clone(), what, noun, began: Instant::now(), said }
        };
        let manner = Manner::of(output);
        Self { bar: (manner == Manner::Bar).then(bar), lines: (manner == Manner::Lines).then(lines), total }
    }

    /// Sets the count; the bar goes away when it reaches the total.
    pub(crate) fn set(&self, count: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(count);
            if count >= self.total {
                bar.finish_and_clear();
            }
        }
        if let Some(lines) = &self.lines {
            let due = lines.began.elapsed().as_secs() / LINE_INTERVAL.as_secs();
            if due > lines.said.fetch_max(due, Ordering::Relaxed) {
                let (done, total) = (thousands(count), thousands(self.total));
                lines.output.say(&format!("{}: {done} of {total} {}", lines.what, lines.noun));
            }
        }
    }
}

impl Drop for CountBar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Shows that something goes on whose length is not known; on a terminal only.
#[derive(Debug)]
pub(crate) struct Spinner {
    bar: Option<ProgressBar>,
}

impl Spinner {
    /// Shows a spinner.
    pub(crate) fn start(output: &Output) -> Self {
        let bar = || output.bars().add(ProgressBar::new_spinner().with_style(style(SPINNER)));
        Self { bar: (Manner::of(output) == Manner::Bar).then(bar) }
    }

    /// Tells what is being done.
    pub(crate) fn set(&self, text: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(text);
            bar.tick();
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Shows words about something whose length is not known: beside a spinner on a terminal, in a line every few
/// seconds elsewhere.
#[derive(Debug)]
pub(crate) struct Ticker {
    bar: Option<ProgressBar>,
    lines: Option<Output>,
    told: Instant,
}

impl Ticker {
    /// Starts to show.
    pub(crate) fn start(output: &Output) -> Self {
        let manner = Manner::of(output);
        let bar = || output.bars().add(ProgressBar::new_spinner().with_style(style(SPINNER)));
        Self {
            bar: (manner == Manner::Bar).then(bar),
            lines: (manner == Manner::Lines).then(|| output.clone()),
            told: Instant::now(),
        }
    }

    /// Shows the words, unless the last ones are fresh.
    pub(crate) fn tell(&mut self, words: impl FnOnce() -> String) {
        let pause = if self.bar.is_some() { BAR_INTERVAL } else { LINE_INTERVAL };
        if self.told.elapsed() < pause {
            return;
        }
        self.told = Instant::now();
        if let Some(bar) = &self.bar {
            bar.set_message(words());
            bar.tick();
        } else if let Some(output) = &self.lines {
            output.say(&words());
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_tells_counts_speed_and_time_left() {
        let seen = Seen {
            files_found: 200,
            files_read: 50,
            bytes_found: 40_000_000,
            bytes_read: 10_000_000,
            events_read: 100_000,
            ..Seen::default()
        };
        assert_eq!(
            text_of(&seen, Duration::from_secs(2)),
            "50/200 files, 100,000 events, 50,000 events/s, 5.0 MB/s, 6 s left"
        );
        assert_eq!(text_of(&Seen::default(), Duration::from_secs(9)), "looking for log files");
        let done = Seen { bytes_read: 40_000_000, files_failed: 2, ..seen };
        assert!(text_of(&done, Duration::from_secs(2)).ends_with("/s, 2 failed"));
    }

    #[test]
    fn long_times_are_rounded() {
        let seen = |found| Seen { bytes_found: found, bytes_read: 1, ..Seen::default() };
        assert_eq!(time_left(&seen(101), Duration::from_secs(1)).unwrap(), "1 min 40 s");
        assert_eq!(time_left(&seen(7_201), Duration::from_secs(1)).unwrap(), "2 h 0 min");
        assert_eq!(time_left(&seen(101), Duration::from_millis(10)), None);
        assert_eq!(time_left(&seen(1), Duration::from_secs(1)), None);
    }
}

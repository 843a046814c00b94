//! One statement: from its text to its last row, with Ctrl-C and progress in between.

use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;
use auditlake_dialect::parameter_uses;
use auditlake_model::{Error, ErrorKind, Result};
use auditlake_query::{Outcome, Progress, Summary};
use tokio::signal::unix::Signal;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::output::{self, ResultOut};
use crate::progress::{StatusLine, hint, summary};
use crate::session::{RunningQuery, ShellRequest};
use crate::settings::OutputFile;
use crate::shell::{Flow, Shell, forget_interrupts};

/// Time between two looks at a running query.
const TICK: Duration = Duration::from_millis(100);
/// Rows of a result that are kept for `\chart`.
const KEPT_ROWS: usize = 2_000;
/// Bytes of a result that are kept.
const KEPT_BYTES: usize = 4 << 20;

/// What a statement came to.
struct Finished {
    progress: Progress,
    /// Until the last row came; reading in a pager does not count.
    elapsed: Duration,
    /// Whether the reader left before the end.
    left: bool,
    /// Whether values were shortened to make a table fit.
    shortened: bool,
    rows: Vec<RecordBatch>,
}

impl Shell {
    /// Runs a statement and shows its rows; `file` and `expanded` go before the settings.
    pub(crate) async fn run_statement(
        &mut self,
        sql: &str,
        file: Option<&OutputFile>,
        expanded: bool,
    ) -> Flow {
        self.last_sql = Some(sql.to_owned());
        let began = Instant::now();
        let result = self.answer(sql, file, expanded, began).await;
        self.say_notices();
        match result {
            Ok(finished) => {
                self.last_rows = finished.rows;
                if self.settings.timing && self.terminal.stderr {
                    self.talk.say(&summary(&finished.progress, finished.elapsed));
                }
                if finished.shortened
                    && self.terminal.stderr
                    && !std::mem::replace(&mut self.told_shortened, true)
                {
                    self.talk.say("values that end in … are shortened; `\\gx` shows them whole");
                }
                let bounded = self.settings.since.is_some();
                if let Some(hint) = hint(sql, &finished.progress, finished.elapsed, bounded || finished.left)
                    .filter(|_| self.terminal.stderr)
                {
                    self.talk.say(&format!("hint: {hint}"));
                }
                Flow::Continue
            }
            Err(error) if error.kind() == ErrorKind::Cancelled => {
                self.talk.say("cancelled");
                Flow::Failed
            }
            Err(error) => {
                self.talk.error(error, Some(sql));
                Flow::Failed
            }
        }
    }

    /// Returns the request for a statement, with everything that is set.
    ///
    /// # Errors
    /// `Invalid` for a parameter without a value.
    pub(crate) fn request(&self, sql: &str) -> Result<ShellRequest> {
        let variables = &self.settings.variables;
        if let Some(unknown) =
            parameter_uses(sql).into_iter().find(|used| variables.get(&used.name).is_none())
        {
            let name = unknown.name;
            return Err(Error::invalid(format!("parameter `:{name}` has no value")).with_hint(format!(
                "Give it one with `\\set {name} VALUE`, or `\\set {name}:number VALUE`."
            )));
        }
        Ok(ShellRequest {
            // Saved queries in the statement may use what it does not name itself.
            parameters: variables.clone().offered(),
            since: self.settings.since.as_ref().map(|since| since.bound),
            ..ShellRequest::new(sql)
        })
    }

    async fn answer(
        &mut self,
        sql: &str,
        file: Option<&OutputFile>,
        expanded: bool,
        began: Instant,
    ) -> Result<Finished> {
        forget_interrupts(&mut self.interrupts).await;
        let query = self.session.start(self.request(sql)?)?;
        let mut watch = Watch {
            query,
            interrupts: &mut self.interrupts,
            ticks: ticks(),
            line: StatusLine::new(self.terminal.stderr && self.terminal.stdin),
            columns: self.terminal.size().0,
            began,
        };
        let schema = watch.schema().await?;
        let mut out = ResultOut::open(schema, &self.settings, self.terminal, file, expanded)?;
        let (mut kept, mut left) = (Kept::default(), false);
        while let Some(batch) = watch.next_batch(out.is_paging()).await? {
            watch.line.clear();
            kept.add(&batch);
            // A pager takes rows as its user wants them, which may be never.
            if tokio::task::block_in_place(|| out.write(&batch))? == Outcome::Closed {
                watch.query.cancel();
                left = true;
                break;
            }
        }
        watch.line.clear();
        let elapsed = began.elapsed();
        // A reader that went away has seen what it wanted to see.
        let Summary { outcome, shortened, .. } = tokio::task::block_in_place(|| out.finish())?;
        left |= outcome == Outcome::Closed;
        Ok(Finished { progress: watch.query.progress(), elapsed, left, shortened, rows: kept.rows })
    }

    /// Runs a statement of the shell's own and returns all its rows, which must be few.
    ///
    /// # Errors
    /// Those of the query; `Cancelled` after Ctrl-C.
    pub(crate) async fn fetch(&mut self, request: ShellRequest) -> Result<Vec<RecordBatch>> {
        let mut query = self.session.start(request)?;
        let work = async {
            let mut rows = Vec::new();
            while let Some(batch) = query.next_batch().await? {
                rows.push(batch);
            }
            Ok(rows)
        };
        Self::or_interrupted(&mut self.interrupts, work).await
    }

    /// Writes text where results go.
    pub(crate) fn show(&self, text: &str) -> Flow {
        let shown = tokio::task::block_in_place(|| output::show_text(text, &self.settings, self.terminal));
        match shown {
            Ok(()) => Flow::Continue,
            Err(error) => self.report(error),
        }
    }
}

fn ticks() -> Interval {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits for a query while it shows how far it is and listens for Ctrl-C.
struct Watch<'a> {
    query: Box<dyn RunningQuery>,
    interrupts: &'a mut Signal,
    ticks: Interval,
    line: StatusLine,
    columns: usize,
    began: Instant,
}

impl Watch<'_> {
    async fn schema(&mut self) -> Result<arrow::datatypes::SchemaRef> {
        loop {
            tokio::select! {
                biased;
                schema = self.query.schema() => return schema,
                _ = self.interrupts.recv() => self.query.cancel(),
                _ = self.ticks.tick() => {}
            }
            self.show();
        }
    }

    async fn next_batch(&mut self, paging: bool) -> Result<Option<RecordBatch>> {
        loop {
            tokio::select! {
                biased;
                _ = self.interrupts.recv() => self.query.cancel(),
                batch = self.query.next_batch() => return batch,
                _ = self.ticks.tick() => {}
            }
            if !paging {
                self.show();
            }
        }
    }

    fn show(&mut self) {
        self.line.show(&self.query.progress(), self.began.elapsed(), self.columns);
    }
}

/// The first rows of a result.
#[derive(Default)]
struct Kept {
    rows: Vec<RecordBatch>,
    count: usize,
    bytes: usize,
}

impl Kept {
    fn add(&mut self, batch: &RecordBatch) {
        let room = KEPT_ROWS.saturating_sub(self.count).min(batch.num_rows());
        if room == 0 || self.bytes >= KEPT_BYTES {
            return;
        }
        // A slice holds on to the whole batch, so only as many batches are kept as may be large.
        self.bytes += batch.get_array_memory_size();
        self.count += room;
        self.rows.push(batch.slice(0, room));
    }
}

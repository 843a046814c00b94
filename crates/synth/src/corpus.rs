//! Decides who does what when, and writes it: the work of [`generate`].
//!
//! ```text
//! config -> jobs (fixed by the config) -> threads take jobs -> log files
//!                                                 \-> counts, added up by the caller's thread
//! ```
//! A job has a generator of its own, so the number of threads changes nothing but the time taken.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use auditlake_model::{Error, Result};

use crate::calendar::{Calendar, DAY};
use crate::config::SynthConfig;
use crate::event::{Call, EventWriter};
use crate::hostile::{HOSTILE_TEXTS, escaped};
use crate::incident::{INCIDENT_LEAST_EVENTS, Incident, Moment};
use crate::log_file::{self, Delivery, Label};
use crate::rng::{Rng, Share, Weighted};
use crate::shape::Slot;
use crate::shapes::ShapeTable;
use crate::truth::SynthTruth;
use crate::world::{Account, REGIONS, World};

/// Events of one job; small enough to share the work evenly.
const JOB_EVENTS: u64 = 5_000;
/// CloudTrail gathers the events of about five minutes in a file.
const WINDOW: i64 = 300;
/// Log files in a thousand that tell of network activity.
const NETWORK_FILES: u16 = 40;
/// The latest delivery after the end of a window.
const LATEST_DELIVERY: u64 = 600;
/// Activity by hour of the day, UTC.
const HOURS: [u64; 24] =
    [20, 18, 16, 16, 18, 24, 36, 55, 75, 90, 95, 92, 85, 90, 95, 92, 80, 65, 50, 42, 36, 30, 26, 22];
/// Sizes of files in percent of the typical one, all as likely as each other.
const FILE_SIZES: [u64; 11] = [10, 25, 40, 60, 80, 100, 100, 130, 180, 300, 400];

/// Writes a corpus under `out` and its counts to `out/TRUTH.json`.
///
/// `progress` is called on the caller's thread with the number of distinct events written so far,
/// not decreasing. Equal configurations give byte-identical files, whatever the number of cores.
///
/// # Errors
/// - `Invalid` when a setting is out of bounds.
/// - `AlreadyExists` when `out` holds a corpus already: mixed with another one, no count would hold.
/// - `Unavailable` when a file cannot be written.
///
/// # Examples
/// ```
/// use auditlake_synth::{SynthConfig, generate};
///
/// let out = tempfile::tempdir()?;
/// let config = SynthConfig { events: 500, days: 1, ..SynthConfig::default() };
/// let truth = generate(&config, out.path(), &mut |_| {})?;
/// assert_eq!(truth.events, 500);
/// assert!(out.path().join("TRUTH.json").exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn generate(config: &SynthConfig, out: &Path, progress: &mut dyn FnMut(u64)) -> Result<SynthTruth> {
    config.check()?;
    for name in ["AWSLogs", "TRUTH.json"] {
        if out.join(name).exists() {
            return Err(Error::already_exists("the folder holds a corpus already")
                .with_context("path", out.join(name).display())
                .with_hint("Name an empty or new folder."));
        }
    }
    let plan = Plan::new(config, out)?;
    let truth = plan.run(progress)?;
    let text = format!("{:#}\n", truth.to_json());
    fs::create_dir_all(out).and_then(|()| fs::write(out.join("TRUTH.json"), text)).map_err(|error| {
        Error::unavailable("write counts of corpus")
            .with_context("path", out.join("TRUTH.json").display())
            .with_source(error)
    })?;
    Ok(truth)
}

/// One independent part of the work.
#[derive(Debug, Clone, Copy)]
enum Job {
    /// Everyday events: number of the job and of its events.
    Everyday(u64, u64),
    /// The incident.
    Incident,
}

/// What a thread tells.
enum News {
    /// So many distinct events were written.
    Written(u64),
    /// A job ended.
    Done(Result<SynthTruth>),
}

/// What all jobs share.
struct Plan<'a> {
    config: &'a SynthConfig,
    out: &'a Path,
    world: World,
    activity: ShapeTable,
    network: ShapeTable,
    hours: Weighted,
    calendar: Calendar,
    hostile_texts: Vec<String>,
    incident: Option<Incident>,
    jobs: Vec<Job>,
}

impl<'a> Plan<'a> {
    fn new(config: &'a SynthConfig, out: &'a Path) -> Result<Plan<'a>> {
        let world = World::new(config.seed, config.accounts)?;
        let incident = match config.incident && config.events >= INCIDENT_LEAST_EVENTS {
            true => Some(Incident::new(&world, config.events, config.days)?),
            false => None,
        };
        let told = incident.as_ref().map_or(0, Incident::events);
        let everyday = config.events.saturating_sub(told);
        let mut jobs: Vec<Job> = incident.iter().map(|_| Job::Incident).collect();
        for number in 0..everyday.div_ceil(JOB_EVENTS) {
            jobs.push(Job::Everyday(number, JOB_EVENTS.min(everyday - number * JOB_EVENTS)));
        }
        Ok(Plan {
            config,
            out,
            activity: ShapeTable::activity()?,
            network: ShapeTable::network()?,
            hours: Weighted::new(HOURS),
            calendar: Calendar::new(config.start, config.days),
            hostile_texts: HOSTILE_TEXTS.iter().map(|text| escaped(text)).collect(),
            world,
            incident,
            jobs,
        })
    }

    /// Does all jobs on a thread per core and adds up their counts.
    fn run(&self, progress: &mut dyn FnMut(u64)) -> Result<SynthTruth> {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(self.jobs.len()).max(1);
        let next_job = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let (sender, receiver) = channel();
            for _ in 0..threads {
                let sender = sender.clone();
                scope.spawn(|| self.work(&next_job, &stop, sender));
            }
            drop(sender);
            let mut total = Ok(SynthTruth::default());
            let mut events = 0;
            for news in receiver {
                match (news, &mut total) {
                    (News::Written(written), Ok(_)) => {
                        events += written;
                        progress(events);
                    }
                    (News::Done(Ok(part)), Ok(sum)) => sum.add(&part),
                    (News::Done(Err(error)), Ok(_)) => {
                        stop.store(true, Ordering::Relaxed);
                        total = Err(error);
                    }
                    (_, Err(_)) => {}
                }
            }
            total
        })
    }

    fn work(&self, next_job: &AtomicUsize, stop: &AtomicBool, news: Sender<News>) {
        while let Some(job) = self.jobs.get(next_job.fetch_add(1, Ordering::Relaxed)) {
            let mut desk = Desk::new(self, *job, &news);
            let done = desk.run(*job, stop).map(|()| desk.finish());
            // The receiver lives until every sender is gone.
            let _ = news.send(News::Done(done));
            if stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

/// Where one job is done: its generator, its buffers, its counts.
struct Desk<'p> {
    plan: &'p Plan<'p>,
    rng: Rng,
    writer: EventWriter<'p>,
    duplicate: Share,
    hostile: Share,
    text: String,
    ends: Vec<usize>,
    truth: SynthTruth,
    news: &'p Sender<News>,
}

impl<'p> Desk<'p> {
    fn new(plan: &'p Plan<'p>, job: Job, news: &'p Sender<News>) -> Self {
        let stream = match job {
            Job::Everyday(number, _) => number,
            Job::Incident => u64::MAX - 1,
        };
        Desk {
            plan,
            rng: Rng::new(plan.config.seed, stream),
            writer: EventWriter::new(&plan.calendar),
            duplicate: Share::new(plan.config.duplicate_share),
            hostile: Share::new(plan.config.hostile_share),
            text: String::new(),
            ends: Vec::new(),
            truth: SynthTruth::default(),
            news,
        }
    }

    fn run(&mut self, job: Job, stop: &AtomicBool) -> Result<()> {
        match job {
            Job::Everyday(_, events) => self.everyday(events, stop),
            Job::Incident => self.incident(),
        }
    }

    fn finish(self) -> SynthTruth {
        self.truth
    }

    fn everyday(&mut self, events: u64, stop: &AtomicBool) -> Result<()> {
        let mut left = events;
        while left > 0 && !stop.load(Ordering::Relaxed) {
            let account = self.plan.world.accounts.draw(&mut self.rng);
            let region = REGIONS[self.plan.world.regions.draw(&mut self.rng)];
            let window = self.window();
            let label = match self.rng.hit(Share::per_mille(NETWORK_FILES)) {
                true => Label::Network,
                false => Label::Activity,
            };
            let percent = FILE_SIZES[self.rng.index(FILE_SIZES.len())];
            let size = (u64::from(self.plan.config.events_per_file) * percent / 100).clamp(1, left);
            for _ in 0..size {
                let instant = window + self.rng.below(WINDOW as u64) as i64;
                let call = self.everyday_call(label, account, region, instant);
                self.add(call);
            }
            self.deliver(label, &account.id, region, window)?;
            left -= size;
        }
        Ok(())
    }

    /// Draws the beginning of a five-minute window; working hours have more of them.
    fn window(&mut self) -> i64 {
        let day = self.rng.below(u64::from(self.plan.config.days)) as i64;
        let hour = self.plan.hours.draw(&mut self.rng) as i64;
        let window = self.rng.below(3_600 / WINDOW as u64) as i64;
        day * DAY + hour * 3_600 + window * WINDOW
    }

    fn everyday_call(
        &mut self,
        label: Label,
        account: &'p Account,
        region: &'static str,
        instant: i64,
    ) -> Call<'p> {
        let rng = &mut self.rng;
        let plan = self.plan;
        let table = match label {
            Label::Activity => &plan.activity,
            Label::Network => &plan.network,
        };
        let mut shape = table.draw(rng);
        if shape.shape.global && region != "us-east-1" {
            // Most events of global services are delivered in their own region.
            shape = table.draw(rng);
        }
        let mut call = Call {
            account,
            region,
            instant,
            actor: account.actor(shape.shape.who, rng),
            failure: shape.failures.get(shape.outcome.draw(rng)),
            shape,
            given: Vec::new(),
            agent: None,
        };
        if rng.hit(self.hostile) {
            let text = plan.hostile_texts[rng.index(plan.hostile_texts.len())].as_str();
            call.agent = Some(text);
            call.given.push((Slot::Key, text.into()));
        }
        call
    }

    fn incident(&mut self) -> Result<()> {
        let Some(incident) = &self.plan.incident else { return Ok(()) };
        let place = |moment: &Moment| (moment.instant.div_euclid(WINDOW), moment.region);
        let mut moments = incident.moments(&mut self.rng);
        moments.sort_by_key(place);
        for file in moments.chunk_by(|left, right| place(left) == place(right)) {
            for moment in file {
                let call = incident.call(&self.plan.world, *moment, &mut self.rng);
                self.add(call);
            }
            let account = &self.plan.world.accounts.first().id;
            self.deliver(
                Label::Activity,
                account,
                file[0].region,
                file[0].instant.div_euclid(WINDOW) * WINDOW,
            )?;
        }
        Ok(())
    }

    /// Writes an event into the open file and counts it.
    fn add(&mut self, call: Call<'_>) {
        count(&mut self.truth.by_name, call.name());
        count(&mut self.truth.by_day, self.plan.calendar.date(call.instant));
        if let Some(code) = call.error_code() {
            count(&mut self.truth.by_error_code, code);
        }
        self.writer.write(&mut self.text, &mut self.rng, call);
        self.ends.push(self.text.len());
    }

    /// Writes the open file, and a second one with those of its events that come twice.
    fn deliver(&mut self, label: Label, account: &str, region: &str, window: i64) -> Result<()> {
        let text = std::mem::take(&mut self.text);
        let ends = std::mem::take(&mut self.ends);
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let events: Vec<&str> = starts.zip(&ends).map(|(start, end)| &text[start..*end]).collect();
        let twice: Vec<&str> = events.iter().copied().filter(|_| self.rng.hit(self.duplicate)).collect();
        for batch in [&events, &twice] {
            if batch.is_empty() {
                continue;
            }
            let delay = self.rng.below(LATEST_DELIVERY) as i64;
            let delivery = Delivery { label, account, region, instant: window + WINDOW + delay };
            let written =
                log_file::write(self.plan.out, &self.plan.calendar, &mut self.rng, delivery, batch)?;
            self.truth.files += 1;
            self.truth.raw_bytes += written.raw_bytes;
            self.truth.gzip_bytes += written.gzip_bytes;
        }
        self.truth.events += events.len() as u64;
        self.truth.duplicates += twice.len() as u64;
        let _ = self.news.send(News::Written(events.len() as u64));
        self.text = text;
        self.text.clear();
        self.ends = ends;
        self.ends.clear();
        Ok(())
    }
}

fn count(counts: &mut std::collections::BTreeMap<String, u64>, key: &str) {
    match counts.get_mut(key) {
        Some(count) => *count += 1,
        None => {
            counts.insert(key.to_owned(), 1);
        }
    }
}

#[cfg(test)]
mod tests;

//! Measures decoding: `cargo run --release -p auditlake-events --example decode_speed -- FOLDER [ROUNDS]`.
//!
//! Reads every file of the folder into memory, decodes all of them on one thread in shared batches as
//! an import does, and prints the best round in megabytes of uncompressed
//! JSON a second of processor time (of wall time where the system does not tell it).

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::path::Path;
use std::time::{Duration, Instant};

use auditlake_events::{DecodeOptions, Decoder, EventFilter, SourceHint};
use auditlake_model::default_promoted;
use bytes::Bytes;

/// Bounds of a batch, as in `auditlake_ingest`.
const BATCH_OBJECTS: usize = 128;
const BATCH_BYTES: usize = 512 << 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("name the folder of log files")?;
    let rounds: usize = args.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let mut files = Vec::new();
    load(Path::new(&folder), &mut files)?;
    let options = DecodeOptions { promoted: default_promoted(), ..DecodeOptions::default() };
    let decoder = Decoder::new(options, EventFilter::default());
    let (mut best, mut bytes, mut events) = (Duration::MAX, 0, 0);
    for _ in 0..rounds {
        let (start, started) = (Instant::now(), thread_time());
        (bytes, events) = decode(&decoder, &files)?;
        let spent = thread_time().zip(started).map(|(end, start)| end - start);
        best = best.min(spent.unwrap_or_else(|| start.elapsed()));
    }
    let seconds = best.as_secs_f64();
    println!(
        "{} files, {events} events, {:.1} MB in {seconds:.3} s: {:.0} MB/s, {:.0} events/s",
        files.len(),
        bytes as f64 / 1e6,
        bytes as f64 / 1e6 / seconds,
        events as f64 / seconds,
    );
    Ok(())
}

fn decode(decoder: &Decoder, files: &[(SourceHint, Bytes)]) -> Result<(u64, usize), auditlake_events::Error> {
    let (mut bytes, mut events) = (0, 0);
    let mut rows = decoder.start_batch();
    let (mut batch_objects, mut batch_bytes) = (0, 0);
    for (hint, content) in files {
        bytes += decoder.decode_into(content, hint, &mut rows)?.uncompressed_bytes;
        batch_objects += 1;
        batch_bytes += content.len();
        if batch_objects == BATCH_OBJECTS || batch_bytes >= BATCH_BYTES {
            events += std::mem::replace(&mut rows, decoder.start_batch()).finish()?.num_rows();
            (batch_objects, batch_bytes) = (0, 0);
        }
    }
    events += rows.finish()?.num_rows();
    Ok((bytes, events))
}

/// Returns the processor time of this thread, which other programs on the machine disturb less.
fn thread_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn load(folder: &Path, files: &mut Vec<(SourceHint, Bytes)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            load(&path, files)?;
        } else if path.to_string_lossy().contains("CloudTrail_") {
            let uri = format!("file://{}", path.display());
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((SourceHint { uri, name }, Bytes::from(std::fs::read(&path)?)));
        }
    }
    Ok(())
}

//! Measures decoding: `cargo run --release -p auditlake-events --example decode_speed -- FOLDER [ROUNDS]`.
//!
//! Reads every file of the folder into memory, decodes all of them on one thread in shared batches of
//! 128, and prints the best round in megabytes of uncompressed JSON a second.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::path::Path;
use std::time::{Duration, Instant};

use auditlake_events::{DecodeOptions, Decoder, EventFilter, SourceHint};
use auditlake_model::default_promoted;
use bytes::Bytes;

const OBJECTS_PER_BATCH: usize = 128;

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
        let start = Instant::now();
        (bytes, events) = decode(&decoder, &files)?;
        best = best.min(start.elapsed());
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
    for chunk in files.chunks(OBJECTS_PER_BATCH) {
        let mut rows = decoder.start_batch();
        for (hint, content) in chunk {
            bytes += decoder.decode_into(content, hint, &mut rows)?.uncompressed_bytes;
        }
        events += rows.finish()?.num_rows();
    }
    Ok((bytes, events))
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

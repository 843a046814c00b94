//! The SQL dialect's truth: files of statements with what they must answer, run against small stores.
//!
//! | module | its one idea |
//! |---|---|
//! | `records` | a file becomes records |
//! | `world` | the lake that statements read |
//! | `cells` | a value becomes text, in Lake's form |
//! | `check` | one record against the lake |
//! | `limits` | statements too long for a file |
//! | `mutations` | statements that were broken at random |
//!
//! `SLT=strings cargo nextest run -p auditlake-query --test slt` runs the files whose path holds `strings`.
//! Expected rows are never filled in by the runner: each record names the rule that it comes from.
//!
//! The sqllogictest crate is not used: its dependencies turn on a feature of getrandom that compiles DataFusion anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod cells;
mod check;
mod limits;
mod mutations;
mod records;
mod world;

use std::path::{Path, PathBuf};

use futures::{StreamExt, stream};

use self::records::{Record, parse};
use self::world::World;

/// Statements that run at once.
const AT_ONCE: usize = 4;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/slt")
}

/// Returns the files to run, by name.
fn files() -> Vec<PathBuf> {
    let pattern = std::env::var("SLT").unwrap_or_default();
    let folders = [folder(), folder().join("oracle")];
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "slt"))
        .filter(|path| shown(path).contains(&pattern))
        .collect();
    files.sort();
    files
}

/// Returns a file's name below `tests/slt`.
fn shown(path: &Path) -> String {
    path.strip_prefix(folder()).unwrap_or(path).display().to_string()
}

#[test]
fn statements_answer_as_their_rules_say() {
    let failures = World::run(run).unwrap_or_default();
    for failure in &failures {
        println!("{failure}\n");
    }
    assert!(failures.is_empty(), "{} records do not hold", failures.len());
}

/// Runs every file; returns what does not hold.
async fn run(world: &World) -> Vec<String> {
    let (mut failures, mut total) = (Vec::new(), 0);
    for path in files() {
        let name = shown(&path);
        let records = match parse(&std::fs::read_to_string(&path).unwrap()) {
            Ok(records) => records,
            Err(faults) => {
                failures.extend(faults.into_iter().map(|(line, fault)| format!("{name}:{line}: {fault}")));
                continue;
            }
        };
        let wrong = run_records(world, &records).await;
        println!("{name}: {} records, {} wrong", records.len(), wrong.len());
        total += records.len();
        failures.extend(wrong.into_iter().map(|(line, fault)| format!("{name}:{line}: {fault}")));
    }
    println!("{total} records");
    failures
}

async fn run_records(world: &World, records: &[Record]) -> Vec<(usize, String)> {
    let answers = stream::iter(records)
        .map(|record| async move { (record.line, check::check(world, record).await) })
        .buffered(AT_ONCE);
    answers.filter_map(async |(line, answer)| answer.err().map(|fault| (line, fault))).collect().await
}

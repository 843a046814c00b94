//! Statements at and beyond the limits, too long to stand in a file.
//!
//! Times are shown and not judged: they hang on what else the machine does.

use std::time::Instant;

use auditlake_query::ErrorKind;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;

use crate::world::World;

fn repeated(count: usize, part: impl Fn(usize) -> String, joint: &str) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(joint)
}

/// Conditions on `events` and how many events meet them.
fn conditions() -> Vec<(&'static str, String, i64)> {
    vec![
        ("IN list", format!("eventID IN ({}, 'e01')", repeated(50_000, |n| format!("'x{n}'"), ", ")), 1),
        (
            "IN list of numbers",
            format!("length(eventID) IN ({})", repeated(10_000, |n| n.to_string(), ",")),
            18,
        ),
        (
            "NOT IN list",
            format!("eventID NOT IN ({}, 'e01')", repeated(10_000, |n| format!("'x{n}'"), ", ")),
            17,
        ),
        (
            "OR chain",
            format!("{} OR eventID = 'e02'", repeated(10_000, |n| format!("eventID = 'x{n}'"), " OR ")),
            1,
        ),
        (
            "AND chain",
            format!("{} AND eventID <> 'e02'", repeated(10_000, |n| format!("eventID <> 'x{n}'"), " AND ")),
            17,
        ),
        (
            "OR chain on a member",
            format!(
                "{} OR element_at(requestParameters, 'bucketName') = 'logs'",
                repeated(5_000, |n| format!("element_at(requestParameters, 'bucketName') = 'x{n}'"), " OR ")
            ),
            1,
        ),
        ("NULL in chains", repeated(100, |n| format!("errorCode <> 'x{n}'"), " AND "), 4),
        ("chain at the depth", repeated(490, |n| format!("eventName LIKE 'x{n}%'"), " OR "), 0),
        ("concatenation", format!("length({}) = 480", repeated(480, |_| "'x'".to_owned(), " || ")), 18),
        ("sum", format!("{} = 480", repeated(480, |_| "1".to_owned(), " + ")), 18),
        (
            "CASE",
            format!(
                "CASE eventID {} ELSE 0 END = 0",
                repeated(3_000, |n| format!("WHEN 'x{n}' THEN {n}"), " ")
            ),
            18,
        ),
        ("nested calls", format!("{}eventID{} = 'e01'", "lower(".repeat(60), ")".repeat(60)), 1),
    ]
}

#[test]
fn long_statements_answer_in_time() {
    let failures = World::run(async |world| {
        let mut failures = Vec::new();
        for (name, condition, count) in conditions() {
            let sql = format!("SELECT count(*) FROM events WHERE {condition}");
            assert!(sql.len() <= 1_048_576, "{name} is too long: {}", sql.len());
            let start = Instant::now();
            let answer = world.ask(&sql).await;
            let took = start.elapsed();
            println!("{name}: {} bytes, {} ms", sql.len(), took.as_millis());
            match answer.map(|answer| answer.batches[0].column(0).as_primitive::<Int64Type>().value(0)) {
                Ok(found) if found == count => {}
                other => failures.push(format!("{name}: {other:?} in {took:?}")),
            }
        }
        failures
    });
    assert!(failures.unwrap_or_default().is_empty());
}

#[test]
fn statements_beyond_the_limits_are_refused() {
    let beyond = [
        format!("SELECT '{}'", "x".repeat(1_048_576)),
        format!("SELECT 1 WHERE {}", repeated(600, |n| format!("'a' LIKE 'x{n}%'"), " OR ")),
        format!("SELECT 1 WHERE {}", repeated(30_000, |n| format!("{n} > 1"), " OR ")),
        format!("SELECT {}", repeated(100_000, |_| "1".to_owned(), " + ")),
        format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("SELECT {}", repeated(600, |_| "'x'".to_owned(), " || ")),
        format!("SELECT {}1", "NOT ".repeat(100_000)),
        format!("SELECT {}1{}", "abs(".repeat(500), ")".repeat(500)),
        format!("SELECT {}1{}", "CASE WHEN true THEN ".repeat(500), " END".repeat(500)),
        format!("SELECT 1 {}", "UNION ALL SELECT 1 ".repeat(1_000)),
        format!("SELECT * FROM events{}", ", events".repeat(1_000)),
        format!("SELECT requestParameters{}", "['a']".repeat(1_000)),
        format!("SELECT requestParameters{}", ".a".repeat(1_000)),
        format!("SELECT 1{}", "::bigint".repeat(20_000)),
        format!("{}SELECT 1{}", "SELECT * FROM (".repeat(300), ")".repeat(300)),
    ];
    let failures = World::run(async |world| {
        let mut failures = Vec::new();
        for sql in &beyond {
            let shown: String = sql.chars().take(40).collect();
            match world.ask(sql).await {
                Err(error) if error.kind() == ErrorKind::ResourcesExhausted => {}
                Err(error) => failures.push(format!("{shown}: {error:?}")),
                Ok(_) => failures.push(format!("{shown}: answered")),
            }
        }
        println!("{}", failures.join("\n"));
        failures
    });
    assert!(failures.unwrap_or_default().is_empty());
}

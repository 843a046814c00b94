//! The statements of all files, broken at random: planning answers or says what is wrong, and never falls over.

use std::time::{Duration, Instant};

use auditlake_dialect::Position;
use auditlake_query::{Error, ErrorKind};
use futures::{StreamExt, stream};

use crate::records::parse;
use crate::world::World;
use crate::{AT_ONCE, files};

/// Statements that are made. `SLT_SEED` begins elsewhere.
const MUTATIONS: usize = 10_000;

/// One of how many is also planned; a debug build takes tens of milliseconds for each.
const PLANNED: usize = 4;

/// Plans that take longer are printed.
const SLOW: Duration = Duration::from_secs(1);

/// What is put between two tokens.
const GARBAGE: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    ",",
    ";",
    "'",
    "\"",
    ".",
    "::",
    "->",
    "||",
    "=",
    "<>",
    "-",
    "*",
    "?",
    "$1",
    ":x",
    "\\",
    "{",
    "}",
    "0",
    "-1",
    "99999999999999999999",
    "1e400",
    "''",
    "'\u{0}'",
    "é",
    "🦀",
    "\u{202e}",
    "NULL",
    "SELECT",
    "FROM",
    "WHERE",
    "NOT",
    "AND",
    "OR",
    "IN",
    "BETWEEN",
    "CASE",
    "END",
    "OVER",
    "UNION",
    "WITH",
    "AS",
    "INTERVAL",
    "TIMESTAMP",
    "ARRAY",
    "ROW",
    "MAP",
    "CAST",
    "UNNEST",
    "LATERAL",
    "JOIN",
    "ON",
    "GROUP BY",
    "ORDER BY",
    "LIMIT",
    "DISTINCT",
    "FILTER",
    "x -> x",
    "(x, y) -> y",
    "/*",
    "--",
    "events",
    "eventTime",
    "requestParameters",
    "resources",
    "userIdentity.arn",
    "element_at(",
    "json_extract(eventJson, '$.a')",
    "count(*)",
    "AT TIME ZONE",
    "GROUPING SETS",
    "VALUES",
    "EXISTS",
];

/// A small generator of numbers, the same on every machine.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides.max(1) as u64).unwrap()
    }
}

/// Words, strings, blanks and signs of a statement; together they are the statement.
fn pieces(sql: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let kind = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 0,
        c if c.is_whitespace() => 1,
        _ => 2,
    };
    let mut last = None;
    for c in sql.chars() {
        match pieces.last_mut() {
            Some(piece) if last == Some(kind(c)) && kind(c) < 2 => piece.push(c),
            _ => pieces.push(c.to_string()),
        }
        last = Some(kind(c));
    }
    pieces
}

fn mutated(sql: &str, other: &str, dice: &mut Dice) -> String {
    let mut pieces = pieces(sql);
    for _ in 0..=dice.throw(3) {
        let at = dice.throw(pieces.len());
        let to = dice.throw(pieces.len());
        match dice.throw(7) {
            _ if pieces.is_empty() => {}
            0 => drop(pieces.remove(at)),
            1 => pieces.swap(at, to),
            2 => pieces.insert(at, pieces[to].clone()),
            3 => pieces.insert(at, format!(" {} ", GARBAGE[dice.throw(GARBAGE.len())])),
            4 => {
                let part = pieces[at.min(to)..at.max(to)].to_vec();
                let copies = 1 + dice.throw(4);
                (0..copies).for_each(|_| drop(pieces.splice(at.min(to)..at.min(to), part.clone())));
            }
            5 => {
                let donor = self::pieces(other);
                pieces[at] = donor.get(dice.throw(donor.len())).cloned().unwrap_or_default();
            }
            _ => pieces[at] = flipped(&pieces[at], dice),
        }
    }
    pieces.concat()
}

/// Changes one bit; what is no text any more is replaced as a reader of files would.
fn flipped(text: &str, dice: &mut Dice) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = dice.throw(bytes.len());
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << dice.throw(8);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Tells what is wrong with an answer to a broken statement.
fn fault(error: &Error) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::Internal => Some("internal error"),
        ErrorKind::TimedOut => Some("planning takes too long"),
        _ if error.message().starts_with("syntax error") && Position::of(error).is_none() => {
            Some("a syntax error without a place")
        }
        _ => None,
    }
}

#[test]
fn broken_statements_are_planned_or_refused() {
    let started = Instant::now();
    let sources = files().into_iter().map(|path| std::fs::read_to_string(path).unwrap());
    let corpus: Vec<String> =
        sources.flat_map(|text| parse(&text).unwrap_or_default()).map(|record| record.sql).collect();
    let seed = std::env::var("SLT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_260_101);
    let mut dice = Dice(seed);
    let broken: Vec<String> = (0..MUTATIONS)
        .map(|_| {
            let (sql, other) = (&corpus[dice.throw(corpus.len())], &corpus[dice.throw(corpus.len())]);
            mutated(sql, other, &mut dice)
        })
        .collect();
    // Parsing is quick, so that all of them are parsed.
    let refused = broken.iter().filter_map(|sql| Some((sql, auditlake_dialect::parse(sql).err()?)));
    let mut faults: Vec<String> = refused.filter_map(|(sql, error)| report(sql, &error)).collect();
    println!("parsed after {:?}, {} faults", started.elapsed(), faults.len());
    let sample: Vec<&String> = broken.iter().step_by(PLANNED).collect();
    let unplanned = World::run(async |world| planning_faults(world, &sample).await);
    faults.extend(unplanned.unwrap_or_default());
    println!("{}", faults.join("\n"));
    assert!(faults.is_empty(), "seed {seed}");
}

fn report(sql: &str, error: &Error) -> Option<String> {
    fault(error).map(|fault| format!("{fault}: {sql}\n  {}", error.report()))
}

/// Plans statements, and tells what is wrong with the answers.
async fn planning_faults(world: &World, broken: &[&String]) -> Vec<String> {
    let plans = stream::iter(broken).map(|sql| async move {
        let started = Instant::now();
        let plan = world.plan(sql).await;
        if started.elapsed() > SLOW {
            println!("{:?}: {sql}", started.elapsed());
        }
        (sql, plan)
    });
    let mut planned = 0;
    let mut faults = Vec::new();
    let mut plans = plans.buffered(AT_ONCE);
    while let Some((sql, plan)) = plans.next().await {
        match plan {
            Ok(()) => planned += 1,
            Err(error) => faults.extend(report(sql, &error)),
        }
    }
    println!("{planned} of {} statements have a plan, {} faults", broken.len(), faults.len());
    faults
}

//! Lambdas through parser, planner and engine.

use crate::testing::{empty_session, run, session};

#[tokio::test]
async fn probe() {
    let text = std::fs::read_to_string(std::env::var("PROBE").unwrap_or_default()).unwrap_or_default();
    for (state, sql) in text.split(";\n").map(|sql| (session(), sql)) {
        if sql.trim().is_empty() {
            continue;
        }
        match run(&state, sql).await {
            Ok(answer) => println!("{}\n   => {:?}", sql.trim(), answer.rows),
            Err(error) => println!("{}\n   !! {error:?}", sql.trim()),
        }
    }
    let _ = empty_session();
}

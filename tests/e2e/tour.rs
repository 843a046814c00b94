//! The README's commands, run as they stand.

use std::path::Path;
use std::process::Command;

use crate::environment::Environment;

/// Returns the commands of the README's `console` blocks.
fn commands() -> Vec<String> {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap();
    let mut commands = Vec::new();
    let mut in_block = false;
    for line in readme.lines() {
        match line {
            "```console" => in_block = true,
            "```" => in_block = false,
            _ if in_block => commands.extend(line.strip_prefix("$ ").map(str::to_owned)),
            _ => {}
        }
    }
    commands
}

#[test]
fn every_command_of_the_tour_works() {
    let env = Environment::new();
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    let program = Path::new(env!("CARGO_BIN_EXE_auditlake"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    for command in commands {
        let output = Command::new("sh")
            .args(["-c", &command])
            .env_clear()
            .env("PATH", &path)
            .env("HOME", env.folder())
            .env("AUDITLAKE_LAKE", env.folder().join("lake"))
            .current_dir(env.folder())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}\n{stderr}");
        if command.contains(" sql ") {
            assert!(output.stdout.len() > 20, "{command} printed nothing\n{stderr}");
        }
    }
}

#[test]
fn quickstart_tells_its_story_again_and_again() {
    let env = Environment::new();
    let logs = env.folder().join("logs");
    let logs = logs.to_str().unwrap();
    for round in 0..3 {
        if round == 2 {
            env.ok(&["store", "delete", "quickstart"]);
        }
        let stdout = env.ok(&["quickstart", "--dir", logs, "--events", "5000"]);
        assert!(stdout.contains("203.0.113.66") || stdout.contains("CreateUser"), "{stdout}");
    }
}

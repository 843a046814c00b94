//! A home and a lake that vanish with the test, and the program run in them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A place for one test.
pub(crate) struct Environment {
    folder: TempDir,
}

impl Environment {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the program, not yet run, with nothing of the developer's environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auditlake"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AUDITLAKE_LAKE", self.folder().join("lake"))
            .current_dir(self.folder())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(arguments, self.command(arguments).output().unwrap())
    }

    /// Runs a command that must do well and returns its stdout.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, 0, "{arguments:?}\n{}\n{}", outcome.stdout, outcome.stderr);
        outcome.stdout
    }

    /// Runs a query and returns its rows.
    pub(crate) fn rows(&self, sql: &str) -> Vec<Value> {
        let text = self.ok(&["sql", "--format", "json", "-c", sql]);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    /// Runs a query for one number.
    pub(crate) fn number(&self, sql: &str) -> u64 {
        let rows = self.rows(sql);
        let value = rows[0].as_object().unwrap().values().next().unwrap().clone();
        value.as_u64().unwrap_or_else(|| panic!("{sql}: {value}"))
    }

    /// Imports and returns the summary; `code` is the exit code that is expected.
    pub(crate) fn import(&self, source: &Path, extra: &[&str], code: i32) -> Value {
        let source = source.to_str().unwrap();
        let mut arguments = vec!["import", source, "--store", "trail", "--json"];
        arguments.extend(extra);
        let outcome = self.run(&arguments);
        assert_eq!(outcome.code, code, "{arguments:?}\n{}\n{}", outcome.stdout, outcome.stderr);
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|e| panic!("{e}: {}", outcome.stdout))
    }
}

/// What a run came to.
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(crate) fn of(arguments: &[&str], output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap_or_else(|| panic!("{arguments:?} was killed"));
        Self { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// Returns the folder of real data, or `None` where there is none (outside the developers' machines).
pub(crate) fn shared_data() -> Option<PathBuf> {
    let given = std::env::var_os("AUDITLAKE_SHARED").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let data = given.unwrap_or_else(beside).join("data");
    let found = data.is_dir();
    if !found {
        eprintln!("skipped: {} is missing", data.display());
        let excused = std::env::var_os("AUDITLAKE_ALLOW_SKIP").is_some() || std::env::var_os("CI").is_none();
        assert!(excused, "in CI a skipped test is a failure");
    }
    found.then_some(data)
}

//! A server of its own for each test.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::client::Client;
use crate::environment::Environment;

/// A lake with a store `trail`, and a server over it that ends with the test.
pub(crate) struct Server {
    pub(crate) env: Environment,
    child: Child,
    flight: String,
}

impl Server {
    /// Starts a server over a lake with synthetic events.
    pub(crate) fn start() -> Self {
        Self::over(filled(), &[])
    }

    /// Starts a server over a lake.
    pub(crate) fn over(env: Environment, arguments: &[&str]) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"];
        all.extend(arguments);
        let log = std::fs::File::create(env.folder().join("serve.log")).unwrap();
        let mut command = env.command(&all);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let flight = loop {
            let Some(Ok(line)) = lines.next() else {
                let log = std::fs::read_to_string(env.folder().join("serve.log")).unwrap();
                panic!("the server did not start\n{log}");
            };
            if let Some(address) = line.strip_prefix("flight") {
                break address.trim().replace("grpc://", "http://");
            }
        };
        // Whatever else it prints must not fill the pipe.
        std::thread::spawn(move || lines.count());
        Self { env, child, flight }
    }

    /// Connects without credentials.
    pub(crate) async fn connect(&self) -> Client {
        Client::connect(&self.flight).await
    }

    /// Returns the address as `http://127.0.0.1:port`.
    pub(crate) fn address(&self) -> &str {
        &self.flight
    }

    /// Returns what the server has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.env.folder().join("serve.log")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let log = self.log();
        // A panic in a task does not end the server, so it is looked for here.
        if !std::thread::panicking() {
            assert!(!log.contains("panicked"), "{log}");
        } else {
            eprintln!("--- log of the server\n{log}");
        }
    }
}

/// Returns a lake with a store of synthetic events.
pub(crate) fn filled() -> Environment {
    let env = Environment::new();
    env.ok(&["synth", "--out", "corpus", "--events", "2000", "--seed", "6"]);
    env.ok(&["store", "create", "trail"]);
    env.import(Path::new("corpus/AWSLogs"), &[], 0);
    env
}

/// Runs a command with text on its standard input.
pub(crate) fn with_input(env: &Environment, arguments: &[&str], input: &str) {
    let mut command: Command = env.command(arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

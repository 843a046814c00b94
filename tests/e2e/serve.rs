//! `auditlake serve` as an operator runs it: start, probes, metrics, settings, signals.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::environment::Environment;

/// Whatever is awaited comes within this time, also on a busy machine.
const SOON: Duration = Duration::from_secs(30);
const FREE: [&str; 4] = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"];

/// A server; killed at the end of the test, if it has not ended.
struct Server {
    process: Child,
    stderr: ChildStderr,
    flight: String,
    http: String,
}

impl Server {
    fn start(env: &Environment, more: &[&str]) -> Self {
        Self::start_with(env, &[&FREE[..], more].concat())
    }

    fn start_with(env: &Environment, arguments: &[&str]) -> Self {
        let mut command = env.command(&[&["serve"], arguments].concat());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = process.stderr.take().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut address = |name: &str| {
            let line = lines.next().unwrap_or_else(|| panic!("no line for {name}"));
            line.strip_prefix(name).unwrap_or_else(|| panic!("{line}")).trim().to_owned()
        };
        let (flight, http) = (address("flight"), address("http"));
        Self { process, stderr, flight, http }
    }

    fn get(&self, path: &str) -> (u16, String) {
        let address = self.http.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Waits until the metrics have a line that begins so, and returns its value.
    fn metric(&self, name: &str) -> f64 {
        let deadline = Instant::now() + SOON;
        while Instant::now() < deadline {
            let text = self.get("/metrics").1;
            if let Some(value) = text.lines().find_map(|line| line.strip_prefix(name)) {
                return value.trim().parse().unwrap();
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("no metric {name}");
    }

    /// Sends SIGTERM; returns the exit code and what was said.
    fn terminate(mut self) -> (i32, String) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let deadline = Instant::now() + SOON;
        let status = loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the server does not end");
            std::thread::sleep(Duration::from_millis(50));
        };
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        (status.code().unwrap(), said)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn lake() -> Environment {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    env
}

#[test]
fn a_server_answers_probes_and_ends_on_sigterm() {
    let env = lake();
    let server = Server::start(&env, &[]);
    assert!(server.flight.starts_with("grpc://127.0.0.1:"), "{}", server.flight);
    assert_eq!(server.get("/healthz"), (200, "ok\n".to_owned()));
    assert_eq!(server.get("/readyz"), (200, "ready\n".to_owned()));
    let metrics = server.get("/metrics").1;
    for name in
        ["auditlake_build_info{version=", "process_start_time_seconds ", "auditlake_queries_running 0"]
    {
        assert!(metrics.contains(name), "{name}\n{metrics}");
    }
    let (code, said) = server.terminate();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("the lake has no users: everybody on this machine may use the server"), "{said}");
}

#[test]
fn queries_over_the_wire_are_logged_and_counted() {
    let env = lake();
    let server = Server::start(&env, &["--log-format", "json"]);
    let answer = env.ok(&["sql", "--connect", &server.flight, "--format", "json", "-c", "SELECT 6 * 7 AS n"]);
    assert!(answer.contains("42"), "{answer}");
    let finished = server.metric("auditlake_query_duration_seconds_count{state=\"FINISHED\"}");
    assert!(finished >= 1.0);
    let (code, said) = server.terminate();
    assert_eq!(code, 0, "{said}");
    let lines: Vec<Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let get = lines.iter().find(|line| line["method"] == "/arrow.flight.protocol.FlightService/DoGet");
    let get = get.unwrap_or_else(|| panic!("{said}"));
    assert_eq!((&get["code"], &get["principal"]), (&"OK".into(), &"anonymous".into()), "{get}");
    assert_eq!(get["request_id"].as_str().unwrap().len(), 36);
    assert_eq!(env.number("SELECT count(*) FROM system.queries WHERE client = 'flight'"), 1);
}

#[test]
fn new_stores_and_events_are_seen_without_a_restart() {
    let env = lake();
    let server = Server::start(&env, &[]);
    env.ok(&["synth", "--out", "logs", "--events", "2000", "--seed", "7"]);
    env.ok(&["store", "create", "late"]);
    env.ok(&["import", "logs/AWSLogs", "--store", "late"]);
    let count = |sql: &str| env.ok(&["sql", "--connect", &server.flight, "--format", "csv", "-c", sql]);
    assert!(count("SELECT count(*) AS n FROM late").contains("2000"));
    assert_eq!(server.metric("auditlake_store_events{store=\"late\"}") as u64, 2_000);
}

#[test]
fn imports_of_the_config_file_run_inside_the_server() {
    let env = lake();
    env.ok(&["synth", "--out", "logs", "--events", "2000", "--seed", "7"]);
    let config = env.folder().join("server.toml");
    let import = "[[import]]\nsource = 'logs/AWSLogs'\nstore = 'trail'\ninterval = '1s'\n";
    std::fs::write(&config, import).unwrap();
    let server = Server::start(&env, &["--config", config.to_str().unwrap()]);
    assert!(server.metric("auditlake_import_last_success_timestamp_seconds{store=\"trail\"}") > 1.7e9);
    let (code, said) = server.terminate();
    assert_eq!(code, 0, "{said}");
    assert_eq!(env.number("SELECT count(*) FROM trail"), 2_000);
    assert!(env.number("SELECT count(*) FROM system.imports WHERE state = 'COMPLETED'") >= 1);
}

#[test]
fn a_check_tells_what_a_start_would_do_and_does_nothing() {
    let env = lake();
    let check = |more: &[&str]| env.run(&[&["serve", "--check"], more].concat());
    let well = check(&FREE);
    assert_eq!(well.code, 0, "{}", well.stderr);
    for word in ["lake ", "1 store", "grpc://127.0.0.1:0", "http://127.0.0.1:0", "ok"] {
        assert!(well.stdout.contains(word), "{word}\n{}", well.stdout);
    }
    let wrong = |more: &[&str], code: i32, word: &str| {
        let outcome = check(more);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (code, ""), "{more:?} {}", outcome.stderr);
        assert!(outcome.stderr.contains(word), "{word}\n{}", outcome.stderr);
    };
    wrong(&["--listen", "nonsense"], 2, "`nonsense` is no address");
    wrong(&["--tls-cert", "cert.pem"], 2, "--tls-cert and --tls-key together");
    wrong(&["--listen", "0.0.0.0:0", "--http", "127.0.0.1:0"], 2, "auditlake user add");
    wrong(&["--shutdown-grace", "soon"], 2, "--shutdown-grace");
    wrong(&["--log-format", "xml"], 2, "text, json");
    let files = ["--tls-cert", "no.pem", "--tls-key", "no.pem"];
    wrong(&[&FREE[..], &files].concat(), 1, "no.pem");
    wrong(&[&FREE[..], &["--lake", "nowhere"]].concat(), 1, "there is no lake here");
    let server = Server::start(&env, &[]);
    let taken = server.flight.strip_prefix("grpc://").unwrap();
    wrong(&["--listen", taken, "--http", "127.0.0.1:0"], 1, "Another program listens there");
}

#[test]
fn nobody_is_let_in_from_outside_without_users() {
    let env = lake();
    let outcome = env.run(&["serve", "--listen", "0.0.0.0:0", "--http", "127.0.0.1:0"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("hint: Add a user with `auditlake user add NAME`"), "{}", outcome.stderr);
    let server = Server::start_with(&env, &["--insecure", "--listen", "0.0.0.0:0", "--http", "127.0.0.1:0"]);
    let (code, said) = server.terminate();
    assert_eq!(code, 0);
    assert!(said.contains("everybody who reaches 0.0.0.0:0 may do everything"), "{said}");
}

#[test]
fn the_config_file_of_the_readme_is_understood() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, rest) = readme.split_once("```toml\n").unwrap();
    let (toml, _) = rest.split_once("```").unwrap();
    let env = lake();
    // The files that it names are not here.
    let here: String =
        toml.lines().filter(|line| !line.contains("tls-")).map(|line| format!("{line}\n")).collect();
    let config = env.folder().join("server.toml");
    std::fs::write(&config, here).unwrap();
    let outcome = env.run(
        &[
            &["serve", "--check", "--insecure", "--config", config.to_str().unwrap(), "--lake", "lake"],
            &FREE[..],
        ]
        .concat(),
    );
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("import  s3://"), "{}", outcome.stdout);
}

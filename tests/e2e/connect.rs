//! `--connect`: statements that a server answers, and what is said when it cannot.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::environment::{Environment, Outcome};

/// A server over the lake of an environment; killed at the end of the test.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(environment: &Environment) -> Self {
        Self::start_with(environment, &[])
    }

    fn start_with(environment: &Environment, flags: &[&str]) -> Self {
        let ports = ["serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"];
        let mut command = environment.command(&[&ports, flags].concat());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address =
            lines.map_while(Result::ok).find_map(|line| Some(line.strip_prefix("flight")?.trim().to_owned()));
        Self { process, address: address.unwrap() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A lake with the store `trail` and some events in it.
fn lake() -> Environment {
    let environment = Environment::new();
    environment.ok(&["synth", "--out", "logs", "--events", "3000", "--seed", "7"]);
    environment.ok(&["store", "create", "trail"]);
    environment.ok(&["import", "logs/AWSLogs", "--store", "trail"]);
    environment
}

fn refused(outcome: &Outcome, code: i32, words: &[&str]) {
    assert_eq!((outcome.code, outcome.stdout.as_str()), (code, ""), "{}", outcome.stderr);
    for word in words {
        assert!(outcome.stderr.contains(word), "no `{word}` in {}", outcome.stderr);
    }
}

#[test]
fn what_cannot_be_asked_of_a_server_is_refused_before_it_is_reached() {
    let environment = Environment::new();
    let nowhere = "grpc://127.0.0.1:1";
    let sql = |more: &[&str]| environment.run(&[&["sql", "-c", "SELECT 1"], more].concat());
    refused(&sql(&["--connect", "https://lake"]), 2, &["scheme `https`", "grpc+tls://HOST:PORT"]);
    refused(&sql(&["--connect", "grpc://ann:pw@lake"]), 2, &["must not hold credentials", "AUDITLAKE_TOKEN"]);
    refused(&sql(&["--connect", nowhere, "--lake", "x"]), 2, &["there are --lake and --connect"]);
    refused(
        &sql(&["--connect", nowhere, "--threads", "2"]),
        2,
        &["--threads is not for a server", "--time-limit"],
    );
    refused(&sql(&["--connect", nowhere, "--evidence", "x"]), 2, &["--evidence needs the lake itself"]);
    refused(&sql(&["--connect", nowhere, "--user", "ann"]), 2, &["no password", "AUDITLAKE_PASSWORD"]);
    refused(&sql(&["--user", "ann"]), 2, &["--user is for a server", "--connect"]);
    refused(&sql(&["--connect", nowhere]), 1, &["nobody listens at `grpc://127.0.0.1:1`", "auditlake serve"]);
}

#[test]
fn a_variable_chooses_the_server_of_commands_that_read() {
    let environment = Environment::new();
    environment.ok(&["store", "create", "trail"]);
    let run = |arguments: &[&str]| {
        let mut command = environment.command(arguments);
        command.env("AUDITLAKE_CONNECT", "grpc://127.0.0.1:1").output().unwrap().status.code()
    };
    assert_eq!(run(&["sql", "-c", "SELECT 1"]), Some(1));
    assert_eq!(run(&["sql", "-c", "SELECT 1", "--lake", "lake"]), Some(0));
    assert_eq!(run(&["store", "create", "other"]), Some(0));
}

#[test]
fn a_server_answers_as_the_lake_does() {
    let environment = lake();
    let server = Server::start(&environment);
    let statements: [&[&str]; 4] = [
        &["-c", "SELECT count(*) AS n, min(eventTime) AS first FROM trail"],
        &["-c", "SELECT * FROM trail ORDER BY eventID LIMIT 50", "--format", "json"],
        &[
            "-c",
            "SELECT eventName FROM trail WHERE awsRegion = :r ORDER BY eventID",
            "--param",
            "r=us-east-1",
        ],
        &["-c", "SELECT count(*) FROM trail; DESCRIBE trail", "--format", "csv"],
    ];
    for statement in statements {
        let local = environment.ok(&[&["sql"], statement].concat());
        let remote = environment.ok(&[&["sql", "--connect", &server.address], statement].concat());
        assert_eq!(remote, local, "{statement:?}");
    }
}

#[test]
fn errors_of_a_server_read_like_those_of_the_lake() {
    let environment = lake();
    let server = Server::start(&environment);
    for statement in ["SELECT evntName FROM trail", "SELECT 1 FROM trial", "SELECT\n  1 +", "SELECT :who"] {
        let local = environment.run(&["sql", "-c", statement]);
        let remote = environment.run(&["sql", "--connect", &server.address, "-c", statement]);
        assert_eq!((remote.code, remote.stdout), (local.code, local.stdout));
        assert!(remote.stderr.contains('^'), "{}", remote.stderr);
        // The lake is named by the local program only.
        let plain = |text: &str| {
            text.lines().map(|line| line.split(" (").next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(plain(&remote.stderr), plain(&local.stderr));
    }
}

#[test]
fn rows_go_to_files_and_time_limits_to_the_server() {
    let environment = lake();
    let server = Server::start(&environment);
    let connect = ["sql", "--connect", &server.address];
    let statement = ["-c", "SELECT eventName FROM trail ORDER BY eventID"];
    environment.ok(&[&connect[..], &statement, &["--output", "remote.parquet"]].concat());
    assert!(environment.folder().join("remote.parquet").metadata().unwrap().len() > 1_000);
    let slow = "SELECT count(*) FROM trail a, trail b, trail c WHERE a.eventID < b.eventName AND b.eventID > c.eventName";
    let outcome = environment.run(&[&connect[..], &["-c", slow, "--time-limit", "1s"]].concat());
    refused(&outcome, 1, &["error:"]);
}

/// Writes a certificate and its key, signed by an authority of its own, as `NAME.pem`, `NAME.key` and `NAME-ca.pem`.
fn certify(environment: &Environment, name: &str) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let write = |ending: &str, text: String| {
        std::fs::write(environment.folder().join(format!("{name}{ending}")), text).unwrap();
    };
    write(".pem", certificate.pem());
    write(".key", key.serialize_pem());
    write("-ca.pem", authority_pem);
}

#[test]
fn tls_is_checked_both_ways_and_faults_are_named() {
    let environment = Environment::new();
    environment.ok(&["store", "create", "trail"]);
    certify(&environment, "server");
    certify(&environment, "client");
    certify(&environment, "other");
    let server = ["--tls-cert", "server.pem", "--tls-key", "server.key", "--tls-client-ca", "client-ca.pem"];
    let server = Server::start_with(&environment, &server);
    let plain = server.address.replace("grpc+tls://", "grpc://");
    assert_ne!(plain, server.address, "the server prints what to connect to");
    let sql = |flags: &[&str]| environment.run(&[&["sql", "-c", "SELECT 7 AS seven"], flags].concat());
    let connect = ["--connect", server.address.as_str(), "--tls-ca"];
    let ours = ["--tls-client-cert", "client.pem", "--tls-client-key", "client.key"];
    let theirs = ["--tls-client-cert", "other.pem", "--tls-client-key", "other.key"];
    let outcome = sql(&[&connect[..], &["server-ca.pem"], &ours].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains('7'));
    refused(&sql(&["--connect", &plain]), 1, &["wants TLS", &server.address]);
    refused(&sql(&[&connect[..], &["other-ca.pem"], &ours].concat()), 1, &["no authority", "--tls-ca"]);
    let wants_certificate = ["does not accept the client's certificate", "--tls-client-cert"];
    refused(&sql(&[&connect[..], &["server-ca.pem"]].concat()), 1, &wants_certificate);
    refused(&sql(&[&connect[..], &["server-ca.pem"], &theirs].concat()), 1, &wants_certificate);
    refused(&sql(&[&connect[..], &["server.key"], &ours].concat()), 1, &["holds no CERTIFICATE"]);
}

#[test]
fn users_log_in_by_password_and_by_token() {
    let environment = lake();
    let password = environment.folder().join("password");
    std::fs::write(&password, "correct horse\n").unwrap();
    let mut add = environment.command(&["user", "add", "ann", "--password-stdin"]);
    assert!(add.stdin(std::fs::File::open(&password).unwrap()).output().unwrap().status.success());
    let token = environment.ok(&["token", "create", "ann"]).trim().to_owned();
    let server = Server::start(&environment);
    let run = |variables: &[(&str, &str)], flags: &[&str]| {
        let arguments =
            [&["sql", "-c", "SELECT count(*) AS n FROM trail", "--connect", &server.address], flags].concat();
        let output = environment.command(&arguments).envs(variables.iter().copied()).output().unwrap();
        Outcome::of(&arguments, output)
    };
    for (variables, flags) in [
        (&[("AUDITLAKE_PASSWORD", "correct horse")][..], &["--user", "ann"][..]),
        (&[], &["--user", "ann", "--password-file", "password"]),
        (&[("AUDITLAKE_TOKEN", token.as_str())], &[]),
        (&[("AUDITLAKE_PASSWORD", token.as_str()), ("AUDITLAKE_USER", "ann")], &[]),
        (&[], &["--token", &token]),
    ] {
        let outcome = run(variables, flags);
        assert_eq!(outcome.code, 0, "{variables:?} {flags:?}: {}", outcome.stderr);
    }
    refused(&run(&[], &[]), 1, &["--user", "--token"]);
    refused(&run(&[], &["--token", "alt_nonsense"]), 1, &["Check the token"]);
    let outcome = run(&[("AUDITLAKE_PASSWORD", "wrong")], &["--user", "ann"]);
    refused(&outcome, 1, &["Check user name and password", &server.address]);
}

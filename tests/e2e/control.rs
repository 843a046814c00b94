//! The gRPC control services of `auditlake serve`, by the program's own commands and by stubs.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};

use auditlake_proto::v1;
use auditlake_proto::v1::import_event::Event;
use auditlake_proto::v1::imports_client::ImportsClient;
use auditlake_proto::v1::queries_client::QueriesClient;
use auditlake_proto::v1::server_client::ServerClient;
use serde_json::Value;
use tonic::transport::Channel;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use crate::environment::{Environment, Outcome};

/// A server over the lake of an environment, which may read the folder `allowed` beside it; killed at the end.
pub(crate) struct Server {
    process: Child,
    /// `grpc://HOST:PORT`.
    address: String,
}

impl Server {
    pub(crate) fn start(environment: &Environment) -> Self {
        let allowed = environment.folder().join("allowed");
        std::fs::create_dir_all(&allowed).unwrap();
        let mut command = environment.command(&["serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
        command.env("AUDITLAKE_IMPORT_ALLOWED_SOURCES", allowed);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| Some(line.strip_prefix("flight")?.trim().to_owned())).unwrap();
        Self { process, address }
    }

    async fn channel(&self) -> Channel {
        let address = self.address.replace("grpc://", "http://");
        Channel::from_shared(address).unwrap().connect().await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Runs a command by the server.
pub(crate) fn remote(environment: &Environment, server: &Server, arguments: &[&str]) -> Outcome {
    environment.run(&[arguments, &["--connect", &server.address]].concat())
}

fn done(outcome: Outcome) -> String {
    assert_eq!(outcome.code, 0, "{}\n{}", outcome.stdout, outcome.stderr);
    outcome.stdout
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn stores_through_a_server_are_those_of_the_lake() {
    let environment = Environment::new();
    environment.ok(&["store", "create", "first"]);
    let server = Server::start(&environment);
    let selectors = r#"[{"Name":"writes","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"readOnly","Equals":["false"]}]}]"#;
    let create =
        ["store", "create", "Trail", "--advanced-event-selectors", selectors, "--retention-days", "90"];
    let made = done(remote(&environment, &server, &[&create[..], &["--format", "json"]].concat()));
    assert_eq!(made, environment.ok(&["store", "show", "trail", "--format", "json"]));
    assert_eq!(json(&made)["retentionDays"], 90);
    for arguments in [
        &["store", "show", "TRAIL"][..],
        &["store", "show", "trail", "--format", "csv"],
        &["store", "list"],
        &["store", "list", "--format", "json"],
    ] {
        assert_eq!(
            done(remote(&environment, &server, arguments)),
            environment.ok(arguments),
            "{arguments:?}"
        );
    }
    let change = ["store", "update", "trail", "--rename", "other", "--all-events", "--keep-forever"];
    let changed = remote(&environment, &server, &change);
    assert_eq!((changed.code, changed.stderr.trim()), (0, "changed event data store `other`"));
    let shown = json(&environment.ok(&["store", "show", "other", "--format", "json"]));
    assert_eq!((&shown["advancedEventSelectors"], &shown["retentionDays"]), (&Value::Null, &Value::Null));

    done(remote(&environment, &server, &["store", "stop-ingestion", "other"]));
    done(remote(&environment, &server, &["store", "start-ingestion", "other"]));
    done(remote(&environment, &server, &["store", "update", "other", "--no-termination-protection"]));
    let deleted = remote(&environment, &server, &["store", "delete", "other"]);
    assert!(deleted.code == 0 && deleted.stderr.contains("is pending deletion"), "{}", deleted.stderr);
    let list = json(&environment.ok(&["store", "list", "--format", "json"]));
    assert_eq!(list[1]["status"], "PENDING_DELETION");
    done(remote(&environment, &server, &["store", "restore", "other"]));
}

#[test]
fn refusals_of_a_server_read_like_those_of_the_lake() {
    let environment = Environment::new();
    environment.ok(&["store", "create", "trail"]);
    let server = Server::start(&environment);
    for arguments in [
        &["store", "create", "trail"][..],
        &["store", "show", "trial"],
        &["store", "delete", "trail"],
        &["store", "restore", "trail"],
        &["import", "show", "9f1c2d3e-0000-4000-8000-0123456789ab"],
        &["import", "list", "--store", "nothing"],
    ] {
        let (here, there) = (environment.run(arguments), remote(&environment, &server, arguments));
        let plain = |text: &str| {
            text.lines().map(|line| line.split(" (").next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!((there.code, plain(&there.stderr)), (here.code, plain(&here.stderr)), "{arguments:?}");
    }
    let maintain = remote(&environment, &server, &["store", "maintain"]);
    assert!(maintain.code == 2 && maintain.stderr.contains("needs the lake itself"), "{}", maintain.stderr);
}

#[test]
fn a_server_imports_what_its_owner_allows() {
    let environment = Environment::new();
    environment.ok(&["store", "create", "trail"]);
    let server = Server::start(&environment);
    for source in ["logs", "/etc", "-", "file:///etc"] {
        let refused = remote(&environment, &server, &["import", source, "--store", "trail"]);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{}", refused.stderr);
        assert!(refused.stderr.contains("without --connect"), "{}", refused.stderr);
    }
    let refused = remote(&environment, &server, &["import", "s3://bucket/AWSLogs", "--store", "trail"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("allowed-sources"), "{}", refused.stderr);
    let refused =
        remote(&environment, &server, &["import", "s3://bucket/x", "--store", "trail", "--threads", "2"]);
    assert!(
        refused.code == 2 && refused.stderr.contains("--threads is not for a server"),
        "{}",
        refused.stderr
    );
}

/// Has the server import a folder that it may read.
async fn import(server: &Server, folder: &str) -> Vec<Event> {
    let request = v1::StartImportRequest {
        event_data_store: "trail".to_owned(),
        sources: vec![folder.to_owned()],
        ..Default::default()
    };
    let mut imports = ImportsClient::new(server.channel().await);
    let mut stream = imports.start_import(request).await.unwrap().into_inner();
    let mut events = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        events.push(message.event.unwrap().event.unwrap());
    }
    events
}

#[test]
fn imports_of_a_server_are_listed_and_retried_from_here() {
    let environment = Environment::new();
    environment.ok(&["store", "create", "trail"]);
    let server = Server::start(&environment);
    environment.ok(&["synth", "--out", "allowed/logs", "--events", "500", "--seed", "7"]);
    let broken = environment.folder().join("allowed/logs/AWSLogs/broken.json");
    std::fs::write(&broken, "{\"Records\": [").unwrap();
    let folder = environment.folder().join("allowed/logs/AWSLogs");
    let events = block_on(import(&server, folder.to_str().unwrap()));
    let Some(Event::Completed(summary)) = events.last() else { panic!("{events:?}") };
    assert_eq!((summary.status(), summary.files_failed), (v1::ImportStatus::Failed, 1));
    assert_eq!(environment.number("SELECT count(*) FROM trail"), summary.events_stored);

    let id = summary.import_id.as_str();
    for arguments in [
        &["import", "show", id][..],
        &["import", "show", id, "--format", "json"],
        &["import", "list"],
        &["import", "list", "--store", "trail", "--state", "failed", "--format", "csv"],
        &["import", "failures", id],
        &["import", "failures", "--all", "--format", "json"],
    ] {
        assert_eq!(
            done(remote(&environment, &server, arguments)),
            environment.ok(arguments),
            "{arguments:?}"
        );
    }
    let again = remote(&environment, &server, &["import", "retry", id, "--json"]);
    assert_eq!((again.code, &json(&again.stdout)["filesFailed"]), (3, &Value::from(1)), "{}", again.stderr);
    std::fs::write(&broken, "{\"Records\": []}").unwrap();
    let retried = remote(&environment, &server, &["import", "retry", id]);
    assert_eq!(retried.code, 0, "{}", retried.stderr);
    let nothing = remote(&environment, &server, &["import", "retry", id]);
    assert!(nothing.code == 0 && nothing.stderr.contains("no failed files"), "{}", nothing.stderr);
}

#[test]
fn results_outlive_the_server() {
    let environment = Environment::new();
    environment.ok(&["store", "create", "trail"]);
    let server = Server::start(&environment);
    let id = block_on(async {
        let mut queries = QueriesClient::new(server.channel().await);
        let query_statement = "SELECT value AS n FROM generate_series(1, 2500) ORDER BY 1".to_owned();
        let request = v1::StartQueryRequest { query_statement, ..Default::default() };
        let query_id = queries.start_query(request).await.unwrap().into_inner().query_id;
        let wait = Some(prost_types::Duration { seconds: 30, nanos: 0 });
        let request = v1::DescribeQueryRequest { query_id: query_id.clone(), wait };
        let query = queries.describe_query(request).await.unwrap().into_inner().query.unwrap();
        assert_eq!(query.status(), v1::QueryStatus::Finished, "{query:?}");
        query_id
    });
    drop(server);
    let server = Server::start(&environment);
    let rows = block_on(async {
        let mut queries = QueriesClient::new(server.channel().await);
        let (mut rows, mut next_token) = (Vec::new(), String::new());
        loop {
            let request =
                v1::GetQueryResultsRequest { query_id: id.clone(), max_query_results: 0, next_token };
            let page = queries.get_query_results(request).await.unwrap().into_inner();
            rows.extend(page.rows.into_iter().map(|row| row.cells[0].value.clone().unwrap()));
            next_token = page.next_token;
            if next_token.is_empty() {
                return rows;
            }
        }
    });
    assert_eq!((rows.len(), rows[2_499].as_str()), (2_500, "2500"));
}

async fn reflect(server: &Server, ask: MessageRequest) -> ServerReflectionResponse {
    let mut reflection = ServerReflectionClient::new(server.channel().await);
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(ask) };
    let request = futures::stream::once(std::future::ready(request));
    reflection.server_reflection_info(request).await.unwrap().into_inner().message().await.unwrap().unwrap()
}

#[test]
fn the_server_tells_what_it_is_and_what_it_offers() {
    let environment = Environment::new();
    environment.ok(&["store", "create", "trail"]);
    let server = Server::start(&environment);
    let (version, health, listed, file) = block_on(async {
        let mut about = ServerClient::new(server.channel().await);
        let version = about.get_version(v1::GetVersionRequest {}).await.unwrap().into_inner();
        let health = about.get_health(v1::GetHealthRequest {}).await.unwrap().into_inner();
        let listed = reflect(&server, MessageRequest::ListServices(String::new())).await;
        let symbol = MessageRequest::FileContainingSymbol("auditlake.v1.Queries".to_owned());
        (version, health, listed, reflect(&server, symbol).await)
    });
    assert_eq!(version.version, env!("CARGO_PKG_VERSION"));
    assert_eq!((health.status(), health.message.as_str()), (v1::HealthStatus::Serving, ""));
    let Some(MessageResponse::ListServicesResponse(listed)) = listed.message_response else {
        panic!("{listed:?}")
    };
    let names: Vec<&str> = listed.service.iter().map(|service| service.name.as_str()).collect();
    for name in ["EventDataStores", "Imports", "Queries", "Server", "Jobs"] {
        assert!(names.contains(&format!("auditlake.v1.{name}").as_str()), "{names:?}");
    }
    assert!(matches!(file.message_response, Some(MessageResponse::FileDescriptorResponse(_))), "{file:?}");
}

/// Adds a user with a password.
fn add_user(environment: &Environment, arguments: &[&str], password: &str) {
    let mut command = environment.command(&[&["user", "add"], arguments, &["--password-stdin"]].concat());
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(process.stdin.take().unwrap(), "{password}").unwrap();
    assert!(process.wait().unwrap().success());
}

#[test]
fn a_user_sees_what_is_granted() {
    let environment = Environment::new();
    for name in ["trail", "secret"] {
        environment.ok(&["store", "create", name]);
    }
    add_user(&environment, &["ann", "--role", "reader", "--store", "trail"], "correct horse");
    let server = Server::start(&environment);
    let as_ann = |arguments: &[&str]| {
        let connect = ["--connect", &server.address, "--user", "ann"];
        let mut command = environment.command(&[arguments, &connect].concat());
        let output = command.env("AUDITLAKE_PASSWORD", "correct horse").output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, list, said) = as_ann(&["store", "list", "--format", "json"]);
    assert_eq!(code, Some(0), "{said}");
    let stores = json(&list);
    assert_eq!((stores.as_array().unwrap().len(), &stores[0]["name"]), (1, &Value::from("trail")));
    let (code, _, said) = as_ann(&["store", "show", "secret"]);
    assert!(code == Some(1) && said.contains("there is no event data store `secret`"), "{said}");
    let (code, _, said) = as_ann(&["store", "delete", "trail"]);
    assert!(code == Some(1) && said.contains("may not manage"), "{said}");
    let nobody = remote(&environment, &server, &["store", "list"]);
    assert_eq!(nobody.code, 1, "{}", nobody.stdout);
}

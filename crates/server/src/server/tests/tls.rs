//! Certificates: ours, the clients', and new ones.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::support::{TestLake, eventually, is_closed};
use crate::config::{ServerConfig, TlsFiles};

/// An authority that signs certificates.
struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { params, key, pem }
    }

    /// Returns certificate and key, as PEM.
    fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = params.signed_by(&key, &issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// Writes the files of a server's certificate into `folder`.
    fn write(&self, folder: &Path) -> TlsFiles {
        let (cert, key) = self.sign("localhost");
        let file = |name: &str, text: &str| -> PathBuf {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        TlsFiles { cert: file("cert.pem", &cert), key: file("key.pem", &key), client_ca: None }
    }

    fn trust(&self) -> ClientTlsConfig {
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&self.pem)).domain_name("localhost")
    }
}

async fn connect(
    address: SocketAddr,
    tls: ClientTlsConfig,
) -> Result<HealthClient<Channel>, tonic::transport::Error> {
    let endpoint = Channel::from_shared(format!("https://localhost:{}", address.port())).unwrap();
    Ok(HealthClient::new(endpoint.tls_config(tls)?.connect().await?))
}

async fn is_served(client: Result<HealthClient<Channel>, tonic::transport::Error>) -> bool {
    let Ok(mut client) = client else { return false };
    client.check(HealthCheckRequest::default()).await.is_ok()
}

fn config(tls: TlsFiles) -> ServerConfig {
    ServerConfig { tls: Some(tls), ..TestLake::config() }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_trust_the_certificate_are_served() {
    let lake = TestLake::new().await;
    let authority = Authority::new();
    let server = lake.start(config(authority.write(lake.folder()))).await;
    let address = server.flight_address();
    assert!(is_served(connect(address, authority.trust()).await).await);
    assert!(!is_served(connect(address, Authority::new().trust()).await).await);
    // Without TLS nobody is understood.
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut plain, &mut rest).await;
    assert!(server.state().metrics.text().unwrap().contains("reason=\"tls\""));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_client_authorities_only_known_clients_are_served() {
    let lake = TestLake::new().await;
    let (authority, clients) = (Authority::new(), Authority::new());
    let client_ca = lake.folder().join("clients.pem");
    std::fs::write(&client_ca, &clients.pem).unwrap();
    let files = TlsFiles { client_ca: Some(client_ca), ..authority.write(lake.folder()) };
    let server = lake.start(config(files)).await;
    let address = server.flight_address();
    let with = |signer: &Authority| {
        let (cert, key) = signer.sign("client");
        authority.trust().identity(Identity::from_pem(cert, key))
    };
    assert!(is_served(connect(address, with(&clients)).await).await);
    assert!(!is_served(connect(address, authority.trust()).await).await);
    assert!(!is_served(connect(address, with(&Authority::new())).await).await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_taken_and_a_broken_one_is_not() {
    let lake = TestLake::new().await;
    let (old, new) = (Authority::new(), Authority::new());
    let files = old.write(lake.folder());
    let server = lake.start(config(files.clone())).await;
    let address = server.flight_address();
    let mut client = connect(address, old.trust()).await.unwrap();
    client.check(HealthCheckRequest::default()).await.unwrap();

    std::fs::write(&files.cert, "no certificate").unwrap();
    // Longer than the files are not looked at.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(is_served(connect(address, old.trust()).await).await);

    new.write(lake.folder());
    assert!(eventually(async || is_served(connect(address, new.trust()).await).await).await);
    assert!(!is_served(connect(address, old.trust()).await).await);
    // The connection from before goes on.
    client.check(HealthCheckRequest::default()).await.unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_stands_still_is_ended_and_holds_up_nobody() {
    let lake = TestLake::new().await;
    let authority = Authority::new();
    let handshake_timeout = Duration::from_millis(800);
    let config = ServerConfig { handshake_timeout, ..config(authority.write(lake.folder())) };
    let server = lake.start(config).await;
    let mut half_open = Vec::new();
    for _ in 0..50 {
        half_open.push(TcpStream::connect(server.flight_address()).await.unwrap());
    }
    assert!(is_served(connect(server.flight_address(), authority.trust()).await).await);
    for stream in &mut half_open {
        assert!(is_closed(stream).await);
    }
    // A client may see its end before the server has counted it.
    let counted = async || server.state().metrics.text().unwrap().contains("reason=\"tls_timeout\"} 50");
    assert!(eventually(counted).await, "{}", server.state().metrics.text().unwrap());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_hold_no_certificate_are_named_at_the_start() {
    let lake = TestLake::new().await;
    let (one, other) = (Authority::new(), Authority::new());
    let files = one.write(lake.folder());
    let try_start = async |files: TlsFiles| lake.try_start(config(files)).await.unwrap_err().report();
    let missing = TlsFiles { cert: "no/such.pem".into(), ..files.clone() };
    assert!(try_start(missing).await.contains("no/such.pem"));
    let swapped = TlsFiles { cert: files.key.clone(), key: files.cert.clone(), client_ca: None };
    assert!(try_start(swapped).await.contains("key.pem"));
    let foreign = lake.folder().join("foreign.pem");
    std::fs::write(&foreign, other.sign("localhost").1).unwrap();
    let mismatch = TlsFiles { key: foreign, ..files };
    assert!(try_start(mismatch).await.contains("use certificate and key together"));
}

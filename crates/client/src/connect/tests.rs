use auditlake_model::ErrorKind;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::session::Question;
use crate::testing::{Fake, options};

fn with_tls(mut options: ConnectOptions) -> ConnectOptions {
    options.address = options.address.with_tls(true);
    options
}

#[tokio::test]
async fn a_password_becomes_a_token_that_is_renewed() {
    let (fake, address) = Fake::start().await;
    let connection = connect(options(address)).await.unwrap();
    assert!(!format!("{connection:?}").contains("secret"), "{connection:?}");
    fake.forget_sessions();
    let mut query = connection.session().start(Question::new("SELECT 1"));
    assert_eq!(query.next_batch().await.unwrap().unwrap().num_rows(), 3);
    assert_eq!(fake.calls().iter().filter(|call| *call == "handshake").count(), 2);
}

#[tokio::test]
async fn an_api_token_is_sent_as_it_is() {
    let (_fake, address) = Fake::start().await;
    let token = Some(Secret::new("api-token\n"));
    let connection =
        connect(ConnectOptions { user: None, password: None, token, ..options(address) }).await.unwrap();
    let mut query = connection.session().start(Question::new("SELECT 1"));
    assert!(query.next_batch().await.unwrap().is_some());
}

#[tokio::test]
async fn wrong_credentials_are_told_apart_from_none() {
    let (_fake, address) = Fake::start().await;
    let cases = [
        (ConnectOptions { password: Some(Secret::new("hunter2")), ..options(address) }, "user name"),
        (ConnectOptions { password: None, user: None, ..options(address) }, "Log in"),
        (
            ConnectOptions {
                password: None,
                user: None,
                token: Some(Secret::new("hunter2")),
                ..options(address)
            },
            "token",
        ),
        (
            ConnectOptions {
                password: None,
                user: None,
                token: Some(Secret::new("hunter2\u{1}")),
                ..options(address)
            },
            "token",
        ),
    ];
    for (options, hint) in cases {
        let error = connect(options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert!(error.hint().unwrap().contains(hint), "{error:?}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    let both = ConnectOptions { token: Some(Secret::new("x")), ..options(address) };
    assert_eq!(connect(both).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn nobody_there_is_said() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for options in [options(free), with_tls(options(free))] {
        let error = connect(options).await.unwrap_err();
        assert!(error.message().starts_with("nobody listens at `grpc"), "{error:?}");
        assert!(error.hint().unwrap().contains("auditlake serve"), "{error:?}");
    }
}

#[tokio::test]
async fn tls_against_a_plain_port_is_said() {
    let (_fake, address) = Fake::start().await;
    let error = connect(with_tls(options(address))).await.unwrap_err();
    assert_eq!(error.message(), format!("`grpc+tls://{address}` has no TLS"));
    assert!(error.hint().unwrap().contains(&format!("grpc://{address}")), "{error:?}");
}

/// Answers every connection with some bytes.
async fn answering(bytes: &'static [u8]) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 64];
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    address
}

#[tokio::test]
async fn plain_against_another_port_is_said() {
    let tls = answering(&[0x15, 3, 3, 0, 2, 2, 10]).await;
    let error = connect(options(tls)).await.unwrap_err();
    assert_eq!(error.message(), format!("`grpc://{tls}` wants TLS"));
    let http = answering(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let error = connect(options(http)).await.unwrap_err();
    assert!(error.message().ends_with("is no gRPC server"), "{error:?}");
}

#[tokio::test]
async fn certificates_want_tls_and_pem() {
    let address = "127.0.0.1:1".parse().unwrap();
    let plain = ConnectOptions { tls_ca: Some(b"x".to_vec()), ..options(address) };
    let error = connect(plain.clone()).await.unwrap_err();
    assert!(error.hint().unwrap().contains("grpc+tls://127.0.0.1:1"), "{error:?}");
    let error = connect(with_tls(plain)).await.unwrap_err();
    assert!(error.message().contains("holds no CERTIFICATE"), "{error:?}");
    let alone = ConnectOptions { client_key: Some(Secret::new("x")), ..options(address) };
    let error = connect(with_tls(alone)).await.unwrap_err();
    assert!(error.hint().unwrap().contains("--tls-client-cert"), "{error:?}");
}

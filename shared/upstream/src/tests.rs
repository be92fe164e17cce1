pub(crate) mod server;

use std::time::Duration;

use aws_config::SdkConfig;
use bytes::Bytes;
use http::{HeaderMap, Method};
use provider_transform::{Auth, ProviderRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use policy::config::Secret;

use crate::{Blame, Credentials, Error, Retry, Setup, Timeouts, Upstream};

const QUICK: Timeouts =
    Timeouts { headers: Duration::from_millis(200), idle: Duration::from_millis(200), total: Duration::from_secs(2) };

/// What a provider does with one connection.
enum Play {
    /// Writes the bytes and closes.
    Bytes(&'static str),
    /// Writes the bytes and then nothing more.
    Hang(&'static str),
}

/// Serves one connection; gives the port, and the request head once it was read.
async fn provider(play: Play) -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    #[expect(clippy::disallowed_methods, reason = "a test's server")]
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let read = socket.read(&mut head).await.unwrap();
        match play {
            Play::Bytes(bytes) => socket.write_all(bytes.as_bytes()).await.unwrap(),
            Play::Hang(bytes) => {
                socket.write_all(bytes.as_bytes()).await.unwrap();
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        String::from_utf8_lossy(&head[..read]).into_owned()
    });
    (port, served)
}

fn request(port: u16, auth: Auth) -> ProviderRequest {
    ProviderRequest {
        method: Method::POST,
        url: format!("http://127.0.0.1:{port}/v1/x"),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{}"),
        auth,
        dropped: Vec::new(),
    }
}

/// A client that is nothing on AWS.
pub(crate) fn upstream() -> Upstream {
    upstream_as(SdkConfig::builder().build())
}

/// A client that is something on AWS.
#[expect(clippy::disallowed_methods, reason = "a test's clock")]
pub(crate) fn upstream_as(aws: SdkConfig) -> Upstream {
    Upstream::new(Setup { aws, now: std::time::SystemTime::now }).unwrap()
}

async fn fetch(play: Play) -> Result<(u16, Bytes), Error> {
    let (port, _) = provider(play).await;
    let none = Credentials::default();
    let mut response = upstream().send(request(port, Auth::None), &none, "id-1", &QUICK).await?;
    Ok((response.status.as_u16(), response.collect(16).await?))
}

#[tokio::test]
async fn a_body_arrives_whole() {
    let (status, body) = fetch(Play::Bytes("HTTP/1.1 429 Slow\r\ncontent-length: 5\r\n\r\nhello")).await.unwrap();
    assert_eq!((status, &body[..]), (429, &b"hello"[..]));
}

#[tokio::test]
async fn each_fault_says_whose_it_is() {
    let silent = fetch(Play::Hang("")).await.unwrap_err();
    let idle = fetch(Play::Hang("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe")).await.unwrap_err();
    let cut = fetch(Play::Bytes("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhe")).await.unwrap_err();
    let garbage = fetch(Play::Bytes("what is this\r\n\r\n")).await.unwrap_err();
    let large =
        fetch(Play::Bytes("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n01234567890123456789")).await.unwrap_err();
    let seen: Vec<_> =
        [&silent, &idle, &cut, &garbage, &large].map(|it| (it.blame(), it.retry(), it.reached_provider())).into();
    assert_eq!(
        seen,
        [
            (Blame::Provider, Retry::Same, true),
            (Blame::Provider, Retry::Same, true),
            (Blame::Provider, Retry::Same, true),
            (Blame::Network, Retry::Same, true),
            (Blame::Provider, Retry::No, true),
        ]
    );
}

#[tokio::test]
async fn a_closed_port_is_unreachable_and_free() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let none = Credentials::default();
    let error = upstream().send(request(port, Auth::None), &none, "id", &QUICK).await.unwrap_err();
    assert_eq!((error.blame(), error.reached_provider()), (Blame::Network, false));
}

#[tokio::test]
async fn a_secret_travels_only_where_the_request_says() {
    let key = Credentials::of_key(Secret::new("sk-x".to_owned()));
    for (auth, line) in [
        (Auth::Bearer, "authorization: Bearer sk-x"),
        (Auth::Header("x-api-key"), "x-api-key: sk-x"),
        (Auth::Azure, "api-key: sk-x"),
        (Auth::AzureBearer, "authorization: Bearer sk-x"),
    ] {
        let (port, served) = provider(Play::Bytes("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
        upstream().send(request(port, auth), &key, "id-1", &QUICK).await.unwrap();
        let head = served.await.unwrap().to_lowercase();
        assert!(head.contains(&line.to_lowercase()), "{head}");
        assert!(head.contains("x-client-request-id: id-1"), "{head}");
    }
    for auth in [Auth::Bearer, Auth::Header("x-api-key"), Auth::Azure] {
        let missing = upstream().send(request(1, auth), &Credentials::default(), "id", &QUICK).await.unwrap_err();
        assert!(matches!(missing, Error::NoCredentials), "{missing:?}");
    }
    let unsendable = Credentials::of_key(Secret::new("a\nb".to_owned()));
    let unsendable = upstream().send(request(1, Auth::Bearer), &unsendable, "id", &QUICK).await.unwrap_err();
    assert!(matches!(unsendable, Error::BadCredentials), "{unsendable:?}");
    assert!(!format!("{key:?} {unsendable:?} {unsendable}").contains("a\nb"));
    assert!(!format!("{key:?}").contains("sk-x"));
}

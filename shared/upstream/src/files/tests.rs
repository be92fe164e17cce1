use std::io;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use reqwest::dns::{Name, Resolve};

use super::resolve::NotPublic;
use super::*;
use crate::tests::server::{Answer, Asked, Server};
use crate::tests::upstream;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nthe rest of it";

fn limits(allowed_hosts: &[String]) -> Limits<'_> {
    Limits { bytes: 1000, time: Duration::from_millis(500), public_only: true, allowed_hosts }
}

fn play(asked: &Asked) -> Answer {
    let png = || Answer::new(200, "content-type: image/png\r\n", PNG);
    match asked.target.as_str() {
        "/png" => png(),
        "/large" => Answer::new(200, "content-type: image/png\r\n", vec![b'x'; 1001]),
        "/endless" => Answer {
            head: "HTTP/1.1 200 x\r\ncontent-type: image/png\r\nconnection: close\r\n\r\n".to_owned(),
            ..Answer::new(200, "", vec![b'x'; 100_000])
        },
        "/half" => Answer::new(200, "content-type: image/png\r\n", vec![b'x'; 600]),
        "/json" => Answer::new(200, "content-type: application/json\r\n", "{}"),
        "/packed" => Answer::new(200, "content-type: image/png\r\ncontent-encoding: gzip\r\n", PNG),
        "/slow" => Answer { slowly: Some((1, Duration::from_millis(50))), ..png() },
        "/silent" => Answer { head: String::new(), slowly: Some((9, Duration::from_secs(2))), ..png() },
        "/cut" => Answer { body: b"short".to_vec(), ..png() },
        "/loop" => Answer::redirect("/loop"),
        "/no-target" => Answer::new(302, "", ""),
        "/away" => Answer::redirect("http://169.254.169.254/latest/meta-data/"),
        "/to-file" => Answer::redirect("file:///etc/passwd"),
        "/to-secret" => Answer::redirect("http://user:secret@127.0.0.1/"),
        "/to-v6" => Answer::redirect("http://[::ffff:169.254.169.254]/"),
        "/to-protocol-relative" => Answer::redirect("//localhost:9/x"),
        path if path.starts_with("/hop") => match path.trim_start_matches("/hop").parse::<u8>() {
            Ok(0) | Err(_) => png(),
            Ok(left) => Answer::redirect(&format!("/hop{}", left - 1)),
        },
        _ => Answer::new(404, "content-type: image/png\r\n", PNG),
    }
}

#[tokio::test]
async fn a_file_arrives_with_its_type() {
    let upstream = upstream();
    let server = Server::start(play).await;
    let allowed = [format!("127.0.0.1:{}", server.port)];
    for path in ["/png", "/hop3"] {
        let file = upstream.download(&server.url(path), &limits(&allowed)).await.unwrap();
        assert_eq!((file.media_type.as_str(), &file.bytes[..]), ("image/png", PNG));
    }
    let asked = server.last();
    assert_eq!((asked.method.as_str(), asked.header("user-agent")), ("GET", Some("sluice")));
    let sent = ["authorization", "cookie", "referer", "accept-encoding"].map(|it| asked.header(it));
    assert_eq!(sent, [None; 4]);
}

#[tokio::test]
async fn what_is_refused() {
    let upstream = upstream();
    let server = Server::start(play).await;
    let allowed = [format!("127.0.0.1:{}", server.port)];
    for (path, expected) in [
        ("/large", FileError::TooLarge { limit: 1000 }),
        ("/endless", FileError::TooLarge { limit: 1000 }),
        ("/json", FileError::WrongType),
        ("/packed", FileError::Encoded),
        ("/slow", FileError::TimedOut { after: Duration::from_millis(500) }),
        ("/silent", FileError::TimedOut { after: Duration::from_millis(500) }),
        ("/cut", FileError::Broken),
        ("/loop", FileError::TooManyRedirects),
        ("/hop4", FileError::TooManyRedirects),
        ("/no-target", FileError::Status(302)),
        ("/missing", FileError::Status(404)),
        ("/away", FileError::NotPublic),
        ("/to-v6", FileError::NotPublic),
        ("/to-protocol-relative", FileError::NotPublic),
        ("/to-file", FileError::BadUrl),
        ("/to-secret", FileError::BadUrl),
    ] {
        let refused = upstream.download(&server.url(path), &limits(&allowed)).await.unwrap_err();
        assert_eq!(refused, expected, "{path}");
    }
    let off = Limits { bytes: 0, ..limits(&allowed) };
    assert_eq!(upstream.download(&server.url("/png"), &off).await.unwrap_err(), FileError::Disabled);
}

#[tokio::test]
async fn private_addresses_are_not_reached_however_they_are_written() {
    let upstream = upstream();
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "%31%32%37.0.0.1",
        "１２７.０.０.１",
        "①②⑦.⓪.⓪.①",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
        "2852039166",
        "0xA9FEA9FE",
        "100.100.100.200",
        "168.63.129.16",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "no-such-name.invalid",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:0:0:0:0:0:1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[ff02::1]",
    ] {
        let server = Server::start(play).await;
        let url = format!("http://{host}:{}/png", server.port);
        let refused = upstream.download(&url, &limits(&[])).await.unwrap_err();
        assert_eq!(refused, FileError::NotPublic, "{host}");
        assert!(server.asked().is_empty(), "{host}");
    }
}

#[tokio::test]
async fn only_plain_addresses_of_the_web_are_urls() {
    let upstream = upstream();
    for url in [
        "",
        "x",
        "/png",
        "file:///etc/passwd",
        "ftp://example.com/x",
        "data:image/png;base64,AAAA",
        "gopher://127.0.0.1/",
        "http://",
        "http://user@example.com/",
        "http://user:secret@example.com/",
        "http://:secret@example.com/",
        "http://256.256.256.256/",
        "http://[::1/",
        "http://exa mple.com/",
        "http://example.com:99999/",
        "javascript:alert(1)",
    ] {
        let refused = upstream.download(url, &limits(&[])).await.unwrap_err();
        assert_eq!(refused, FileError::BadUrl, "{url}");
    }
}

#[tokio::test]
async fn an_operator_may_allow_a_host() {
    let upstream = upstream();
    let server = Server::start(play).await;
    let port = server.port;
    for (entry, host, allowed) in [
        ("127.0.0.1".to_owned(), "127.0.0.1", true),
        (format!("127.0.0.1:{port}"), "127.0.0.1", true),
        (format!(" Localhost:{port} "), "localhost", true),
        ("localhost".to_owned(), "LOCALHOST", true),
        ("127.0.0.1".to_owned(), "2130706433", true),
        ("127.0.0.1:80".to_owned(), "127.0.0.1", false),
        ("127.0.0.1".to_owned(), "localhost", false),
        ("127.0.0".to_owned(), "127.0.0.1", false),
        (String::new(), "127.0.0.1", false),
    ] {
        let hosts = [entry];
        let fetched = upstream.download(&format!("http://{host}:{port}/png"), &limits(&hosts)).await;
        assert_eq!(fetched.is_ok(), allowed, "{hosts:?} {host}");
        // What is allowed for one host is not for where it sends us.
        let away = upstream.download(&format!("http://{host}:{port}/away"), &limits(&hosts)).await.unwrap_err();
        assert_eq!(away, FileError::NotPublic);
    }
    let trusting = Limits { public_only: false, ..limits(&[]) };
    assert!(upstream.download(&server.url("/png"), &trusting).await.is_ok());
    let refused = upstream.download("file:///etc/passwd", &trusting).await.unwrap_err();
    assert_eq!(refused, FileError::BadUrl);
}

#[tokio::test]
async fn several_files_share_the_limit() {
    let upstream = upstream();
    let server = Server::start(play).await;
    let allowed = [format!("127.0.0.1:{}", server.port)];
    let urls = |paths: &[&str]| paths.iter().map(|path| server.url(path)).collect::<Vec<_>>();
    let mut files = Files::default();
    let twice = urls(&["/png", "/half", "/png"]);
    upstream.download_all(&twice, &limits(&allowed), &mut files).await.unwrap();
    assert_eq!(server.asked().len(), 2);
    assert_eq!(files.get(&server.url("/half")).map(|it| it.bytes.len()), Some(600));
    upstream.download_all(&twice, &limits(&allowed), &mut files).await.unwrap();
    assert_eq!(server.asked().len(), 2, "what is there is not downloaded again");

    let mut files = Files::default();
    let over = upstream.download_all(&urls(&["/half", "/half?2"]), &limits(&allowed), &mut files).await;
    assert_eq!(over.unwrap_err(), (server.url("/half?2"), FileError::Status(404)));
    let over = upstream.download_all(&urls(&["/half", "/hop0", "/png", "/large"]), &limits(&allowed), &mut files).await;
    assert_eq!(over.unwrap_err(), (server.url("/large"), FileError::TooLarge { limit: 1000 }));
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_refused_if_one_address_is_private() {
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    for (found, public) in [
        (vec![ip("8.8.8.8")], true),
        (vec![ip("8.8.8.8"), ip("2606:4700::1")], true),
        (vec![ip("8.8.8.8"), ip("127.0.0.1")], false),
        (vec![ip("8.8.8.8"), ip("::1")], false),
        (vec![], false),
    ] {
        let resolver = PublicOnly::with({
            let found = found.clone();
            move |_| {
                let found = found.clone();
                Box::pin(async move { Ok(found) })
            }
        });
        match resolver.resolve(Name::from_str("example.com").unwrap()).await {
            Ok(addresses) => assert!(public && addresses.map(|it| it.ip()).eq(found.iter().copied())),
            Err(error) => assert!(!public && error.is::<NotPublic>(), "{found:?}"),
        }
    }
    let failing = PublicOnly::with(|_| Box::pin(async { Err(io::ErrorKind::NotFound.into()) }));
    assert!(failing.resolve(Name::from_str("example.com").unwrap()).await.is_err());
}

/// A name that answers a public address to a check and a private one to a connection gains nothing: there is no check
/// apart from the connection's own lookup.
#[tokio::test]
async fn the_lookup_that_is_checked_is_the_connections_own() {
    let server = Server::start(play).await;
    let lookups = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&lookups);
    let resolver = PublicOnly::with(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(vec!["127.0.0.1".parse().unwrap()]) })
    });
    #[expect(clippy::disallowed_methods, reason = "a test's client")]
    let client = Client::builder().no_proxy().dns_resolver(resolver).build().unwrap();
    let url = format!("http://rebind.example:{}/png", server.port);
    let refused = FileError::from_reqwest(client.get(&url).send().await.unwrap_err());
    assert_eq!((refused, lookups.load(Ordering::Relaxed)), (FileError::NotPublic, 1));
    assert!(server.asked().is_empty());
}

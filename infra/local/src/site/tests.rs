use std::sync::Arc;

use http_body_util::Full;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::testing::{app, template};

const LIMIT: usize = 1024 * 1024;

/// One call over a real connection: status, headers, body.
async fn call(request: http::Request<Full<Bytes>>) -> (StatusCode, HeaderMap, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let site = Arc::new(Site::new(app().await, &template()));
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = crate::server::serve(listener, site, async { drop(stopped.await) });
    let calling = async {
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let answered = async {
            let response = sender.send_request(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            drop((stop, sender));
            (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
        };
        tokio::join!(answered, connection).0
    };
    tokio::time::timeout(Duration::from_secs(20), async { tokio::join!(calling, serving).0 }).await.unwrap()
}

fn request(method: &str, path: &str, body: Vec<u8>) -> http::Request<Full<Bytes>> {
    let request = http::Request::builder().method(method).uri(path).header("host", "test");
    request.header("access-control-request-headers", "authorization").body(Full::new(body.into())).unwrap()
}

#[tokio::test]
async fn refusals_before_a_handler() {
    for (method, path, size, status, body) in [
        ("GET", "/nothing", 0, 404, r#"{"detail":"Not Found"}"#),
        ("PUT", "/v1/models", 0, 405, r#"{"detail":"Method Not Allowed"}"#),
        ("OPTIONS", "/nothing", 0, 404, r#"{"detail":"Not Found"}"#),
        (
            "POST",
            "/key/generate",
            2 * LIMIT,
            413,
            r#"{"error":{"message":"The request body is larger than the limit of 1048576 bytes.","type":"invalid_request_error","param":"request_body","code":"413"}}"#,
        ),
    ] {
        let (got, headers, text) = call(request(method, path, vec![b' '; size])).await;
        assert_eq!((got.as_u16(), text.as_str()), (status, body), "{method} {path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{method} {path}");
        assert_eq!(headers.get("allow").is_some(), status == 405, "{method} {path}");
    }
}

#[tokio::test]
async fn a_browser_may_ask_first() {
    let (status, headers, body) = call(request("OPTIONS", "/v1/chat/completions", Vec::new())).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["access-control-allow-methods"], "POST");
    assert_eq!(headers["access-control-allow-headers"], "authorization");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let (status, headers, body) = call(request("HEAD", "/health/liveliness", Vec::new())).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
    assert_ne!(headers["content-length"], "0");
}

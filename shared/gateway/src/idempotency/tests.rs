use bytes::Bytes;
use http::{HeaderMap, Method};

use super::fingerprint::{hash, of};
use super::key;
use crate::Request;

fn request(path: &str, query: &[(&str, &str)], body: &str) -> Request {
    Request {
        method: Method::POST,
        path: path.to_owned(),
        path_params: Vec::new(),
        query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        client_ip: None,
        deadline: None,
    }
}

#[test]
fn requests_that_mean_the_same_have_one_fingerprint() {
    let first = of(&request("/v1/x", &[("a", "1"), ("b", "2")], r#"{"m": 1, "n": {"x": [1, 2], "y": "z"}}"#));
    let same = request("/v1/x", &[("b", "2"), ("key", "sk-1"), ("a", "1")], r#"{"n":{"y":"z","x":[1,2]},"m":1}"#);
    assert_eq!(first, of(&same));
    for (path, query, body) in [
        ("/v1/y", &[("a", "1"), ("b", "2")][..], r#"{"m": 1, "n": {"x": [1, 2], "y": "z"}}"#),
        ("/v1/x", &[("a", "1")][..], r#"{"m": 1, "n": {"x": [1, 2], "y": "z"}}"#),
        ("/v1/x", &[("a", "1"), ("b", "2")][..], r#"{"m": 1, "n": {"x": [2, 1], "y": "z"}}"#),
        ("/v1/x", &[("a", "1"), ("b", "2")][..], r#"{"m": 1, "n": {"x": [1, 2], "y": "z"}, "o": null}"#),
        ("/v1/x", &[("a", "1"), ("b", "2")][..], "not JSON"),
    ] {
        assert_ne!(first, of(&request(path, query, body)), "{path} {query:?} {body}");
    }
    assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
}

#[test]
fn a_key_is_one_visible_text() {
    let with = |values: &[&[u8]]| {
        let mut req = request("/", &[], "");
        for value in values {
            req.headers.append("idempotency-key", http::HeaderValue::from_bytes(value).unwrap());
        }
        key(&req).map(str::to_owned).map_err(|error| error.status.as_u16())
    };
    let longest = "k".repeat(255);
    assert_eq!(with(&[b"a-1"]).as_deref(), Ok("a-1"));
    assert_eq!(with(&[longest.as_bytes()]), Ok(longest.clone()));
    for wrong in [&[&b""[..]][..], &[b"a b"], &[b"a\tb"], &["k\u{e9}".as_bytes()], &[b"a", b"b"]] {
        assert_eq!(with(wrong), Err(400), "{wrong:?}");
    }
    assert_eq!(with(&[format!("{longest}k").as_bytes()]), Err(400));
}

use serde_json::{Value, json};

use super::request;
use crate::{Clock, Request};

/// An event of a REST API as it comes of a call.
fn event(path: &str, params: Value, headers: Value, ip: &str) -> Value {
    json!({
        "resource": "/{proxy+}", "path": path, "httpMethod": "POST", "headers": {},
        "multiValueHeaders": headers, "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": params, "stageVariables": null, "body": "{}", "isBase64Encoded": false,
        "requestContext": {
            "accountId": "0", "apiId": "a", "httpMethod": "POST", "identity": {"sourceIp": ip, "userAgent": "x"},
            "path": format!("/prod{path}"), "protocol": "HTTP/1.1", "requestId": "r", "resourceId": "i",
            "resourcePath": "/{proxy+}", "stage": "prod",
        },
    })
}

fn read(event: &Value) -> Request {
    request(lambda_http::request::from_str(&event.to_string()).unwrap(), None, Clock)
}

#[test]
fn a_header_that_is_sent_twice_stays_two_in_their_order() {
    let headers = json!({"Authorization": ["Bearer one", "Bearer two"], "Idempotency-Key": ["a", "b"]});
    let req = read(&event("/key/info", Value::Null, headers, "192.0.2.7"));
    assert_eq!(req.header("authorization"), Some("Bearer one"));
    let all: Vec<_> = req.headers.get_all("idempotency-key").iter().collect();
    assert_eq!(all, ["a", "b"]);
}

#[test]
fn the_path_is_the_one_that_was_written() {
    for path in [
        "/key/generate",
        "/key/generate/",
        "//key/generate",
        "/health/liveliness/../../key/generate",
        "/key%2Fgenerate",
        "/KEY/generate",
        "/key;a=b/generate",
        "/key/generate%00",
    ] {
        let req = read(&event(path, Value::Null, json!({}), "192.0.2.7"));
        assert_eq!(req.path, path, "nothing is taken apart before the table of routes sees it");
    }
    let req = read(&event("/key/a%2Fb/regenerate", json!({"key": "a%2Fb"}), json!({}), "192.0.2.7"));
    assert_eq!((req.path.as_str(), req.path_param("key")), ("/key/a%2Fb/regenerate", Some("a/b")));
}

#[test]
fn the_address_is_the_connections_whatever_headers_say() {
    let headers = json!({"X-Forwarded-For": ["192.0.2.7"], "X-Real-Ip": ["192.0.2.7"]});
    for (ip, seen) in
        [("198.51.100.9", Some("198.51.100.9")), ("2001:db8::1", Some("2001:db8::1")), ("no address", None)]
    {
        let req = read(&event("/key/info", Value::Null, headers.clone(), ip));
        assert_eq!(req.client_ip.map(|it| it.to_string()).as_deref(), seen);
    }
}

#[test]
fn bytes_that_are_no_text_arrive_as_they_are() {
    let mut event = event("/key/info", Value::Null, json!({"X-Api-Key": ["schlüssel"]}), "192.0.2.7");
    event["body"] = "//4=".into();
    event["isBase64Encoded"] = true.into();
    let req = read(&event);
    assert_eq!(&req.body[..], b"\xff\xfe");
    assert!(req.headers.contains_key("x-api-key") && req.header("x-api-key").is_none());
}

//! Bodies that are too deep, too large, or nothing that was asked for, on every route that takes one: refused, quickly,
//! and never a fault of this gateway's.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use tests::local::MASTER_KEY;

use super::house::House;
use super::roles::{example, routes};

/// What one refusal may take, in a build that is not optimised on a busy machine.
const LONGEST: Duration = Duration::from_secs(5);

const LARGEST: usize = 10 << 20;

/// Routes that ask for no body and read none.
const BODILESS: &[&str] = &[
    "/global/spend/{report}",
    "/key/health",
    "/team/{team_id}/callback",
    "/team/{team_id}/disable_logging",
    "/team/{team_id}/member/{user_id}/reset_budget",
    "/v1/skills/{id}/versions",
];

struct Body {
    name: &'static str,
    bytes: Bytes,
    /// The one status that is right; none where the route may know better than the body's shape.
    status: Option<StatusCode>,
}

fn bodies() -> Vec<Body> {
    let body = |name, bytes: String, status| Body { name, bytes: Bytes::from(bytes), status };
    let bad = Some(StatusCode::BAD_REQUEST);
    let nested = |open: &str, depth: usize, close: &str| {
        format!("{{\"model\":\"gpt-4o\",\"metadata\":{}1{}}}", open.repeat(depth), close.repeat(depth))
    };
    let mut all = vec![
        body("100,000 arrays in each other", nested("[", 100_000, "]"), bad),
        body("100,000 objects in each other", nested("{\"a\":", 100_000, "}"), bad),
        body("arrays that do not end", "[".repeat(1_000_000), bad),
        body(
            "more than may be sent",
            format!("{{\"model\":\"{}\"}}", "a".repeat(LARGEST)),
            Some(StatusCode::PAYLOAD_TOO_LARGE),
        ),
        body("a list", "[]".to_owned(), bad),
        body("a text", "\"gpt-4o\"".to_owned(), bad),
        body("two objects", "{}{}".to_owned(), bad),
        body("an object that does not end", "{\"model\":\"gpt-4o\"".to_owned(), bad),
        body("a number beyond all bounds", "{\"model\":\"gpt-4o\",\"max_tokens\":1e999999999}".to_owned(), bad),
        body("a long number", format!("{{\"model\":\"gpt-4o\",\"max_budget\":{}}}", "9".repeat(100_000)), None),
        body("as deep as is read", nested("[", 100, "]"), None),
        body("a field 20,000 times", format!("{{{}\"model\":\"gpt-4o\"}}", "\"model\":\"a\",".repeat(20_000)), None),
        body("20,000 names", named(20_000), None),
    ];
    all.push(Body { name: "no text", bytes: Bytes::from_static(b"{\"model\":\"\xff\xfe\"}"), status: bad });
    all
}

fn named(count: usize) -> String {
    let fields: serde_json::Map<String, Value> = (0..count).map(|it| (format!("f{it}"), json!(it))).collect();
    Value::Object(fields).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_refuses_them() {
    let house = House::start(&Value::Null).await.unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {MASTER_KEY}")).unwrap());
    let team = json!({"team_id": "something", "members_with_roles": [{"role": "user", "user_id": "something"}]});
    house.call(Method::POST, "/team/new", headers.clone(), Bytes::from(team.to_string())).await.unwrap();
    let (mut complaints, mut tried) = (Vec::new(), 0);
    let bodies = bodies();
    for row in routes() {
        let (method, path) = row.split_once(' ').unwrap();
        if !matches!(method, "POST" | "PUT" | "PATCH") {
            continue;
        }
        let reads = !BODILESS.contains(&path) && !path.ends_with("/cancel");
        let method = Method::try_from(method).unwrap();
        let path = example(&path.replace("{id+}", "gpt-4o:generateContent"));
        for body in &bodies {
            tried += 1;
            let began = Instant::now();
            let answer = house.call(method.clone(), &path, headers.clone(), body.bytes.clone()).await;
            let took = began.elapsed();
            let status = match &answer {
                Ok(answer) => answer.status,
                Err(error) => {
                    complaints.push(format!("{row}: {}: {error}", body.name));
                    continue;
                }
            };
            if status.is_server_error() || body.status.is_some_and(|it| reads && it != status) {
                let text = answer.map(|it| String::from_utf8_lossy(&it.body).chars().take(300).collect::<String>());
                complaints.push(format!("{row}: {}: {status} {}", body.name, text.unwrap_or_default()));
            }
            if took > LONGEST {
                complaints.push(format!("{row}: {}: takes {took:?}", body.name));
            }
        }
    }
    assert!(tried > 500, "only {tried} attempts");
    assert!(complaints.is_empty(), "{} of {tried} attempts:\n{}", complaints.len(), complaints.join("\n"));
}

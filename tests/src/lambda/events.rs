//! Events as AWS sends them.

use serde_json::{Map, Value, json};

use crate::client::Call;

/// A request through an API Gateway REST API with proxy integration; `resource` is the route as the template writes it.
pub fn rest(call: &Call, resource: &str) -> Value {
    let (path, query) = call.url.split_once('?').unwrap_or((&call.url, ""));
    let mut single = Map::new();
    let mut multiple = Map::new();
    for (name, value) in &call.headers {
        single.insert(name.clone(), json!(value));
        multiple.insert(name.clone(), json!([value]));
    }
    let pairs = query.split('&').filter_map(|it| it.split_once('='));
    let query: Map<String, Value> = pairs.map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let queries = query.iter().map(|(name, value)| (name.clone(), json!([value])));
    let queries: Map<String, Value> = queries.collect();
    let body = String::from_utf8_lossy(&call.body);
    json!({
        "resource": resource,
        "path": path,
        "httpMethod": call.method,
        "headers": single,
        "multiValueHeaders": multiple,
        "queryStringParameters": none_if_empty(query),
        "multiValueQueryStringParameters": none_if_empty(queries),
        "pathParameters": none_if_empty(parameters(resource, path)),
        "stageVariables": null,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "a1b2c3d4e5",
            "httpMethod": call.method,
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "tests"},
            "path": format!("/prod{path}"),
            "protocol": "HTTP/1.1",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "requestTime": "09/Apr/2026:12:34:56 +0000",
            "requestTimeEpoch": 1_775_738_096_000_u64,
            "resourceId": "123456",
            "resourcePath": resource,
            "stage": "prod",
        },
        "body": if body.is_empty() { Value::Null } else { json!(body) },
        "isBase64Encoded": false,
    })
}

/// A batch of queue messages, each with its id.
pub fn sqs(messages: &[(&str, &str)]) -> Value {
    let records = messages.iter().map(|(id, body)| {
        json!({
            "messageId": id,
            "receiptHandle": format!("handle-{id}"),
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1775738096000",
                "SenderId": "AIDAEXAMPLE",
                "ApproximateFirstReceiveTimestamp": "1775738096001",
            },
            "messageAttributes": {},
            "md5OfBody": "00000000000000000000000000000000",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:spend",
            "awsRegion": "us-east-1",
        })
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

/// A tick of EventBridge Scheduler.
pub fn schedule() -> Value {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": "000000000000",
        "time": "2026-04-09T12:34:56Z",
        "region": "us-east-1",
        "resources": ["arn:aws:scheduler:us-east-1:000000000000:schedule/default/tick"],
        "detail": {},
    })
}

fn parameters(resource: &str, path: &str) -> Map<String, Value> {
    let mut parameters = Map::new();
    let mut rest = path.split('/');
    for segment in resource.split('/') {
        let name = segment.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        match name.map(|it| (it, it.strip_suffix('+'))) {
            Some((_, Some(greedy))) => {
                let all = rest.by_ref().collect::<Vec<_>>().join("/");
                parameters.insert(greedy.to_owned(), json!(all));
            }
            Some((name, None)) => {
                parameters.insert(name.to_owned(), json!(rest.next()));
            }
            None => {
                rest.next();
            }
        }
    }
    parameters
}

fn none_if_empty(map: Map<String, Value>) -> Value {
    if map.is_empty() { Value::Null } else { Value::Object(map) }
}

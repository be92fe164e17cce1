//! The rules on values: what is sent, what is dropped, what is refused.

use serde_json::{Value, json};

use super::{Prepared, names, path, prepare};
use crate::{ChatRequest, Cx, Files, ModelInfo, Object, Settings, TransformError, find};

/// What the rules make of a request to a provider that takes `temperature`, `tools` and `tool_choice`.
fn check(request: Value, deployment: Value, see: impl FnOnce(Result<Prepared<'_>, TransformError>)) {
    let mut body =
        json!({"model": "m", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]});
    body.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
    let req = ChatRequest::parse(body.to_string().as_bytes()).unwrap();
    let params: Object = deployment.as_object().unwrap().clone();
    let cx = Cx {
        provider: find("openai").unwrap(),
        model: "m",
        params: &params,
        settings: Settings::default(),
        info: ModelInfo::default(),
        now: 0,
        files: &Files::default(),
        response_id: "r",
    };
    see(prepare(&cx, &req, &|it| matches!(it, "temperature" | "tools" | "tool_choice")));
}

fn sent(request: Value, deployment: Value) -> Value {
    let mut found = Value::Null;
    check(request, deployment, |it| found = Value::Object(it.unwrap().params));
    found
}

#[test]
fn parameters_that_pass() {
    let cases = [
        (json!({"temperature": 1, "top_k": 2}), json!({}), json!({"temperature": 1, "top_k": 2})),
        (json!({"temperature": null}), json!({}), json!({})),
        (json!({"top_k": 1}), json!({"top_k": 2, "temperature": 0.5}), json!({"top_k": 1, "temperature": 0.5})),
        (json!({}), json!({"api_base": "x", "aws_region_name": "y", "rpm": 1, "input_cost_per_token": 1}), json!({})),
        (json!({"seed": 1}), json!({"drop_params": true}), json!({})),
        (json!({"seed": 1, "drop_params": "true"}), json!({}), json!({})),
        (json!({"seed": 1}), json!({"allowed_openai_params": ["seed"]}), json!({"seed": 1})),
        (json!({"user": "u", "metadata": {}, "n": 1, "stream_options": {}, "max_retries": 2}), json!({}), json!({})),
        (json!({"tool_choice": "auto"}), json!({}), json!({})),
        (json!({"tools": [1], "tool_choice": "auto"}), json!({}), json!({"tools": [1], "tool_choice": "auto"})),
        (json!({"tags": ["a"], "mock_response": "x", "num_retries": 1, "fallbacks": []}), json!({}), json!({})),
        (
            json!({"tools": [{"a": {"strict": 1, "b": 2}}, {"a": {"strict": 1}}]}),
            json!({"additional_drop_params": ["tools[*].a.strict"]}),
            json!({"tools": [{"a": {"b": 2}}, {"a": {}}]}),
        ),
    ];
    for (request, deployment, want) in cases {
        assert_eq!(sent(request.clone(), deployment.clone()), want, "{request} {deployment}");
    }
}

#[test]
fn parameters_that_are_refused_by_name() {
    check(json!({"seed": 1, "n": 2, "temperature": 1}), json!({}), |it| match it {
        Err(TransformError::Unsupported { params, provider }) => {
            assert_eq!((params, provider), (vec!["seed".to_owned(), "n".to_owned()], "openai"));
        }
        other => panic!("{other:?}"),
    });
}

#[test]
fn what_is_dropped_is_named() {
    let deployment =
        json!({"drop_params": true, "additional_drop_params": ["temperature", "messages[*].name", "none"]});
    check(json!({"seed": 1, "temperature": 1}), deployment, |it| {
        assert_eq!(it.unwrap().dropped, ["temperature", "seed"]);
    });
}

#[test]
fn headers_of_a_client_never_authenticate() {
    let headers = json!({"x-a": "1", "Authorization": "Bearer x", "X-API-Key": "k", "host": "h", "bad name": "v"});
    check(json!({"extra_headers": headers}), json!({"extra_headers": {"x-a": "0", "x-b": "2"}}), |it| {
        let prepared = it.unwrap();
        let names: Vec<_> = prepared.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(names, [("x-a", &b"1"[..]), ("x-b", &b"2"[..])]);
        assert_eq!(prepared.dropped.len(), 4, "{:?}", prepared.dropped);
    });
}

#[test]
fn extra_body_changes_neither_model_nor_metering() {
    let extra = json!({"model": "dear", "messages": [], "stream": false, "stream_options": {}, "a": 1});
    check(json!({"extra_body": extra}), json!({"extra_body": {"a": 0, "b": 2}}), |it| {
        let prepared = it.unwrap();
        assert_eq!(Value::Object(prepared.extra_body), json!({"a": 1, "b": 2}));
        assert_eq!(prepared.dropped.len(), 4, "{:?}", prepared.dropped);
    });
}

#[test]
fn cache_marks_are_injected() {
    let cases = [
        (json!([{"location": "message", "role": "system"}]), [true, false]),
        (json!([{"location": "message", "index": -1}]), [false, true]),
        (json!([{"location": "message", "index": 9}]), [false, false]),
        (json!([{"location": "message"}]), [false, false]),
    ];
    for (points, want) in cases {
        check(json!({}), json!({"cache_control_injection_points": points}), |it| {
            let marked: Vec<bool> = it.unwrap().messages.iter().map(|it| it.cache_control().is_some()).collect();
            assert_eq!(marked, want, "{points}");
        });
    }
}

#[test]
fn paths() {
    for text in ["a", "a.b", "a[0].b", "a[*][2].b.c"] {
        assert_eq!(path::parse(text).map(|it| path::render(&it)).as_deref(), Some(text));
    }
    for text in ["", "a.", "a[", "a[x]", "a[0]b"] {
        assert_eq!(path::parse(text), None, "{text}");
    }
}

#[test]
fn tables_that_are_searched_are_sorted() {
    assert!(names::OPENAI.is_sorted_by_key(|(name, _)| name));
    for table in [names::GATEWAY, names::DEPLOYMENT, names::RESERVED_HEADERS] {
        assert!(table.is_sorted());
    }
}

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::json;

use super::*;
use crate::Param;

/// What is taken from a body's fields and from headers, and what of the fields is left for the provider.
fn take(fields: Value, headers: &[(&'static str, &str)]) -> Result<(Extras, Value), ApiError> {
    let mut body = json!({"model": "m", "messages": []}).as_object().unwrap().clone();
    body.extend(fields.as_object().unwrap().clone());
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect();
    let req = Request {
        method: Method::POST,
        path: "/v1/chat/completions".to_owned(),
        path_params: Vec::new(),
        query: Vec::new(),
        headers,
        body: bytes::Bytes::new(),
        client_ip: None,
        deadline: None,
    };
    let caller = Caller::new(crate::Identity::Master, policy::access::Role::ProxyAdmin);
    let extras = Extras::read(&GeneralSettings::default(), &caller, &mut body, &req)?;
    Ok((extras, Value::Object(body.into_iter().filter(|(name, _)| name != "model" && name != "messages").collect())))
}

#[test]
fn nothing_of_the_gateways_reaches_a_provider() {
    for name in GATEWAY_FIELDS.iter().filter(|it| !it.contains("fallbacks")) {
        let value = if name.contains("timeout") || *name == "num_retries" { json!(1) } else { json!("x") };
        let (_, left) = take(json!({*name: value, "temperature": 1}), &[]).unwrap();
        assert_eq!(left, json!({"temperature": 1}), "{name}");
    }
    let (_, left) =
        take(json!({"input_cost_per_token": 0, "output_cost_per_second": 0, "model_info": {}}), &[]).unwrap();
    assert_eq!(left, json!({}));
}

#[test]
fn refused_fields_name_themselves() {
    for name in FORBIDDEN_FIELDS.iter().chain(UNSUPPORTED_FIELDS) {
        let error = take(json!({*name: "x"}), &[]).unwrap_err();
        assert_eq!((error.status.as_u16(), error.param), (400, Param::Name((*name).to_owned())), "{name}");
        let (_, left) = take(json!({*name: null}), &[]).unwrap();
        assert_eq!(left, json!({}), "{name}");
    }
}

#[test]
fn testing_fields_are_disabled() {
    for name in TESTING_FIELDS {
        let error = take(json!({*name: true}), &[]).unwrap_err();
        assert_eq!((error.status.as_u16(), error.param), (400, Param::Null), "{name}");
        let (_, left) = take(json!({*name: false}), &[]).unwrap();
        assert_eq!(left, json!({}), "{name}");
    }
}

#[test]
fn numbers_from_the_body_then_from_headers() {
    let header = [("x-litellm-timeout", "9")];
    let timeout = |fields, headers: &[_]| take(fields, headers).unwrap().0.timeout;
    assert_eq!(timeout(json!({}), &[]), None);
    assert_eq!(timeout(json!({}), &header), Some(9.0));
    assert_eq!(timeout(json!({"timeout": 2.5}), &header), Some(2.5));
    assert_eq!(timeout(json!({"timeout": "2.5"}), &[]), Some(2.5));
    assert_eq!(timeout(json!({"timeout": null}), &header), Some(9.0));
    assert_eq!(timeout(json!({"request_timeout": 4}), &[]), Some(4.0));
    let (extras, _) =
        take(json!({"stream_timeout": 3}), &[("x-litellm-num-retries", "2"), ("x-litellm-keepalive-seconds", "1.5")])
            .unwrap();
    assert_eq!((extras.stream_timeout, extras.num_retries, extras.keepalive), (Some(3.0), Some(2), Some(1.5)));
}

#[test]
fn wrong_numbers() {
    for value in [json!(-1), json!("soon"), json!([1]), json!(true), json!("NaN"), json!("inf")] {
        let error = take(json!({"timeout": value}), &[]).unwrap_err();
        assert_eq!(error.param, Param::Name("timeout".to_owned()), "{value}");
    }
    let error = take(json!({}), &[("x-litellm-num-retries", "many")]).unwrap_err();
    assert_eq!(error.param, Param::Name("x-litellm-num-retries".to_owned()));
}

#[test]
fn fallbacks() {
    let (extras, _) =
        take(json!({"fallbacks": ["a", {"model": "b", "temperature": 0}], "disable_fallbacks": "false"}), &[]).unwrap();
    let list = extras.fallbacks.list.unwrap();
    assert_eq!(list.iter().map(|it| it.model.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(!extras.fallbacks.disabled);
    assert!(take(json!({"disable_fallbacks": true}), &[]).unwrap().0.fallbacks.disabled);
    for name in ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"] {
        let error = take(json!({name: "a"}), &[]).unwrap_err();
        assert_eq!(error.param, Param::Name(name.to_owned()));
    }
}

#[test]
fn tags_once_each_from_everywhere() {
    let fields =
        json!({"tags": ["a", " b "], "metadata": {"tags": ["b", "c"]}, "litellm_metadata": {"tags": ["d", 5]}});
    let (extras, _) = take(fields, &[("x-litellm-tags", "e, a,"), ("user-agent", "curl/8.1")]).unwrap();
    assert_eq!(extras.tags, ["d", "b", "c", "a", "e"]);
    assert_eq!(extras.agent_tags, ["User-Agent: curl", "User-Agent: curl/8.1"]);
}

#[test]
fn who_and_which_session() {
    let (extras, left) = take(json!({"user": "u1", "litellm_session_id": "s1"}), &[]).unwrap();
    assert_eq!((extras.end_user.as_deref(), extras.session_id.as_deref()), (Some("u1"), Some("s1")));
    // The provider is told, too.
    assert_eq!(left, json!({"user": "u1"}));
    let headers = [
        ("x-litellm-customer-id", "c1"),
        ("x-litellm-session-id", "s2"),
        ("x-litellm-trace-id", "t2"),
        ("x-litellm-spend-logs-metadata", r#"{"job": 7}"#),
    ];
    let (extras, _) = take(json!({"user": "u1", "litellm_session_id": "s1"}), &headers).unwrap();
    assert_eq!((extras.end_user.as_deref(), extras.session_id.as_deref()), (Some("c1"), Some("t2")));
    assert_eq!(Value::Object(extras.spend_logs_metadata), json!({"job": 7}));
    let (extras, _) = take(json!({}), &[("x-litellm-spend-logs-metadata", "no json")]).unwrap();
    assert!(extras.spend_logs_metadata.is_empty());
}

#[test]
fn nobody_makes_the_gateway_read_very_many_tags() {
    let tags = |count: usize| json!({"tags": (0..count).map(|it| it.to_string()).collect::<Vec<_>>()});
    assert_eq!(take(tags(MOST_TAGS), &[]).unwrap().0.tags.len(), MOST_TAGS);
    assert_eq!(take(tags(MOST_TAGS + 1), &[]).unwrap_err().param, Param::Name("tags".to_owned()));
}

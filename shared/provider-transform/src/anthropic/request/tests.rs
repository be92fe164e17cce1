use serde_json::{Value, json};

use crate::anthropic::tests::{adaptive_model, budget_model, render};
use crate::{ModelInfo, TransformError};

/// The body for these fields, without `model`.
fn body(info: ModelInfo, fields: Value) -> Value {
    let sent = render(info, json!({}), fields).unwrap();
    let mut body: Value = serde_json::from_slice(&sent.body).unwrap();
    body.as_object_mut().unwrap().shift_remove("model");
    body
}

/// The turns that messages become.
fn turns(info: ModelInfo, messages: Value) -> Value {
    body(info, json!({"messages": messages}))["messages"].take()
}

fn hi() -> Value {
    json!([{"role": "user", "content": "Hi"}])
}

fn with(name: &str, value: Value) -> Value {
    let mut fields = json!({"messages": hi()});
    fields[name] = value;
    fields
}

fn user(texts: &[&str]) -> Value {
    json!({"role": "user", "content": texts.iter().map(|it| json!({"type": "text", "text": it})).collect::<Vec<_>>()})
}

fn refusal(info: ModelInfo, fields: Value) -> String {
    match render(info, json!({}), fields).unwrap_err() {
        TransformError::Invalid { param, .. } => param,
        TransformError::Unsupported { params, .. } => params.join(","),
        other => other.to_string(),
    }
}

#[test]
fn messages_become_alternating_turns() {
    let said = |text: &str| json!({"role": "assistant", "content": [{"type": "text", "text": text}]});
    let table = [
        (
            "one role is one turn",
            json!([{"role": "user", "content": "a"}, {"role": "user", "content": [{"type": "text", "text": "b"}]}]),
            json!([user(&["a", "b"])]),
        ),
        (
            "answers too",
            json!([
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": "b"},
                {"role": "assistant", "content": "c"},
                {"role": "user", "content": "d"},
            ]),
            json!([
                user(&["a"]),
                {"role": "assistant", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]},
                user(&["d"]),
            ]),
        ),
        (
            "blank texts go",
            json!([{"role": "user", "content": [{"type": "text", "text": " \n"}, {"type": "text", "text": "a"}]}]),
            json!([user(&["a"])]),
        ),
        (
            "an answer that says nothing",
            json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": null}, {"role": "user", "content": "b"}]),
            json!([user(&["a", "b"])]),
        ),
        (
            "a prefill ends in no blank",
            json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "It is \n"}]),
            json!([user(&["a"]), said("It is")]),
        ),
        (
            "an id that Anthropic refuses is replaced on both sides",
            json!([
                {"role": "assistant", "tool_calls": [{"id": "c:1", "function": {"name": "f", "arguments": ""}}]},
                {"role": "tool", "tool_call_id": "c:1", "content": ""},
            ]),
            json!([
                {"role": "assistant", "content": [
                    {"type": "tool_use", "id": "c_1_f69742190d7ddbeb", "name": "f", "input": {}},
                ]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "c_1_f69742190d7ddbeb", "content": ""},
                ]},
            ]),
        ),
        (
            "calls from before tools pair up",
            json!([
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{\"x\": 1}"}},
                {"role": "function", "name": "f", "content": "r"},
            ]),
            json!([
                user(&["a"]),
                {"role": "assistant", "content": [
                    {"type": "tool_use", "id": "call_function_0", "name": "f", "input": {"x": 1}},
                ]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "call_function_0", "content": "r"},
                ]},
            ]),
        ),
    ];
    for (name, messages, want) in table {
        assert_eq!(turns(budget_model(), messages), want, "{name}");
    }
}

#[test]
fn system_messages_in_the_middle() {
    let messages = json!([
        {"role": "system", "content": "s"},
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "developer", "content": "later"},
        {"role": "user", "content": "c"},
    ]);
    let have = body(budget_model(), json!({"messages": messages}));
    assert_eq!(have["system"], json!([{"type": "text", "text": "s"}]));
    let note = have["messages"][2]["content"][0]["text"].as_str().unwrap();
    assert!(note.starts_with("Operator note"));
    assert_eq!(have["messages"][2], user(&[note, "later", "c"]));
    let have = turns(adaptive_model(), messages);
    assert_eq!(have[2], user(&["c"]));
    assert_eq!(have[3], json!({"role": "system", "content": [{"type": "text", "text": "later"}]}));
}

#[test]
fn thinking_goes_back_first_and_only_signed() {
    let signed = json!({"type": "thinking", "thinking": "t", "signature": "s"});
    let have = turns(
        budget_model(),
        json!([
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "b", "thinking_blocks": [
                {"type": "thinking", "thinking": "u"}, signed, {"type": "redacted_thinking", "data": "d"},
            ]},
            {"role": "user", "content": "c"},
        ]),
    );
    let want = json!([signed, {"type": "redacted_thinking", "data": "d"}, {"type": "text", "text": "b"}]);
    assert_eq!(have[1]["content"], want);
}

#[test]
fn thinking_budgets_and_output_limits() {
    let adaptive = json!({"type": "adaptive", "display": "summarized"});
    let table = [
        (budget_model(), json!({}), Value::Null, Value::Null, 64_000),
        (ModelInfo::default(), json!({}), Value::Null, Value::Null, 4096),
        (budget_model(), json!({"reasoning_effort": "minimal"}), json!(1024), Value::Null, 5120),
        (budget_model(), json!({"reasoning_effort": "medium"}), json!(2048), Value::Null, 6144),
        (budget_model(), json!({"reasoning_effort": "max"}), json!(16384), Value::Null, 20480),
        (budget_model(), json!({"reasoning_effort": {"effort": "low"}}), json!(1024), Value::Null, 5120),
        (budget_model(), json!({"reasoning_effort": "none"}), Value::Null, Value::Null, 64_000),
        (budget_model(), json!({"reasoning_effort": "high", "max_tokens": 512}), json!(4096), Value::Null, 4608),
        (budget_model(), json!({"reasoning_effort": "high", "max_tokens": 5000}), json!(4096), Value::Null, 5000),
        (budget_model(), json!({"thinking": {"type": "enabled", "budget_tokens": 1}}), json!(1024), Value::Null, 5120),
        (budget_model(), json!({"thinking": {"type": "adaptive"}}), json!(2048), Value::Null, 6144),
        (budget_model(), json!({"thinking": {"type": "adaptive"}, "max_tokens": 1500}), json!(1499), Value::Null, 1500),
        (budget_model(), json!({"thinking": {"type": "adaptive"}, "max_tokens": 9}), Value::Null, Value::Null, 9),
        (adaptive_model(), json!({"reasoning_effort": "minimal"}), Value::Null, json!("low"), 128_000),
        (adaptive_model(), json!({"reasoning_effort": "max"}), Value::Null, json!("max"), 128_000),
        (
            adaptive_model(),
            json!({"thinking": {"type": "enabled", "budget_tokens": 6000}}),
            Value::Null,
            json!("high"),
            128_000,
        ),
    ];
    for (info, mut fields, budget, effort, max_tokens) in table {
        let name = fields.to_string();
        fields["messages"] = hi();
        let have = body(info, fields);
        assert_eq!(have["thinking"]["budget_tokens"], budget, "{name}");
        assert_eq!(have["output_config"]["effort"], effort, "{name}");
        assert_eq!(have["max_tokens"], max_tokens, "{name}");
    }
    let have = body(adaptive_model(), with("reasoning_effort", json!("high")));
    assert_eq!(have["thinking"], adaptive);
}

#[test]
fn a_history_without_thinking_turns_it_off_when_repairs_are_permitted() {
    let messages = json!([
        {"role": "user", "content": "a"},
        {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "r"},
    ]);
    let fields = json!({"messages": messages, "reasoning_effort": "low"});
    for (modify, thinks) in [(false, true), (true, false)] {
        let sent = render(budget_model(), json!({"modify_params": modify}), fields.clone()).unwrap();
        let body: Value = serde_json::from_slice(&sent.body).unwrap();
        assert_eq!(body.get("thinking").is_some(), thinks);
        assert_eq!(sent.dropped.is_empty(), thinks);
    }
}

#[test]
fn forced_tools_yield_to_a_thinking_budget() {
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    let fields = json!({"messages": hi(), "tools": tools, "tool_choice": "required", "reasoning_effort": "low"});
    assert_eq!(body(budget_model(), fields.clone())["tool_choice"], json!({"type": "auto"}));
    assert_eq!(body(adaptive_model(), fields.clone())["tool_choice"], json!({"type": "any"}));
    let mut never = adaptive_model();
    never.supports.forced_tool_use = Some(false);
    assert_eq!(refusal(never, fields.clone()), "tool_choice");
    let sent = render(never, json!({"drop_params": true}), fields).unwrap();
    assert_eq!(sent.dropped, ["tool_choice"]);
}

#[test]
fn tool_schemas_are_cut_to_what_anthropic_takes() {
    let shared = json!({"type": "object", "properties": {"x": {"type": "number"}}});
    let reference = json!({"$ref": "#/definitions/P"});
    let tree = json!({"type": "object", "properties": {"next": reference}});
    let table = [
        (Value::Null, json!({"type": "object", "properties": {}})),
        (json!({}), json!({"type": "object", "properties": {}})),
        (json!({"properties": {"a": {}}}), json!({"type": "object", "properties": {"a": {}}})),
        (json!({"type": "object", "title": "T", "$schema": "s"}), json!({"type": "object"})),
        (
            json!({"type": "object", "properties": {"p": reference}, "definitions": {"P": shared}}),
            json!({"type": "object", "properties": {"p": shared}}),
        ),
        (
            json!({"type": "object", "properties": {"p": reference}, "definitions": {"P": tree}}),
            json!({"type": "object", "properties": {"p": {"$ref": "#/$defs/P"}},
                "$defs": {"P": {"type": "object", "properties": {"next": {"$ref": "#/$defs/P"}}}}}),
        ),
    ];
    for (parameters, want) in table {
        let tool = json!({"type": "function", "function": {"name": "f", "parameters": parameters}});
        let have = body(budget_model(), with("tools", json!([tool])));
        assert_eq!(have["tools"][0]["input_schema"], want);
    }
}

#[test]
fn strict_goes_only_with_structured_outputs() {
    let tool = json!({"type": "function", "function": {"name": "f", "strict": true}});
    let beta = json!({"anthropic-beta": "structured-outputs-2025-11-13"});
    for (headers, want) in [(json!({}), Value::Null), (beta, json!(true))] {
        let fields = json!({"messages": hi(), "tools": [tool], "extra_headers": headers});
        let sent = render(budget_model(), json!({}), fields).unwrap();
        let body: Value = serde_json::from_slice(&sent.body).unwrap();
        assert_eq!(body["tools"][0]["strict"], want);
        assert_eq!(sent.dropped.is_empty(), want == true);
    }
}

#[test]
fn references_cannot_blow_a_schema_up() {
    let level = |at: usize| {
        let next = json!({"$ref": format!("#/definitions/L{}", at + 1)});
        json!({"type": "object", "properties": {"a": next, "b": next}})
    };
    let definitions: Value = (0..14).map(|at| (format!("L{at}"), level(at))).collect();
    let parameters = json!({"properties": {"root": {"$ref": "#/definitions/L0"}}, "definitions": definitions});
    let tool = json!({"type": "function", "function": {"name": "f", "parameters": parameters}});
    let have = body(budget_model(), with("tools", json!([tool])));
    assert!(have.to_string().len() < 20_000);
}

#[test]
fn answers_in_a_form() {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 0, "description": "N."}}});
    let format = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}});
    let have = body(budget_model(), with("response_format", format.clone()));
    let want = json!({
        "type": "object",
        "properties": {"n": {"type": "integer", "description": "N. Note: minimum value: 0."}},
        "additionalProperties": false,
    });
    assert_eq!(have["output_format"], json!({"type": "json_schema", "schema": want}));
    let have = body(ModelInfo::default(), with("response_format", format));
    assert_eq!(have["tool_choice"], json!({"name": "json_tool_call", "type": "tool"}));
    assert_eq!(have["tools"], json!([{"name": "json_tool_call", "input_schema": schema}]));
    let have = body(budget_model(), with("response_format", json!({"type": "json_object"})));
    assert!(have["system"][0]["text"].as_str().unwrap().contains("JSON"));
    let list = json!({"type": "json_schema", "json_schema": {"schema": {"type": "array"}}});
    assert_eq!(refusal(ModelInfo::default(), with("response_format", list)), "response_format");
}

#[test]
fn what_has_no_form_is_refused_by_name() {
    let part = |part: Value| json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, part]}]});
    let audio = json!({"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}});
    let image = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
    let table = [
        (part(audio), "messages[0].content[1]"),
        (part(json!({"type": "video_url", "video_url": {"url": "https://a/b"}})), "messages[0].content[1]"),
        (part(json!({"type": "hologram"})), "messages[0].content[1]"),
        (part(image("http://internal/x.png")), "messages[0].content[1].image_url"),
        (part(image("gs://bucket/x.png")), "messages[0].content[1].image_url"),
        (json!({"messages": []}), "messages"),
        (json!({"messages": [{"role": "user", "content": ""}]}), "messages"),
        (json!({"messages": [{"role": "critic", "content": "x"}]}), "messages[0].role"),
        (json!({"messages": [{"role": "tool", "content": "x"}]}), "messages[0].tool_call_id"),
        (with("seed", json!(1)), "seed"),
        (with("reasoning_effort", json!("turbo")), "reasoning_effort"),
        (with("max_tokens", json!(1.5)), "max_tokens"),
        (with("tools", json!([{"type": "file_search"}])), "tools[0].type"),
        (
            with("tools", json!([{"type": "function", "function": {"name": "json_tool_call"}}])),
            "tools[0].function.name",
        ),
    ];
    for (fields, want) in table {
        assert_eq!(refusal(budget_model(), fields.clone()), want, "{fields}");
    }
    assert_eq!(refusal(ModelInfo::default(), with("reasoning_effort", json!("low"))), "reasoning_effort");
    assert_eq!(refusal(adaptive_model(), with("temperature", json!(0.3))), "temperature");
}

#[test]
fn approvals_are_not_lost_in_silence() {
    let tool = json!({"type": "mcp", "server_label": "s", "server_url": "https://m/x", "require_approval": "always"});
    assert_eq!(refusal(budget_model(), with("tools", json!([tool]))), "tools[0].require_approval");
}

#[test]
fn betas_follow_from_the_request() {
    let tools = |tool: Value| with("tools", json!([tool]));
    let f = json!({"name": "f"});
    let file = json!({"type": "file", "file": {"file_id": "file_1"}});
    let table = [
        (with("temperature", json!(1)), None),
        (tools(json!({"type": "bash_20250124", "name": "bash"})), None),
        (tools(json!({"type": "computer_20250124", "name": "computer"})), Some("computer-use-2025-01-24")),
        (tools(json!({"type": "computer_20251124", "name": "computer"})), Some("computer-use-2025-11-24")),
        (tools(json!({"type": "memory_20250818", "name": "memory"})), Some("context-management-2025-06-27")),
        (tools(json!({"type": "web_fetch_20250910", "name": "web_fetch"})), Some("web-fetch-2025-09-10")),
        (
            tools(json!({"type": "function", "function": f, "defer_loading": true})),
            Some("advanced-tool-use-2025-11-20"),
        ),
        (json!({"messages": [{"role": "user", "content": [file]}]}), Some("files-api-2025-04-14")),
        (
            with("extra_headers", json!({"anthropic-beta": "made-up-2020-01-01, context-1m-2025-08-07"})),
            Some("context-1m-2025-08-07"),
        ),
        (with("anthropic_beta", json!(["context-1m-2025-08-07"])), Some("context-1m-2025-08-07")),
    ];
    for (fields, want) in table {
        let sent = render(budget_model(), json!({}), fields.clone()).unwrap();
        let have = sent.headers.get("anthropic-beta").map(|it| it.to_str().unwrap());
        assert_eq!(have, want, "{fields}");
    }
}

#[test]
fn addresses() {
    let table = [
        (json!({}), "https://api.anthropic.com/v1/messages"),
        (json!({"api_base": "https://p.example"}), "https://p.example/v1/messages"),
        (json!({"api_base": "https://p.example/v1/"}), "https://p.example/v1/messages"),
        (json!({"api_base": "https://p.example/v1/messages"}), "https://p.example/v1/messages"),
    ];
    for (params, want) in table {
        assert_eq!(render(budget_model(), params, json!({"messages": hi()})).unwrap().url, want);
    }
}

#[test]
fn users_that_identify_a_person_stay_here() {
    for (user, goes) in [("u-1", true), ("ann@example.com", false), ("+44 20 7946 0958", false), ("12345", true)] {
        let sent = render(budget_model(), json!({}), with("user", json!(user))).unwrap();
        let body: Value = serde_json::from_slice(&sent.body).unwrap();
        assert_eq!(body["metadata"]["user_id"].as_str(), goes.then_some(user));
        assert_eq!(sent.dropped.is_empty(), goes);
    }
}

#[test]
fn cache_marks_stay_where_they_were_set() {
    let mark = json!({"type": "ephemeral", "ttl": "1h"});
    let messages = json!([
        {"role": "system", "content": "s", "cache_control": mark},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "cache_control": mark},
        {"role": "assistant", "tool_calls": [
            {"id": "c", "function": {"name": "f", "arguments": "{}"}, "cache_control": mark},
        ]},
        {"role": "tool", "tool_call_id": "c", "content": "r", "cache_control": mark},
    ]);
    let have = body(budget_model(), json!({"messages": messages}));
    let marked = ["/system/0", "/messages/0/content/1", "/messages/1/content/0", "/messages/2/content/0"];
    for at in marked {
        assert_eq!(have.pointer(at).unwrap()["cache_control"], mark, "{at}");
    }
    assert_eq!(have.pointer("/messages/0/content/0").unwrap()["cache_control"], Value::Null);
}

//! Answers in the format of OpenAI's chat completions.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{Answer, Step};
use super::fill::fill;
use super::prompt::Prompt;
use super::script::{Fault, Script};

/// Creation time of every answer, so that equal requests get equal bytes.
pub(super) const CREATED: u64 = 1_741_570_283;
const ID: &str = "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG";

/// What the model says.
struct Said {
    pieces: Vec<String>,
    calls: Vec<(String, String)>,
    finish: &'static str,
    prompt_tokens: u64,
    completion_tokens: u64,
}

/// OpenAI's error object for a status.
pub(super) fn error(status: u16, message: &str) -> Value {
    let (kind, code) = match status {
        401 => ("invalid_request_error", json!("invalid_api_key")),
        403 => ("invalid_request_error", json!("model_not_found")),
        404 => ("invalid_request_error", json!("model_not_found")),
        429 => ("requests", json!("rate_limit_exceeded")),
        500.. => ("server_error", Value::Null),
        _ => ("invalid_request_error", Value::Null),
    };
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}

/// The answer to a chat completion request.
pub(super) fn answer(model: &str, body: &Value, prompt: &Prompt, script: &Script) -> Answer {
    let said = say(body, prompt, script);
    let mut answer =
        if prompt.stream { Answer::stream(stream(model, body, &said, script)) } else { whole(model, &said, script) };
    answer.delay = script.delay;
    answer.usage = Some((said.prompt_tokens, said.completion_tokens));
    for (name, value) in [
        ("x-request-id", "req_0a1b2c3d4e5f"),
        ("openai-processing-ms", "12"),
        ("x-ratelimit-remaining-requests", "4999"),
    ] {
        answer.headers.push((name.to_owned(), value.to_owned()));
    }
    answer
}

fn say(body: &Value, prompt: &Prompt, script: &Script) -> Said {
    let mut said = Said {
        pieces: Vec::new(),
        calls: Vec::new(),
        finish: "stop",
        prompt_tokens: prompt.tokens,
        completion_tokens: 0,
    };
    let schema = &body["response_format"]["json_schema"]["schema"];
    if let (Some(tool), false) = (tool(body), prompt.has_tool_result) {
        let arguments = fill(&tool["parameters"]).to_string();
        let name = tool["name"].as_str().unwrap_or_default();
        said.calls = (0..script.calls).map(|_| (name.to_owned(), arguments.clone())).collect();
        said.finish = "tool_calls";
        said.completion_tokens = script.calls * super::script::CALL_TOKENS;
    } else if schema.is_object() {
        said.pieces.push(fill(schema).to_string());
        said.completion_tokens = 1;
    } else {
        let (count, finish) = script.length(prompt, "stop", "length");
        said.finish = finish;
        said.pieces = script.pieces(count);
        said.completion_tokens = count;
    }
    said.completion_tokens += script.reasoning;
    said
}

/// The function to call: the one that `tool_choice` names, else the first.
fn tool(body: &Value) -> Option<&Value> {
    if body["tool_choice"] == "none" {
        return None;
    }
    let tools = body["tools"].as_array()?;
    let wanted = &body["tool_choice"]["function"]["name"];
    let named = tools.iter().find(|it| it["function"]["name"] == *wanted);
    Some(&named.or(tools.first())?["function"])
}

fn usage(said: &Said, script: &Script) -> Value {
    json!({
        "prompt_tokens": said.prompt_tokens,
        "completion_tokens": said.completion_tokens,
        "total_tokens": said.prompt_tokens + said.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": script.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": script.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

fn whole(model: &str, said: &Said, script: &Script) -> Answer {
    if matches!(script.fault, Some(Fault::CutAfter(_))) {
        let mut cut = Answer::whole(200, "application/json", "");
        cut.steps = vec![Step::Send("{\"id\":\"chatcmpl-".into()), Step::Cut];
        return cut;
    }
    if matches!(script.fault, Some(Fault::HangAfter(_))) {
        let mut hang = Answer::whole(200, "application/json", "");
        hang.steps = vec![Step::Send("{\"id\":\"chatcmpl-".into()), Step::Hang];
        return hang;
    }
    let text = said.pieces.concat();
    let mut message = json!({
        "role": "assistant",
        "content": if said.calls.is_empty() { json!(text) } else { Value::Null },
        "refusal": null,
        "annotations": [],
    });
    if !said.calls.is_empty() {
        let calls = said.calls.iter().enumerate();
        message["tool_calls"] = calls
            .map(|(at, (name, arguments))| {
                json!({
                    "id": format!("call_{at}"),
                    "type": "function",
                    "function": {"name": name, "arguments": arguments},
                })
            })
            .collect();
    }
    let mut body = json!({
        "id": ID,
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": said.finish}],
        "service_tier": "default",
        "system_fingerprint": "fp_44709d6fcb",
    });
    if script.usage {
        body["usage"] = usage(said, script);
    }
    Answer::json(200, &body)
}

fn stream(model: &str, body: &Value, said: &Said, script: &Script) -> Vec<Step> {
    let wants_usage = script.usage && body["stream_options"]["include_usage"] == true;
    let chunk = |choices: Value, usage: Value| {
        let mut chunk = json!({
            "id": ID,
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": model,
            "service_tier": "default",
            "system_fingerprint": "fp_44709d6fcb",
            "choices": choices,
        });
        if wants_usage {
            chunk["usage"] = usage;
        }
        Bytes::from(format!("data: {chunk}\n\n"))
    };
    let delta = |delta: Value, finish: Value| {
        let choice = json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]);
        chunk(choice, Value::Null)
    };

    let mut steps = vec![Step::Send(delta(json!({"role": "assistant", "content": "", "refusal": null}), Value::Null))];
    for piece in &said.pieces {
        steps.push(Step::Token(delta(json!({"content": piece}), Value::Null)));
    }
    for (at, (name, arguments)) in said.calls.iter().enumerate() {
        let start = json!({"index": at, "id": format!("call_{at}"), "type": "function", "function": {"name": name, "arguments": ""}});
        steps.push(Step::Send(delta(json!({"tool_calls": [start]}), Value::Null)));
        for half in halves(arguments) {
            let part = json!({"index": at, "function": {"arguments": half}});
            steps.push(Step::Token(delta(json!({"tool_calls": [part]}), Value::Null)));
        }
    }
    let error =
        Bytes::from(format!("data: {}\n\n", error(500, "The server had an error while processing your request.")));
    let mut steps = match script.break_off(steps, error) {
        Ok(steps) => steps,
        Err(broken) => return broken,
    };
    steps.push(Step::Send(delta(json!({}), json!(said.finish))));
    if wants_usage {
        steps.push(Step::Send(chunk(json!([]), usage(said, script))));
    }
    steps.push(Step::Send("data: [DONE]\n\n".into()));
    steps
}

/// Two pieces that cut a text in the middle of a token, as providers do.
pub(super) fn halves(text: &str) -> [&str; 2] {
    let middle = text.floor_char_boundary(text.len() / 2);
    text.split_at(middle).into()
}

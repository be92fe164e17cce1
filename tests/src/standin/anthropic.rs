//! Answers in the format of Anthropic's messages.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{Answer, Step};
use super::fill::fill;
use super::openai::halves;
use super::prompt::Prompt;
use super::script::{CALL_TOKENS, Fault, Script};

const ID: &str = "msg_01XFDUDYJgAACzvnptvVoYEL";

/// One block of the answer.
enum Block {
    Thinking(Vec<String>),
    Text(Vec<String>),
    Tool { name: String, input: Value },
}

struct Said {
    blocks: Vec<Block>,
    stop: &'static str,
    output_tokens: u64,
}

/// Anthropic's error object for a status.
pub(super) fn error(status: u16, message: &str) -> Value {
    let kind = match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    };
    json!({
        "type": "error",
        "error": {"type": kind, "message": message},
        "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy",
    })
}

/// How many tokens a request is.
pub(super) fn count(prompt: &Prompt) -> Answer {
    Answer::whole(200, "application/json", json!({"input_tokens": prompt.tokens}).to_string())
}

/// The answer to a messages request.
pub(super) fn answer(model: &str, body: &Value, prompt: &Prompt, script: &Script) -> Answer {
    let said = say(body, prompt, script);
    let mut answer = if prompt.stream {
        Answer::stream(stream(model, prompt, &said, script))
    } else {
        whole(model, prompt, &said, script)
    };
    answer.delay = script.delay;
    answer.usage = Some((prompt.tokens, said.output_tokens));
    let id = ("request-id".to_owned(), "req_011CSHoEeqs5C35K2UUqR7Fy".to_owned());
    answer.headers.push(id);
    answer
}

fn say(body: &Value, prompt: &Prompt, script: &Script) -> Said {
    let mut said = Said { blocks: Vec::new(), stop: "end_turn", output_tokens: script.reasoning };
    if script.reasoning > 0 {
        said.blocks.push(Block::Thinking(script.pieces(script.reasoning)));
    }
    // The beta of structured outputs named the field otherwise.
    let format = body.get("output_format").unwrap_or(&body["output_config"]["format"]);
    let schema = &format["schema"];
    if let (Some(tool), false) = (tool(body), prompt.has_tool_result) {
        for _ in 0..script.calls {
            said.blocks.push(Block::Tool {
                name: tool["name"].as_str().unwrap_or_default().to_owned(),
                input: fill(&tool["input_schema"]),
            });
        }
        said.stop = "tool_use";
        said.output_tokens += script.calls * CALL_TOKENS;
    } else if schema.is_object() {
        said.blocks.push(Block::Text(vec![fill(schema).to_string()]));
        said.output_tokens += 1;
    } else {
        let (count, stop) = script.length(prompt, "end_turn", "max_tokens");
        said.blocks.push(Block::Text(script.pieces(count)));
        said.stop = stop;
        said.output_tokens += count;
    }
    said
}

/// The tool to call: the one that `tool_choice` names, else the first.
fn tool(body: &Value) -> Option<&Value> {
    if body["tool_choice"]["type"] == "none" {
        return None;
    }
    let tools = body["tools"].as_array()?;
    let wanted = &body["tool_choice"]["name"];
    tools.iter().find(|it| it["name"] == *wanted).or(tools.first())
}

/// Anthropic counts cache reads and writes beside the input, not in it.
fn input_usage(prompt: &Prompt, script: &Script) -> Value {
    json!({
        "input_tokens": prompt.tokens.saturating_sub(script.cached + script.cache_write),
        "cache_creation_input_tokens": script.cache_write,
        "cache_read_input_tokens": script.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": script.cache_write, "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard",
    })
}

fn whole(model: &str, prompt: &Prompt, said: &Said, script: &Script) -> Answer {
    let broken = match script.fault {
        Some(Fault::CutAfter(_)) => Some(Step::Cut),
        Some(Fault::HangAfter(_)) => Some(Step::Hang),
        _ => None,
    };
    if let Some(step) = broken {
        let mut answer = Answer::whole(200, "application/json", "");
        answer.steps = vec![Step::Send("{\"id\":\"msg_01".into()), step];
        return answer;
    }
    let content: Value = said
        .blocks
        .iter()
        .enumerate()
        .map(|(at, block)| match block {
            Block::Thinking(pieces) => {
                json!({"type": "thinking", "thinking": pieces.concat(), "signature": "c2lnbmF0dXJl"})
            }
            Block::Text(pieces) => json!({"type": "text", "text": pieces.concat()}),
            Block::Tool { name, input } => {
                json!({"type": "tool_use", "id": format!("toolu_{at}"), "name": name, "input": input})
            }
        })
        .collect();
    let mut usage = input_usage(prompt, script);
    usage["output_tokens"] = json!(said.output_tokens);
    let mut body = json!({
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": said.stop,
        "stop_sequence": null,
    });
    if script.usage {
        body["usage"] = usage;
    }
    Answer::json(200, &body)
}

fn stream(model: &str, prompt: &Prompt, said: &Said, script: &Script) -> Vec<Step> {
    let mut usage = input_usage(prompt, script);
    usage["output_tokens"] = json!(1);
    let mut message = json!({
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
    });
    if script.usage {
        message["usage"] = usage;
    }
    let mut steps =
        vec![Step::Send(event("message_start", json!({"message": message}))), Step::Send(event("ping", json!({})))];
    for (index, block) in said.blocks.iter().enumerate() {
        block.stream(index, &mut steps);
    }
    let error = format!("event: error\ndata: {}\n\n", error(529, "Overloaded"));
    let mut steps = match script.break_off(steps, error.into()) {
        Ok(steps) => steps,
        Err(broken) => return broken,
    };
    let mut last = json!({"delta": {"stop_reason": said.stop, "stop_sequence": null}});
    if script.usage {
        last["usage"] = json!({"output_tokens": said.output_tokens});
    }
    steps.push(Step::Send(event("message_delta", last)));
    steps.push(Step::Send(event("message_stop", json!({}))));
    steps
}

impl Block {
    fn stream(&self, index: usize, steps: &mut Vec<Step>) {
        let (start, deltas) = match self {
            Self::Thinking(pieces) => (
                json!({"type": "thinking", "thinking": "", "signature": ""}),
                pieces
                    .iter()
                    .map(|it| json!({"type": "thinking_delta", "thinking": it}))
                    .chain([json!({"type": "signature_delta", "signature": "c2lnbmF0dXJl"})])
                    .collect::<Vec<_>>(),
            ),
            Self::Text(pieces) => (
                json!({"type": "text", "text": ""}),
                pieces.iter().map(|it| json!({"type": "text_delta", "text": it})).collect(),
            ),
            Self::Tool { name, input } => (
                json!({"type": "tool_use", "id": format!("toolu_{index}"), "name": name, "input": {}}),
                halves(&input.to_string())
                    .iter()
                    .map(|it| json!({"type": "input_json_delta", "partial_json": it}))
                    .collect(),
            ),
        };
        let at = |value: Value| {
            let mut value = value;
            value["index"] = json!(index);
            value
        };
        let start = at(json!({"content_block": start}));
        steps.push(Step::Send(event("content_block_start", start)));
        for delta in deltas {
            let delta = at(json!({"delta": delta}));
            steps.push(Step::Token(event("content_block_delta", delta)));
        }
        steps.push(Step::Send(event("content_block_stop", at(json!({})))));
    }
}

fn event(name: &str, mut data: Value) -> Bytes {
    data["type"] = json!(name);
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

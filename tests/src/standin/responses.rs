//! Answers in the format of OpenAI's Responses API, and of the answers that it keeps.

use hyper::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::openai;
use super::prompt::Prompt;
use super::script::Script;

/// What every answer says.
const SAID: &str = "It is sunny.";
const ID: &str = "resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b";

/// The answer to a request. Streams are replayed from recordings alone.
pub(super) fn answer(model: &str, prompt: &Prompt, script: &Script) -> Answer {
    if prompt.stream {
        return Answer::json(400, &openai::error(400, "streams of this format are replayed alone"));
    }
    let mut answer = Answer::json(200, &response(ID, model));
    answer.delay = script.delay;
    answer.usage = Some((12, 6));
    answer
}

/// What is said of an answer that is kept: `/responses/{id}` and what is beneath it.
pub(super) fn kept(method: &Method, path: &str) -> Option<Value> {
    let (_, rest) = path.split_once("/responses/")?;
    let (id, rest) = rest.split_once('/').unwrap_or((rest, ""));
    match (method, rest) {
        (&Method::GET, "") | (&Method::POST, "cancel") => Some(response(id, "gpt-4o")),
        (&Method::DELETE, "") => Some(json!({"id": id, "object": "response", "deleted": true})),
        (&Method::GET, "input_items") => {
            let item = json!({"type": "message", "id": "msg_1", "role": "user", "content": []});
            Some(json!({"object": "list", "data": [item], "first_id": "msg_1", "last_id": "msg_1", "has_more": false}))
        }
        _ => None,
    }
}

fn response(id: &str, model: &str) -> Value {
    let part = json!({"type": "output_text", "text": SAID, "annotations": [], "logprobs": []});
    let message =
        json!({"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]});
    json!({
        "id": id, "object": "response", "created_at": openai::CREATED, "status": "completed", "error": null,
        "model": model, "output": [message], "parallel_tool_calls": true, "store": true, "tools": [],
        "usage": {
            "input_tokens": 12, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 6, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 18,
        },
    })
}

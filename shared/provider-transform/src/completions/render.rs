//! The hub's answers as text completions ("The completion object").

use serde_json::{Value, json};

use crate::chat::chunk::DONE;
use crate::format::{Fault, Frames, Renderer, View, Whole};
use crate::openai::format::error_object;
use crate::{ChatChunk, ChatResponse, Object, Usage};

pub(super) struct CompletionsRenderer {
    model: String,
    shows_usage: bool,
}

impl CompletionsRenderer {
    pub(super) fn new(view: &View<'_>) -> Self {
        Self { model: view.model.to_owned(), shows_usage: view.shows_usage }
    }

    fn object(&self, id: &str, created: u64, choices: Vec<Value>, usage: Option<Object>) -> Value {
        let mut object = json!({
            "id": id,
            "object": "text_completion",
            "created": created,
            "model": self.model,
            "choices": choices,
        });
        if let (Some(object), Some(usage)) = (object.as_object_mut(), usage) {
            object.insert("usage".into(), usage.into());
        }
        object
    }
}

impl Renderer for CompletionsRenderer {
    fn whole(&mut self, response: ChatResponse, usage: Option<&Usage>) -> Whole {
        let text_len = response.text_len();
        let choices = response.choices.into_iter().map(|it| {
            let logprobs = it.rest.get("logprobs").filter(|it| !it.is_null()).map(logprobs);
            json!({
                "index": it.index,
                "text": it.message.content.unwrap_or_default(),
                "logprobs": logprobs,
                "finish_reason": it.finish_reason,
            })
        });
        let body = self.object(&response.id, response.created, choices.collect(), response.usage);
        Whole {
            body: body.to_string().into(),
            usage: usage.cloned().unwrap_or_default(),
            id: response.id,
            model: response.model,
            text_len,
            keep: None,
        }
    }

    fn chunk(&mut self, chunk: ChatChunk, out: &mut Frames) {
        let is_usage = chunk.is_usage_only();
        if is_usage && !self.shows_usage {
            return;
        }
        let choices: Vec<Value> = chunk
            .choices
            .iter()
            .filter(|it| it.finish_reason.is_some() || it.delta.content.as_deref().is_some_and(|it| !it.is_empty()))
            .map(|it| {
                json!({
                    "index": it.index,
                    "text": it.delta.content.as_deref().unwrap_or_default(),
                    "logprobs": it.rest.get("logprobs").filter(|it| !it.is_null()).map(logprobs),
                    "finish_reason": it.finish_reason,
                })
            })
            .collect();
        if !is_usage && choices.is_empty() {
            return;
        }
        let usage = chunk.usage.filter(|_| self.shows_usage);
        out.event(None, &self.object(&chunk.id, chunk.created, choices, usage));
    }

    fn end(&mut self, _: Option<&Usage>, out: &mut Frames) {
        out.bytes.extend_from_slice(DONE);
    }

    fn fail(&mut self, fault: &Fault, out: &mut Frames) {
        out.event(None, &error_object(fault));
        out.bytes.extend_from_slice(DONE);
    }
}

/// Chat's list of tokens as lists of their parts.
fn logprobs(chat: &Value) -> Value {
    let tokens = chat.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let field =
        |name: &str| -> Vec<Value> { tokens.iter().map(|it| it.get(name).cloned().unwrap_or_default()).collect() };
    let top = tokens.iter().map(|it| {
        let options = it.get("top_logprobs").and_then(Value::as_array).into_iter().flatten();
        let pairs = options.filter_map(|it| Some((it.get("token")?.as_str()?.to_owned(), it.get("logprob")?.clone())));
        Value::Object(pairs.collect())
    });
    let top: Vec<Value> = top.collect();
    let mut at = 0;
    let offsets: Vec<usize> = tokens
        .iter()
        .map(|it| {
            let start = at;
            at += it.get("token").and_then(Value::as_str).map_or(0, |it| it.chars().count());
            start
        })
        .collect();
    json!({"tokens": field("token"), "token_logprobs": field("logprob"), "top_logprobs": top, "text_offset": offsets})
}

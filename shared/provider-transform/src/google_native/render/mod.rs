//! The hub's answers as `GenerateContentResponse`.

mod calls;
mod parts;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::chat::chunk::ChunkChoice;
use crate::chat::response::Choice;
use crate::format::{Fault, Frames, Renderer, View, Whole};
use crate::{ChatChunk, ChatResponse, Usage};

use super::fault::error_object;
use calls::Calls;

/// Writes one answer.
pub(super) struct GoogleRenderer {
    model: String,
    prompt_tokens: u64,
    id: String,
    written: usize,
    /// What is known of each candidate, in the order of their numbers.
    candidates: Vec<Candidate>,
}

/// A candidate that is being streamed.
#[derive(Default)]
struct Candidate {
    index: u64,
    calls: Calls,
    finish: Option<String>,
    was_refused: bool,
}

impl GoogleRenderer {
    pub(super) fn new(view: &View<'_>) -> Self {
        Self {
            model: view.model.to_owned(),
            prompt_tokens: view.prompt_tokens,
            id: String::new(),
            written: 0,
            candidates: Vec::new(),
        }
    }

    fn send(&self, candidates: &[Value], usage: Option<Value>, out: &mut Frames) {
        out.event(None, &answer(candidates, usage, &self.model, &self.id));
    }

    fn candidate(&mut self, index: u64) -> &mut Candidate {
        let at = match self.candidates.binary_search_by_key(&index, |it| it.index) {
            Ok(at) => at,
            Err(at) => {
                self.candidates.insert(at, Candidate { index, ..Candidate::default() });
                at
            }
        };
        // There is one at this place, now or since before.
        #[expect(clippy::indexing_slicing, reason = "`at` was found or filled just above")]
        &mut self.candidates[at]
    }

    /// What of a choice can be said now; calls wait until they are whole.
    fn choice(&mut self, choice: ChunkChoice) -> Option<Value> {
        let ChunkChoice { index, delta, finish_reason, rest } = choice;
        let candidate = self.candidate(index);
        let was_refused = delta.rest.get("refusal").and_then(Value::as_str).is_some_and(|it| !it.is_empty());
        candidate.was_refused |= was_refused;
        candidate.finish = finish_reason.or(candidate.finish.take());
        let parts = parts::of_delta(&delta);
        for call in delta.tool_calls {
            candidate.calls.take(call);
        }
        let logprobs = rest.get("logprobs").and_then(parts::logprobs);
        let grounding = parts::grounding(delta.rest.get("annotations"));
        if parts.is_empty() && logprobs.is_none() && grounding.is_none() {
            return None;
        }
        Some(written(index, parts, None, logprobs, grounding))
    }
}

impl Renderer for GoogleRenderer {
    fn whole(&mut self, response: ChatResponse, usage: Option<&Usage>) -> Whole {
        let text_len = response.text_len();
        let estimated = Usage::estimated(self.prompt_tokens, text_len);
        let candidates: Vec<_> = response.choices.into_iter().map(whole).collect();
        let body = answer(&candidates, Some(counts(usage.unwrap_or(&estimated))), &self.model, &response.id);
        Whole {
            body: Bytes::from(serde_json::to_vec(&body).unwrap_or_default()),
            usage: usage.cloned().unwrap_or_default(),
            id: response.id,
            model: response.model,
            text_len,
            keep: None,
        }
    }

    fn chunk(&mut self, chunk: ChatChunk, out: &mut Frames) {
        self.written += chunk.text_len();
        if self.id.is_empty() {
            self.id.clone_from(&chunk.id);
        }
        let candidates: Vec<_> = chunk.choices.into_iter().filter_map(|it| self.choice(it)).collect();
        if !candidates.is_empty() {
            self.send(&candidates, None, out);
        }
    }

    fn end(&mut self, usage: Option<&Usage>, out: &mut Frames) {
        let estimated = Usage::estimated(self.prompt_tokens, self.written);
        let usage = counts(usage.unwrap_or(&estimated));
        if self.candidates.is_empty() {
            self.candidates.push(Candidate::default());
        }
        let ends = std::mem::take(&mut self.candidates).into_iter().map(|it| {
            let reason = finish(it.finish.as_deref(), it.was_refused);
            written(it.index, it.calls.parts(), Some(reason), None, None)
        });
        let ends: Vec<_> = ends.collect();
        self.send(&ends, Some(usage), out);
    }

    fn fail(&mut self, fault: &Fault, out: &mut Frames) {
        out.event(None, &error_object(fault));
    }
}

fn answer(candidates: &[Value], usage: Option<Value>, model: &str, id: &str) -> Value {
    let mut answer = json!({"candidates": candidates});
    if let Some(usage) = usage {
        answer["usageMetadata"] = usage;
    }
    answer["modelVersion"] = model.into();
    if !id.is_empty() {
        answer["responseId"] = id.into();
    }
    answer
}

fn whole(choice: Choice) -> Value {
    let Choice { index, message, finish_reason, rest } = choice;
    let was_refused = message.rest.get("refusal").and_then(Value::as_str).is_some_and(|it| !it.is_empty());
    let reason = finish(finish_reason.as_deref(), was_refused);
    let logprobs = rest.get("logprobs").and_then(parts::logprobs);
    let grounding = parts::grounding(message.rest.get("annotations"));
    written(index, parts::of_answer(message), Some(reason), logprobs, grounding)
}

fn written(
    index: u64,
    parts: Vec<Value>,
    reason: Option<&str>,
    logprobs: Option<Value>,
    grounding: Option<Value>,
) -> Value {
    let mut candidate = json!({"content": {"role": "model", "parts": parts}});
    if let Some(reason) = reason {
        candidate["finishReason"] = reason.into();
    }
    candidate["index"] = index.into();
    if let Some(logprobs) = logprobs {
        candidate["logprobsResult"] = logprobs;
    }
    if let Some(grounding) = grounding {
        candidate["groundingMetadata"] = grounding;
    }
    candidate
}

/// `FinishReason`: calls are no reason of their own.
fn finish(reason: Option<&str>, was_refused: bool) -> &'static str {
    match reason {
        Some("length") => "MAX_TOKENS",
        Some("content_filter") => "SAFETY",
        _ if was_refused => "SAFETY",
        _ => "STOP",
    }
}

/// `UsageMetadata`: candidates are counted without thoughts.
fn counts(usage: &Usage) -> Value {
    let thoughts = usage.reasoning_tokens.min(usage.completion_tokens);
    let mut counts = json!({
        "promptTokenCount": usage.prompt_tokens,
        "candidatesTokenCount": usage.completion_tokens.saturating_sub(thoughts),
        "totalTokenCount": usage.prompt_tokens.saturating_add(usage.completion_tokens),
    });
    let some = [("thoughtsTokenCount", thoughts), ("cachedContentTokenCount", usage.cache_read_tokens)];
    for (name, count) in some.into_iter().filter(|(_, count)| *count > 0) {
        counts[name] = count.into();
    }
    counts
}

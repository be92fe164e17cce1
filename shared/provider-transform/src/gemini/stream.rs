//! A streamed answer as chat completion chunks ("Method: models.streamGenerateContent"): every event is an answer of
//! its own with what is new, and counts everything so far.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::chat::chunk::{ChunkChoice, Delta, FunctionDelta, ToolCallDelta};
use crate::sse::{Decoder, LineTooLong};
use crate::{ChatChunk, ChatStream, Cx, Object, ProviderError, Usage};

use super::candidate::{self, Ids, Said};
use super::usage::Counts;
use super::wire::answer::{Answer, Candidate};
use super::{error, grounding, response};

/// More answers than any model gives to one request.
const MOST_CANDIDATES: usize = 64;

/// Decodes one stream; keeps how each answer ended and the counts, nothing that has been handed on.
pub(super) struct Stream {
    decoder: Decoder,
    answer: State,
}

struct State {
    provider: &'static str,
    id: String,
    is_named: bool,
    created: u64,
    model: String,
    ids: Ids,
    /// By index.
    ends: BTreeMap<u64, End>,
    is_blocked: bool,
    counts: Option<Counts>,
    searches: u64,
    thought_chars: u64,
    usage: Option<Usage>,
}

/// How one of the answers goes.
#[derive(Default)]
struct End {
    spoke: bool,
    calls: u64,
    rest: Object,
    native: Option<String>,
    /// Google's latest words on grounding, safety and citations, for the last chunk.
    fields: Object,
}

/// Why decoding stopped.
enum Broken {
    Line(LineTooLong),
    Error(ProviderError),
}

impl Stream {
    pub(super) fn new(cx: &Cx<'_>) -> Self {
        let answer = State {
            provider: cx.provider.slug,
            id: cx.response_id.to_owned(),
            is_named: false,
            created: cx.now,
            model: cx.model.to_owned(),
            ids: Ids::new(cx),
            ends: BTreeMap::new(),
            is_blocked: false,
            counts: None,
            searches: 0,
            thought_chars: 0,
            usage: None,
        };
        Self { decoder: Decoder::default(), answer }
    }
}

impl ChatStream for Stream {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { decoder, answer } = self;
        let pushed = decoder.push(bytes, |event| answer.event(event.data, out).map_err(Broken::Error));
        pushed.map_err(|it| it.typed(answer.provider))
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { decoder, answer } = self;
        let ended = decoder.finish(|event| answer.event(event.data, out).map_err(Broken::Error));
        ended.map_err(|it| it.typed(answer.provider))?;
        answer.end(out)
    }

    fn usage(&self) -> Option<&Usage> {
        self.answer.usage.as_ref()
    }
}

impl State {
    fn event(&mut self, data: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        if data.trim_ascii() == b"[DONE]" {
            return Ok(());
        }
        let answer: Answer = serde_json::from_slice(data).map_err(|_| self.unreadable("an event cannot be read"))?;
        if let Some(failure) = answer.error {
            return Err(error::typed(self.provider, None, failure));
        }
        self.name(answer.response_id, answer.model_version);
        self.searches += answer.candidates.iter().map(grounding::searches).sum::<u64>();
        if let Some(tokens) = answer.usage_metadata {
            self.counts = Some(Counts { tokens, searches: self.searches });
            self.usage = self.counts.as_ref().map(Counts::usage);
        }
        if answer.candidates.is_empty() && answer.prompt_feedback.is_some_and(|it| it.block_reason.is_some()) {
            self.block(out);
        }
        let mut choices = Vec::new();
        for candidate in answer.candidates {
            choices.extend(self.candidate(candidate)?);
        }
        if !choices.is_empty() {
            out.push(ChatChunk { choices, ..self.chunk() });
        }
        Ok(())
    }

    /// The first event names the answer; all chunks of a stream have one id.
    fn name(&mut self, id: Option<String>, model: Option<String>) {
        if std::mem::replace(&mut self.is_named, true) {
            return;
        }
        self.id = id.unwrap_or_else(|| std::mem::take(&mut self.id));
        self.model = model.unwrap_or_else(|| std::mem::take(&mut self.model));
    }

    /// The prompt was not let through: an answer of nothing.
    fn block(&mut self, out: &mut Vec<ChatChunk>) {
        self.is_blocked = true;
        out.push(self.chunk().with_delta(Delta { role: Some("assistant".into()), ..Delta::default() }));
    }

    fn candidate(&mut self, mut candidate: Candidate) -> Result<Option<ChunkChoice>, ProviderError> {
        let index = candidate.index;
        let parts = candidate.content.take().unwrap_or_default().parts;
        let said = Said::read(parts, &mut self.ids);
        self.thought_chars += said.reasoning.as_deref().map_or(0, |it| it.chars().count() as u64);
        if self.ends.len() >= MOST_CANDIDATES && !self.ends.contains_key(&index) {
            return Err(self.unreadable("more candidates than any model gives"));
        }
        let end = self.ends.entry(index).or_default();
        let mut fields = Object::new();
        grounding::collect(&candidate, &mut fields);
        end.fields.extend(fields);
        let mut delta = delta(said, &mut end.calls);
        let annotations = grounding::annotations(&candidate);
        if !annotations.is_empty() {
            delta.rest.insert("annotations".into(), Value::Array(annotations));
        }
        if candidate.finish_reason.is_some() {
            if !end.spoke
                && !delta.has_content()
                && let Some(error) = response::malformed(self.provider, &candidate)
            {
                return Err(error);
            }
            if !is_said_by_openai(&candidate) {
                end.rest = candidate::choice_fields(&candidate);
            }
            end.native.clone_from(&candidate.finish_reason);
        }
        let mut rest = Object::new();
        rest.extend(candidate.logprobs_result.as_ref().map(|it| ("logprobs".to_owned(), candidate::logprobs(it))));
        if !delta.has_content() && rest.is_empty() {
            return Ok(None);
        }
        if !std::mem::replace(&mut end.spoke, true) {
            delta.role = Some("assistant".into());
        }
        Ok(Some(ChunkChoice { index, delta, finish_reason: None, rest }))
    }

    /// Every answer ends once, then comes the usage. Errors when an answer has no end.
    fn end(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let has_calls = self.ends.values().any(|it| it.calls > 0);
        let ends = std::mem::take(&mut self.ends);
        let is_whole = ends.values().all(|it| it.native.is_some());
        if !std::mem::take(&mut self.is_blocked) && (ends.is_empty() || !is_whole) {
            return Err(ProviderError::cut(self.provider));
        }
        if ends.is_empty() {
            out.push(self.chunk().with_finish("content_filter"));
        }
        for (index, end) in ends {
            let reason = candidate::finish(end.native.as_deref(), end.calls > 0);
            let mut chunk = ChatChunk { rest: end.fields, ..self.chunk() }.with_finish(reason);
            for choice in &mut chunk.choices {
                choice.index = index;
                choice.rest.clone_from(&end.rest);
            }
            out.push(chunk);
        }
        if let Some(counts) = &mut self.counts {
            counts.searches = self.searches;
            let usage = counts.usage();
            // LiteLLM's callers read reasoning in the usage of every streamed text, not in that of calls.
            let reasoning = (!has_calls || self.thought_chars > 0).then(|| self.thought_chars.div_ceil(4));
            let wire = counts.wire(&usage, reasoning);
            out.push(self.chunk().with_usage(wire));
            self.usage = Some(usage);
        }
        Ok(())
    }

    fn chunk(&self) -> ChatChunk {
        ChatChunk::new(&self.id, self.created, &self.model)
    }

    fn unreadable(&self, message: &str) -> ProviderError {
        ProviderError::unreadable(self.provider, message)
    }
}

/// Whether OpenAI's word for the end loses nothing of Google's.
fn is_said_by_openai(candidate: &Candidate) -> bool {
    matches!(candidate.finish_reason.as_deref(), Some("STOP" | "MAX_TOKENS" | "SAFETY"))
}

/// What is new, as a delta; thinking blocks are for signatures that belong to thoughts.
fn delta(mut said: Said, calls: &mut u64) -> Delta {
    let mut rest = Object::new();
    said.thinking.retain(|it| it.get("signature").is_some());
    for (name, values) in [("images", &mut said.images), ("thinking_blocks", &mut said.thinking)] {
        if !values.is_empty() {
            rest.insert(name.to_owned(), Value::Array(std::mem::take(values)));
        }
    }
    rest.extend(said.audio.take().map(|it| ("audio".to_owned(), it)));
    rest.extend(said.provider_fields().map(|it| ("provider_specific_fields".to_owned(), it)));
    let tool_calls = said.calls.into_iter().map(|call| {
        let index = *calls;
        *calls += 1;
        ToolCallDelta {
            index,
            rest: call.rest(),
            id: Some(call.id),
            kind: Some("function".into()),
            function: FunctionDelta { name: Some(call.name), arguments: Some(call.arguments), rest: Object::new() },
        }
    });
    Delta {
        tool_calls: tool_calls.collect(),
        content: said.text.filter(|it| !it.is_empty()),
        reasoning_content: said.reasoning.filter(|it| !it.is_empty()),
        rest,
        ..Delta::default()
    }
}

impl From<LineTooLong> for Broken {
    fn from(it: LineTooLong) -> Self {
        Self::Line(it)
    }
}

impl Broken {
    fn typed(self, provider: &'static str) -> ProviderError {
        match self {
            Self::Line(it) => ProviderError::unreadable(provider, it.to_string()),
            Self::Error(it) => it,
        }
    }
}

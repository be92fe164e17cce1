//! OpenAI's chat stream: one event in, chunks out.

use std::collections::BTreeMap;

use serde_json::Value;

use super::response::{include_reasoning, keep_native_reason, seconds, stated_cost, take_text};
use super::{error, structured};
use crate::chat::chunk::{ChatChunk, ChunkChoice, Delta, FunctionDelta, ToolCallDelta};
use crate::finish::finish_reason;
use crate::provider::{Quirks, ReasoningField, Schemas};
use crate::sse::{Decoder, Event, LineTooLong};
use crate::{ChatStream, Cx, Object, ProviderError, Usage};

/// Of a body that is no event stream, this much is kept to tell what it says, in bytes.
const MAX_HEAD: usize = 64 << 10;
/// Most choices and tool calls of one answer that are told apart.
const MAX_TRACKED: usize = 4096;

pub(super) struct Stream {
    decoder: Decoder,
    state: State,
    /// What came before the first event; servers that fail early answer with a plain error object.
    head: Vec<u8>,
}

struct State {
    provider: &'static str,
    model: String,
    response_id: String,
    id: Option<String>,
    rest: Object,
    created: Option<u64>,
    now: u64,
    choices: BTreeMap<u64, Progress>,
    usage: Option<Usage>,
    usage_chunk: Option<ChatChunk>,
    service_tier: Option<String>,
    has_events: bool,
    is_done: bool,
    quirks: &'static Quirks,
}

#[derive(Default)]
struct Progress {
    is_finished: bool,
    has_calls: bool,
    call_ids: Vec<String>,
    /// The call whose arguments are the answer.
    form_call: Option<u64>,
}

/// Either error an event can end in, so that the decoder's own passes through its callback.
struct Failure(ProviderError);

impl From<LineTooLong> for Failure {
    fn from(it: LineTooLong) -> Self {
        Self(ProviderError::unreadable("", it.to_string()))
    }
}

impl Stream {
    pub(super) fn new(cx: &Cx<'_>) -> Self {
        let state = State {
            provider: cx.provider.slug,
            model: cx.model.into(),
            response_id: cx.response_id.into(),
            id: None,
            rest: Object::new(),
            created: None,
            now: cx.now,
            choices: BTreeMap::new(),
            usage: None,
            usage_chunk: None,
            service_tier: None,
            has_events: false,
            is_done: false,
            quirks: &cx.provider.quirks,
        };
        Self { decoder: Decoder::default(), state, head: Vec::new() }
    }
}

impl ChatStream for Stream {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { decoder, state, head } = self;
        if !state.has_events {
            let room = MAX_HEAD.saturating_sub(head.len());
            head.extend(bytes.iter().take(room));
        }
        let pushed = decoder.push(bytes, |event| state.event(&event, out).map_err(Failure));
        if state.has_events {
            *head = Vec::new();
        }
        pushed.map_err(|it| state.name(it))
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { decoder, state, head } = self;
        let finished = decoder.finish(|event| state.event(&event, out).map_err(Failure));
        finished.map_err(|it| state.name(it))?;
        let fields = if state.has_events { None } else { serde_json::from_slice::<Object>(head).ok() };
        if let Some(fields) = fields.filter(|it| it.get("error").is_some_and(|it| !it.is_null())) {
            return Err(error::inline(state.provider, &fields));
        }
        if !state.is_done && (state.choices.is_empty() || !state.choices.values().all(|it| it.is_finished)) {
            return Err(ProviderError::cut(state.provider));
        }
        out.extend(state.usage_chunk.take());
        Ok(())
    }

    fn usage(&self) -> Option<&Usage> {
        self.state.usage.as_ref()
    }
}

impl State {
    fn name(&self, failure: Failure) -> ProviderError {
        ProviderError { provider: self.provider, ..failure.0 }
    }

    fn event(&mut self, event: &Event<'_>, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        self.has_events = true;
        let data = event.data.trim_ascii();
        if self.is_done || data.is_empty() {
            return Ok(());
        }
        if data == b"[DONE]" {
            self.is_done = true;
            return self.close(out);
        }
        let fields: Object = serde_json::from_slice(data)
            .map_err(|_| ProviderError::unreadable(self.provider, "an event is no JSON object"))?;
        if fields.get("error").is_some_and(|it| !it.is_null()) || event.name == "error" {
            return Err(error::inline(self.provider, &fields));
        }
        self.chunk(fields, out)
    }

    /// `[DONE]` is the provider's word that the answer is complete; a reason it forgot is filled in.
    fn close(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        if self.choices.is_empty() {
            return Err(ProviderError::cut(self.provider));
        }
        let open: Vec<(u64, bool)> =
            self.choices.iter().filter(|(_, it)| !it.is_finished).map(|(at, it)| (*at, it.has_calls)).collect();
        for (index, has_calls) in open {
            let reason = if has_calls { "tool_calls" } else { "stop" };
            out.push(self.frame(self.rest.clone(), vec![finish(index, reason)]));
        }
        out.extend(self.usage_chunk.take());
        Ok(())
    }

    fn chunk(&mut self, fields: Object, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let (mut usage, mut choices, mut rest) = (None, Vec::new(), Object::new());
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("id", Value::String(id)) if !id.is_empty() => self.id = Some(id),
                ("created", value) => self.created = self.created.or_else(|| seconds(&value)),
                ("usage", Value::Object(counts)) => usage = Some(counts),
                ("choices", Value::Array(list)) => choices = list,
                ("id" | "model" | "object" | "usage", _) | ("choices", Value::Null) => {}
                ("choices", _) => {
                    return Err(ProviderError::unreadable(self.provider, "an event's choices are no list"));
                }
                (_, value) => drop(rest.insert(name, value)),
            }
        }
        if let Some(tier) = rest.get("service_tier").and_then(Value::as_str)
            && self.service_tier.as_deref() != Some(tier)
        {
            self.service_tier = Some(tier.into());
        }
        if let Some(usage) = usage {
            self.count(usage, &rest);
        }
        if self.rest != rest {
            self.rest.clone_from(&rest);
        }
        let last = choices.pop();
        for value in choices {
            self.choice(value, rest.clone(), out)?;
        }
        last.map_or(Ok(()), |it| self.choice(it, rest, out))
    }

    /// Usage is given out once, last, whenever and however often the provider sends it.
    fn count(&mut self, mut wire: Object, rest: &Object) {
        include_reasoning(&mut wire);
        if let Some(mut usage) = Usage::from_openai(&wire) {
            usage.service_tier.clone_from(&self.service_tier);
            usage.stated_cost = Some(&wire).filter(|_| self.quirks.states_cost).and_then(stated_cost);
            self.usage = Some(usage);
            self.usage_chunk = Some(self.frame(rest.clone(), Vec::new()).with_usage(wire));
        }
    }

    fn choice(&mut self, value: Value, rest: Object, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let unreadable = || ProviderError::unreadable(self.provider, "an event has a choice that is none");
        let Value::Object(mut fields) = value else { return Err(unreadable()) };
        let index = fields.shift_remove("index").and_then(|it| it.as_u64()).unwrap_or(0);
        if self.choices.len() >= MAX_TRACKED && !self.choices.contains_key(&index) {
            return Err(unreadable());
        }
        let progress = self.choices.entry(index).or_default();
        let delta = match fields.shift_remove("delta") {
            Some(Value::Object(delta)) => delta_of(delta, progress, self.quirks),
            _ => Some(Delta::default()),
        };
        let Some(mut delta) = delta else { return Err(unreadable()) };
        if self.quirks.schemas != Schemas::Native {
            structured::unwrap_piece(&mut progress.form_call, &mut delta);
        }
        progress.has_calls |= !delta.tool_calls.is_empty();
        let native = take_text(&mut fields, "finish_reason");
        let says = delta.has_content() || delta.role.is_some();
        let Some(native) = native else {
            let choice = ChunkChoice { index, delta, finish_reason: None, rest: fields };
            out.push(self.frame(rest, vec![choice]));
            return Ok(());
        };
        progress.is_finished = true;
        let is_form = progress.form_call.is_some() && !progress.has_calls;
        if says {
            let choice = ChunkChoice { index, delta, finish_reason: None, rest: std::mem::take(&mut fields) };
            out.push(self.frame(rest.clone(), vec![choice]));
        }
        keep_native_reason(&native, &mut fields);
        let reason = match finish_reason(&native) {
            "tool_calls" if is_form => "stop",
            reason => reason,
        };
        let choice = ChunkChoice { rest: fields, ..finish(index, reason) };
        out.push(self.frame(rest, vec![choice]));
        Ok(())
    }

    fn frame(&self, rest: Object, choices: Vec<ChunkChoice>) -> ChatChunk {
        let id = self.id.as_deref().unwrap_or(&self.response_id);
        let chunk = ChatChunk::new(id, self.created.unwrap_or(self.now), &self.model);
        ChatChunk { choices, rest, ..chunk }
    }
}

fn finish(index: u64, reason: &str) -> ChunkChoice {
    ChunkChoice { index, finish_reason: Some(reason.into()), ..ChunkChoice::default() }
}

fn delta_of(mut fields: Object, progress: &mut Progress, quirks: &Quirks) -> Option<Delta> {
    let given = take_string(&mut fields, "reasoning_content");
    let renamed = if given.is_none() { take_string(&mut fields, "reasoning") } else { None };
    let calls = match fields.shift_remove("tool_calls") {
        Some(Value::Array(calls)) => calls,
        _ => Vec::new(),
    };
    let tool_calls = calls.into_iter().map(|it| call_of(it, progress)).collect::<Option<_>>()?;
    if let Some(text) = renamed.as_ref().filter(|_| quirks.reasoning == ReasoningField::BothInStreams) {
        fields.insert("reasoning".into(), text.clone().into());
    }
    let role = take_text(&mut fields, "role");
    let content = take_string(&mut fields, "content");
    fields.retain(|_, value| !value.is_null());
    Some(Delta { role, content, reasoning_content: given.or(renamed), tool_calls, rest: fields })
}

fn call_of(value: Value, progress: &mut Progress) -> Option<ToolCallDelta> {
    let Value::Object(mut fields) = value else { return None };
    let id = take_text(&mut fields, "id");
    let given = fields.shift_remove("index").and_then(|it| it.as_u64());
    let index = given.unwrap_or_else(|| position(id.as_deref(), progress));
    if given.is_some()
        && let Some(id) = &id
        && progress.call_ids.len() < MAX_TRACKED
    {
        progress.call_ids.push(id.clone());
    }
    let mut function = match fields.shift_remove("function") {
        Some(Value::Object(function)) => function,
        _ => Object::new(),
    };
    let arguments = match function.shift_remove("arguments") {
        Some(Value::String(text)) => Some(text),
        Some(Value::Null) | None => None,
        Some(other) => Some(other.to_string()),
    };
    let name = take_text(&mut function, "name");
    let kind = take_text(&mut fields, "type").unwrap_or_else(|| "function".into());
    let function = FunctionDelta { name, arguments, rest: function };
    Some(ToolCallDelta { index, id, kind: Some(kind), function, rest: fields })
}

/// Servers that number no calls start each with a new id.
fn position(id: Option<&str>, progress: &mut Progress) -> u64 {
    let known = id.and_then(|id| progress.call_ids.iter().position(|it| it == id));
    if let (None, Some(id)) = (known, id)
        && progress.call_ids.len() < MAX_TRACKED
    {
        progress.call_ids.push(id.into());
    }
    known.unwrap_or_else(|| progress.call_ids.len().saturating_sub(1)) as u64
}

/// A string field, empty or not, taken out.
fn take_string(fields: &mut Object, name: &str) -> Option<String> {
    match fields.shift_remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

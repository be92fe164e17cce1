//! A streamed answer as chat chunks ("Streaming events"): one event in, chunks out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{choice, item};
use crate::chat::chunk::{Delta, FunctionDelta, ToolCallDelta};
use crate::openai::error;
use crate::sse::{Decoder, LineTooLong};
use crate::{ChatChunk, ChatStream, Cx, Object, ProviderError, Usage};

/// Most output items of one answer that are told apart.
const MAX_TRACKED: usize = 4096;

/// Decodes one stream; keeps a few words about each call, nothing that has been handed on.
pub(super) struct Stream {
    decoder: Decoder,
    state: State,
}

struct State {
    provider: &'static str,
    id: String,
    created: u64,
    model: String,
    service_tier: Option<String>,
    has_spoken: bool,
    /// Calls by the place of their item.
    calls: BTreeMap<u64, Call>,
    /// The open text part has said something.
    has_text: bool,
    usage: Option<Usage>,
    is_done: bool,
}

struct Call {
    index: u64,
    has_arguments: bool,
}

/// Why decoding stopped.
enum Broken {
    Line(LineTooLong),
    Error(ProviderError),
}

impl From<LineTooLong> for Broken {
    fn from(it: LineTooLong) -> Self {
        Self::Line(it)
    }
}

impl Stream {
    pub(super) fn new(cx: &Cx<'_>) -> Self {
        let state = State {
            provider: cx.provider.slug,
            id: cx.response_id.into(),
            created: cx.now,
            model: choice::model(cx).into(),
            service_tier: None,
            has_spoken: false,
            calls: BTreeMap::new(),
            has_text: false,
            usage: None,
            is_done: false,
        };
        Self { decoder: Decoder::default(), state }
    }
}

impl ChatStream for Stream {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { decoder, state } = self;
        let pushed = decoder.push(bytes, |event| state.event(event.data, out).map_err(Broken::Error));
        pushed.map_err(|it| state.typed(it))
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Self { decoder, state } = self;
        let ended = decoder.finish(|event| state.event(event.data, out).map_err(Broken::Error));
        ended.map_err(|it| state.typed(it))?;
        if state.is_done { Ok(()) } else { Err(ProviderError::cut(state.provider)) }
    }

    fn usage(&self) -> Option<&Usage> {
        self.state.usage.as_ref()
    }
}

impl State {
    fn typed(&self, broken: Broken) -> ProviderError {
        match broken {
            Broken::Line(it) => ProviderError::unreadable(self.provider, it.to_string()),
            Broken::Error(it) => it,
        }
    }

    fn event(&mut self, data: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let data = data.trim_ascii();
        if self.is_done || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        let event: Object = serde_json::from_slice(data)
            .map_err(|_| ProviderError::unreadable(self.provider, "an event is no JSON object"))?;
        let (kind, delta) = (item::text(&event, "type"), item::text(&event, "delta"));
        let place = event.get("output_index").and_then(Value::as_u64).unwrap_or(0);
        let inner = |name: &str| event.get(name).and_then(Value::as_object);
        match kind {
            "error" => return Err(error::inline(self.provider, &event)),
            "response.failed" => {
                let response = inner("response").unwrap_or(&event);
                self.usage = self.counts(response).1;
                return Err(error::inline(self.provider, response));
            }
            "response.created" | "response.in_progress" | "response.queued" => {
                self.start(inner("response").unwrap_or(&event));
            }
            "response.completed" | "response.incomplete" => self.end(inner("response").unwrap_or(&event), out),
            "response.output_item.added" => self.open(place, inner("item"), out)?,
            "response.output_item.done" => self.close(place, inner("item"), out),
            "response.content_part.added" => self.has_text = false,
            "response.output_text.delta" => self.text(delta, event.get("logprobs"), out),
            "response.output_text.done" if !self.has_text => self.text(item::text(&event, "text"), None, out),
            "response.output_text.annotation.added" => {
                let annotation = event.get("annotation").map(item::annotation);
                self.say(rest("annotations", json!([annotation])), out);
            }
            "response.refusal.delta" => self.say(rest("refusal", delta.into()), out),
            "response.reasoning_summary_part.added" if event.get("summary_index").and_then(Value::as_u64) > Some(0) => {
                self.think("\n\n", out);
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => self.think(delta, out),
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                self.arguments(place, delta, out);
            }
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, response: &Object) {
        let given = |name: &str| Some(item::text(response, name)).filter(|it| !it.is_empty()).map(str::to_owned);
        self.id = given("id").unwrap_or_else(|| std::mem::take(&mut self.id));
        self.model = given("model").unwrap_or_else(|| std::mem::take(&mut self.model));
        self.service_tier = given("service_tier").or_else(|| self.service_tier.take());
        if let Some(created) = response.get("created_at").and_then(Value::as_f64) {
            self.created = created as u64;
        }
    }

    fn open(&mut self, place: u64, item: Option<&Object>, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Some(item) = item.filter(|it| item::is_call(it)) else { return Ok(()) };
        if self.calls.len() >= MAX_TRACKED {
            return Err(ProviderError::unreadable(self.provider, "the answer has too many calls"));
        }
        let index = self.calls.len() as u64;
        let arguments = item::arguments(item);
        self.calls.insert(place, Call { index, has_arguments: !arguments.is_empty() });
        let function = FunctionDelta {
            name: Some(item::text(item, "name").into()),
            arguments: Some(arguments.into()),
            ..FunctionDelta::default()
        };
        let id = Some(item::text(item, "call_id").into());
        self.call(ToolCallDelta { index, id, function, ..ToolCallDelta::default() }, out);
        Ok(())
    }

    /// Items that came without pieces say everything when they are done.
    fn close(&mut self, place: u64, item: Option<&Object>, out: &mut Vec<ChatChunk>) {
        let Some(item) = item else { return };
        match item::text(item, "type") {
            "reasoning" => {
                if let Some(block) = item::sealed(item, "") {
                    self.say(rest("thinking_blocks", json!([block])), out);
                }
            }
            "image_generation_call" => {
                if let Some(image) = item::image(item) {
                    self.say(rest("images", json!([image])), out);
                }
            }
            _ if item::is_call(item) && self.calls.get(&place).is_some_and(|it| !it.has_arguments) => {
                self.arguments(place, item::arguments(item), out);
            }
            _ => {}
        }
    }

    fn arguments(&mut self, place: u64, more: &str, out: &mut Vec<ChatChunk>) {
        let Some(call) = self.calls.get_mut(&place).filter(|_| !more.is_empty()) else { return };
        call.has_arguments = true;
        let index = call.index;
        let function = FunctionDelta { arguments: Some(more.into()), ..FunctionDelta::default() };
        self.call(ToolCallDelta { index, function, ..ToolCallDelta::default() }, out);
    }

    fn call(&mut self, call: ToolCallDelta, out: &mut Vec<ChatChunk>) {
        let call = ToolCallDelta { kind: Some("function".into()), ..call };
        self.say(Delta { tool_calls: vec![call], ..Delta::default() }, out);
    }

    fn text(&mut self, text: &str, logprobs: Option<&Value>, out: &mut Vec<ChatChunk>) {
        self.has_text = true;
        self.say(Delta { content: Some(text.into()), ..Delta::default() }, out);
        let logprobs = logprobs.filter(|it| it.as_array().is_some_and(|it| !it.is_empty()));
        if let (Some(logprobs), Some(choice)) = (logprobs, out.last_mut().and_then(|it| it.choices.first_mut())) {
            choice.rest.insert("logprobs".into(), json!({"content": logprobs}));
        }
    }

    fn think(&mut self, text: &str, out: &mut Vec<ChatChunk>) {
        self.say(Delta { reasoning_content: Some(text.into()), ..Delta::default() }, out);
    }

    fn say(&mut self, mut delta: Delta, out: &mut Vec<ChatChunk>) {
        if !self.has_spoken {
            self.has_spoken = true;
            delta.role = Some("assistant".into());
        }
        out.push(self.chunk().with_delta(delta));
    }

    fn end(&mut self, response: &Object, out: &mut Vec<ChatChunk>) {
        self.is_done = true;
        self.start(response);
        let items = || item::objects(response, "output");
        let reasoning: Vec<Value> =
            items().filter(|it| item::text(it, "type") == "reasoning").map(item::kept_reasoning).collect();
        if !reasoning.is_empty() {
            self.say(Delta { content: Some(String::new()), ..rest("reasoning_items", reasoning.into()) }, out);
        }
        let hosted: Vec<&Object> = items().filter(|it| item::is_hosted(it)).collect();
        if !hosted.is_empty() {
            self.say(rest("provider_specific_fields", json!({"output": hosted})), out);
        }
        out.push(self.chunk().with_finish(item::reason(response, !self.calls.is_empty())));
        let (shown, usage) = self.counts(response);
        self.usage = usage;
        out.extend(shown.map(|it| self.chunk().with_usage(it)));
    }

    fn counts(&self, response: &Object) -> (Option<Object>, Option<Usage>) {
        let (shown, mut usage) = item::counts(response);
        usage.service_tier = usage.service_tier.or_else(|| self.service_tier.clone());
        let is_counted = shown.is_some();
        (shown, is_counted.then_some(usage))
    }

    fn chunk(&self) -> ChatChunk {
        let mut chunk = ChatChunk::new(&self.id, self.created, &self.model);
        if let Some(tier) = &self.service_tier {
            chunk.rest.insert("service_tier".into(), tier.clone().into());
        }
        chunk
    }
}

fn rest(name: &str, value: Value) -> Delta {
    let mut delta = Delta::default();
    delta.rest.insert(name.into(), value);
    delta
}

//! Cohere's Command R inside of `InvokeModel` ("Cohere Command R and Command R+ models"): one question, the history
//! beside it.

mod request;

use serde::Deserialize;
use serde_json::Value;

use super::stream::Events;
use super::{Protocol, metered};
use crate::chat::chunk::{Delta, FunctionDelta, ToolCallDelta};
use crate::chat::response::{Answer, Choice, FunctionCall, ToolCall};
use crate::finish::finish_reason;
use crate::{ChatChunk, ChatRequest, ChatResponse, Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

/// The protocol.
pub(super) struct CommandR;

impl Protocol for CommandR {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        request::render(cx, req)
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        let said: Said = serde_json::from_slice(body).map_err(|_| unreadable(cx.provider.slug))?;
        let Some(text) = said.text else { return Err(unreadable(cx.provider.slug)) };
        let tool_calls: Vec<_> = said.tool_calls.into_iter().enumerate().map(|(at, it)| call(cx, at, it)).collect();
        let reason = reason(said.finish_reason.as_deref(), !tool_calls.is_empty());
        let content = Some(text).filter(|it| !it.is_empty() || tool_calls.is_empty());
        let message = Answer { role: "assistant".into(), content, tool_calls, ..Answer::default() };
        let response = ChatResponse {
            id: cx.response_id.to_owned(),
            created: cx.now,
            model: cx.model.to_owned(),
            object: "chat.completion".into(),
            choices: vec![Choice { message, finish_reason: Some(reason.into()), ..Choice::default() }],
            ..ChatResponse::default()
        };
        // The counts are in the answer's headers alone.
        Ok((response, Usage::default()))
    }

    fn events(&self, cx: &Cx<'_>) -> Box<dyn Events> {
        Box::new(Stream {
            provider: cx.provider.slug,
            first: ChatChunk::new(cx.response_id, cx.now, cx.model),
            spoke: false,
            calls: 0,
            reason: None,
            usage: None,
        })
    }
}

/// An answer, or an event of one.
#[derive(Deserialize)]
struct Said {
    event_type: Option<String>,
    text: Option<String>,
    #[serde(default)]
    tool_calls: Vec<Called>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Called {
    name: String,
    #[serde(default)]
    parameters: Object,
}

fn call(cx: &Cx<'_>, at: usize, called: Called) -> ToolCall {
    ToolCall {
        id: format!("call_{}_{at}", cx.response_id),
        kind: "function".into(),
        function: FunctionCall {
            name: called.name,
            arguments: Value::Object(called.parameters).to_string(),
            rest: Object::new(),
        },
        rest: Object::new(),
    }
}

fn reason(native: Option<&str>, has_calls: bool) -> &'static str {
    match finish_reason(native.unwrap_or_default()) {
        "stop" if has_calls => "tool_calls",
        reason => reason,
    }
}

/// A streamed answer; calls come whole.
struct Stream {
    provider: &'static str,
    first: ChatChunk,
    spoke: bool,
    calls: u64,
    reason: Option<&'static str>,
    usage: Option<Usage>,
}

impl Stream {
    fn say(&mut self, mut delta: Delta, out: &mut Vec<ChatChunk>) {
        if !std::mem::replace(&mut self.spoke, true) {
            delta.role = Some("assistant".into());
        }
        out.push(self.first.clone().with_delta(delta));
    }
}

impl Events for Stream {
    fn event(&mut self, json: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let event: Value = serde_json::from_slice(json).map_err(|_| unreadable(self.provider))?;
        self.usage = metered::usage(&event).or_else(|| self.usage.take());
        let said: Said = serde_json::from_value(event).map_err(|_| unreadable(self.provider))?;
        match said.event_type.as_deref().unwrap_or_default() {
            "text-generation" => {
                let content = said.text.filter(|it| !it.is_empty());
                if content.is_some() {
                    self.say(Delta { content, ..Delta::default() }, out);
                }
            }
            "tool-calls-generation" => {
                for called in said.tool_calls {
                    let index = self.calls;
                    self.calls += 1;
                    let arguments = Value::Object(called.parameters).to_string();
                    let call = ToolCallDelta {
                        index,
                        id: Some(format!("call_{}_{index}", self.first.id)),
                        kind: Some("function".into()),
                        function: FunctionDelta {
                            name: Some(called.name),
                            arguments: Some(arguments),
                            ..FunctionDelta::default()
                        },
                        ..ToolCallDelta::default()
                    };
                    self.say(Delta { tool_calls: vec![call], ..Delta::default() }, out);
                }
            }
            "stream-end" => self.reason = Some(reason(said.finish_reason.as_deref(), self.calls > 0)),
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Some(reason) = self.reason.take() else { return Err(ProviderError::cut(self.provider)) };
        out.push(self.first.clone().with_finish(reason));
        out.extend(self.usage.as_ref().map(|it| self.first.clone().with_usage(metered::wire(it))));
        Ok(())
    }

    fn usage(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }
}

fn unreadable(provider: &'static str) -> ProviderError {
    ProviderError::unreadable(provider, "the answer is none of Command R")
}

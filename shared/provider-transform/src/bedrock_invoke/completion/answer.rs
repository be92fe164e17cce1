//! Completions as chat answers.

use serde_json::Value;

use super::family::Family;
use super::thought::{Parts, Splitter};
use crate::bedrock_invoke::metered::{self, wire};
use crate::bedrock_invoke::stream::Events;
use crate::chat::chunk::Delta;
use crate::chat::response::{Answer, Choice};
use crate::finish::finish_reason;
use crate::{ChatChunk, ChatResponse, Cx, Object, ProviderError, Usage};

/// A whole answer.
pub(super) fn parse(cx: &Cx<'_>, family: &Family, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
    let body: Value = serde_json::from_slice(body).map_err(|_| unreadable(cx.provider.slug))?;
    let text = text_at(&body, family.text).ok_or_else(|| unreadable(cx.provider.slug))?;
    let mut splitter = splitter(family);
    let mut parts = splitter.push(text);
    parts.thought.push_str(&splitter.finish().thought);
    let usage = usage(family, &body);
    let message = Answer {
        role: "assistant".into(),
        content: Some(parts.text),
        reasoning_content: Some(parts.thought).filter(|it| !it.is_empty()),
        tool_calls: Vec::new(),
        rest: Object::new(),
    };
    let reason = finish_reason(text_at(&body, family.reason).unwrap_or_default());
    let response = ChatResponse {
        id: cx.response_id.to_owned(),
        created: cx.now,
        model: cx.model.to_owned(),
        object: "chat.completion".into(),
        choices: vec![Choice { index: 0, message, finish_reason: Some(reason.into()), rest: Object::new() }],
        usage: usage.as_ref().map(wire),
        rest: Object::new(),
    };
    Ok((response, usage.unwrap_or_default()))
}

/// A streamed answer; nothing that has been handed on is kept.
pub(super) struct Stream {
    family: &'static Family,
    provider: &'static str,
    id: String,
    created: u64,
    model: String,
    splitter: Splitter,
    spoke: bool,
    reason: Option<&'static str>,
    usage: Option<Usage>,
}

impl Stream {
    pub(super) fn new(cx: &Cx<'_>, family: &'static Family) -> Self {
        Self {
            family,
            provider: cx.provider.slug,
            id: cx.response_id.to_owned(),
            created: cx.now,
            model: cx.model.to_owned(),
            splitter: splitter(family),
            spoke: false,
            reason: None,
            usage: None,
        }
    }

    fn say(&mut self, parts: Parts, out: &mut Vec<ChatChunk>) {
        let filled = |it: String| Some(it).filter(|it| !it.is_empty());
        for (reasoning_content, content) in [(filled(parts.thought), None), (None, filled(parts.text))] {
            if reasoning_content.is_none() && content.is_none() {
                continue;
            }
            let role = (!std::mem::replace(&mut self.spoke, true)).then(|| "assistant".to_owned());
            out.push(self.chunk().with_delta(Delta { role, content, reasoning_content, ..Delta::default() }));
        }
    }

    fn chunk(&self) -> ChatChunk {
        ChatChunk::new(&self.id, self.created, &self.model)
    }
}

impl Events for Stream {
    fn event(&mut self, json: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let event: Value = serde_json::from_slice(json).map_err(|_| unreadable(self.provider))?;
        if let Some(text) = text_at(&event, self.family.text) {
            let parts = self.splitter.push(text);
            self.say(parts, out);
        }
        if let Some(reason) = text_at(&event, self.family.reason) {
            self.reason = Some(finish_reason(reason));
        }
        if let Some(usage) = usage(self.family, &event) {
            self.usage = Some(usage);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let Some(reason) = self.reason.take() else { return Err(ProviderError::cut(self.provider)) };
        let held = self.splitter.finish();
        self.say(held, out);
        out.push(self.chunk().with_finish(reason));
        out.extend(self.usage.as_ref().map(|it| self.chunk().with_usage(wire(it))));
        Ok(())
    }

    fn usage(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }
}

fn splitter(family: &Family) -> Splitter {
    if family.thinks { Splitter::default() } else { Splitter::off() }
}

fn text_at<'a>(value: &'a Value, places: &[&str]) -> Option<&'a str> {
    places.iter().find_map(|it| value.pointer(it)?.as_str())
}

/// Both counts or none: half of them would look paid.
fn usage(family: &Family, value: &Value) -> Option<Usage> {
    if let Some(metered) = metered::usage(value) {
        return Some(metered);
    }
    let [prompt, completion] = family.counts.map(|it| it.iter().find_map(|it| value.pointer(it)?.as_u64()));
    Some(Usage { prompt_tokens: prompt?, completion_tokens: completion?, ..Usage::default() })
}

fn unreadable(provider: &'static str) -> ProviderError {
    ProviderError::unreadable(provider, "the answer is no completion")
}

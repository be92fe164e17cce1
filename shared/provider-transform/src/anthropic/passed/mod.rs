//! Answers of the messages API handed on as they came: the model's name is the caller's, everything else the host's.

mod events;

use serde::Deserialize;
use serde_json::Value;

use crate::anthropic::answer::Failure;
use crate::anthropic::error;
use crate::anthropic::usage::{Counts, Thought};
use crate::format::{FrameStream, Reader, View, Whole};
use crate::provider::claude::{Framing, Host};
use crate::{Cx, Object, ProviderError};

use events::{Aws, Passing, ServerSent};

/// Reads one answer.
pub(crate) struct Passed {
    host: &'static Host,
    model: String,
}

impl Passed {
    pub(crate) fn new(host: &'static Host, view: &View<'_>) -> Self {
        Self { host, model: view.model.to_owned() }
    }
}

impl Reader for Passed {
    fn whole(self: Box<Self>, cx: &Cx<'_>, body: &[u8]) -> Result<Whole, ProviderError> {
        let unreadable = || ProviderError::unreadable(cx.provider.slug, "the answer is no message");
        let mut message: Object = serde_json::from_slice(body).map_err(|_| unreadable())?;
        let Some(content) = message.get("content").and_then(Value::as_array) else {
            let failure = Failure::deserialize(&Value::Object(message));
            return Err(failure.map_or_else(|_| unreadable(), |it| error::typed(cx.provider.slug, None, it.error)));
        };
        let (text_len, thought) = (written(content), thought(content));
        let counts = message.get("usage").and_then(|it| Counts::deserialize(it).ok()).unwrap_or_default();
        let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (id, model) = (text("id"), text("model"));
        message.insert("model".into(), self.model.into());
        Ok(Whole {
            body: serde_json::to_vec(&message).unwrap_or_default().into(),
            usage: counts.usage(thought),
            id,
            model,
            text_len,
            keep: None,
        })
    }

    fn stream(self: Box<Self>, cx: &Cx<'_>) -> Box<dyn FrameStream> {
        let passing = Passing::new(cx.provider.slug, self.model);
        match self.host.framing {
            Framing::ServerSent => Box::new(ServerSent::new(passing)),
            Framing::Aws => Box::new(Aws::new(passing)),
        }
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        match cx.provider.chat {
            Some(dialect) => dialect.error(cx, status, body),
            None => error::parse(cx.provider.slug, status, body),
        }
    }
}

fn thought(content: &[Value]) -> Thought {
    let thinking: Vec<_> = content.iter().filter_map(|it| it["thinking"].as_str()).collect();
    let has_hidden = content.iter().any(|it| it["type"] == "redacted_thinking");
    match thinking.iter().map(|it| it.chars().count() as u64).sum() {
        0 if has_hidden || !thinking.is_empty() => Thought::Hidden,
        0 => Thought::None,
        chars => Thought::Chars(chars),
    }
}

/// Characters that the model wrote.
fn written(content: &[Value]) -> usize {
    let said = content.iter().flat_map(|it| [it["text"].as_str(), it["thinking"].as_str()]);
    let called = content.iter().filter_map(|it| it.get("input")).map(|it| it.to_string().chars().count());
    said.flatten().map(|it| it.chars().count()).sum::<usize>() + called.sum::<usize>()
}

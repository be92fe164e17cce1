//! Amazon Nova inside of `InvokeModel`: Converse's words in an envelope of Nova's own ("Amazon Nova", "Complete request
//! schema").

use std::borrow::Cow;

use serde_json::Value;

use super::stream::Events;
use super::{Protocol, address, delivery};
use crate::bedrock_converse::{ConverseChat, Events as ConverseEvents};
use crate::event_stream::{Kind, Message};
use crate::{
    ChatChunk, ChatDialect, ChatRequest, ChatResponse, Cx, Object, ProviderError, ProviderRequest, TransformError,
    Usage,
};

/// The protocol.
pub(super) struct Nova;

/// Fields that Nova's schema has.
const FIELDS: [&str; 4] = ["inferenceConfig", "messages", "system", "toolConfig"];

impl Protocol for Nova {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        let mut sent = ConverseChat.request(cx, req)?;
        if let Ok(Value::Object(mut body)) = serde_json::from_slice(&sent.body) {
            let more = body.shift_remove("additionalModelRequestFields");
            let left: Vec<_> = body.keys().filter(|it| !FIELDS.contains(&it.as_str())).cloned().collect();
            for name in left {
                body.shift_remove(&name);
                sent.dropped.push(name);
            }
            if let Some(Value::Object(more)) = more {
                merge(more, &mut body);
            }
            body.insert("schemaVersion".into(), "messages-v1".into());
            sent.body = Value::Object(body).to_string().into();
        }
        (sent.url, sent.auth) = address(cx, delivery(req))?;
        Ok(sent)
    }

    fn tool_name<'a>(&self, cx: &Cx<'_>, name: &'a str) -> Cow<'a, str> {
        ConverseChat.tool_name(cx, name)
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        ConverseChat.response(cx, body)
    }

    fn events(&self, cx: &Cx<'_>) -> Box<dyn Events> {
        Box::new(Named { provider: cx.provider.slug, events: ConverseEvents::new(cx) })
    }
}

/// What Converse has no name for stands beside what it has, `topK` among the settings of inference.
fn merge(more: Object, body: &mut Object) {
    for (name, value) in more {
        match (body.get_mut(&name), value) {
            (Some(Value::Object(there)), Value::Object(value)) => there.extend(value),
            (_, value) => _ = body.insert(name, value),
        }
    }
}

/// Converse's events, each named by its only field.
struct Named {
    provider: &'static str,
    events: ConverseEvents,
}

impl Events for Named {
    fn event(&mut self, json: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let unreadable = |_| ProviderError::unreadable(self.provider, "an event is no JSON object");
        let fields: Object = serde_json::from_slice(json).map_err(unreadable)?;
        for (name, value) in fields {
            let payload = value.to_string();
            let message = Message { kind: Kind::Event, name: &name, error: "", payload: payload.as_bytes() };
            self.events.message(&message, out)?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        self.events.finish(out)
    }

    fn usage(&self) -> Option<&Usage> {
        self.events.usage()
    }
}

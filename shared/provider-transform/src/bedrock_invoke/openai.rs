//! Models that take OpenAI's chat completions inside of `InvokeModel`: OpenAI's own open ones, Qwen, Jamba, and the
//! newer ones of most makers.

use memchr::memmem;
use serde_json::Value;

use super::stream::{Events, ViaSse};
use super::{Protocol, address, delivery, metered};
use crate::openai::OpenAiChat;
use crate::operation::Operations;
use crate::provider::{COMPATIBLE, ChatParams, Provider, Quirks};
use crate::{
    Auth, ChatChunk, ChatDialect, ChatRequest, ChatResponse, Cx, ProviderError, ProviderRequest, TransformError, Usage,
};

/// The protocol.
pub(super) struct Completions;

/// As a row, so that OpenAI's protocol can speak for it; the address is Bedrock's.
static ROW: Provider = Provider {
    slug: "bedrock",
    base_url: "https://bedrock-runtime.amazonaws.com",
    auth: Auth::None,
    api_key_env: &[],
    api_base_env: &[],
    chat: None,
    messages: None,
    google: None,
    count: None,
    operations: Operations::NONE,
    quirks: Quirks {
        chat_params: ChatParams::Only(&[
            "frequency_penalty",
            "max_completion_tokens",
            "max_tokens",
            "n",
            "presence_penalty",
            "response_format",
            "seed",
            "stop",
            "stream",
            "temperature",
            "tool_choice",
            "tools",
            "top_p",
        ]),
        if_reasoning: &["reasoning_effort"],
        ..COMPATIBLE
    },
};

/// What the address says.
const OUTSIDE: [&str; 3] = ["model", "stream", "stream_options"];

impl Protocol for Completions {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        let mut sent = OpenAiChat.request(&Cx { provider: &ROW, ..*cx }, req)?;
        if let Ok(Value::Object(mut body)) = serde_json::from_slice(&sent.body) {
            body.retain(|name, _| !OUTSIDE.contains(&name.as_str()));
            sent.body = Value::Object(body).to_string().into();
        }
        (sent.url, sent.auth) = address(cx, delivery(req))?;
        Ok(sent)
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        let plain = plain(body, Form::Answer);
        OpenAiChat.response(cx, plain.as_deref().unwrap_or(body))
    }

    fn events(&self, cx: &Cx<'_>) -> Box<dyn Events> {
        Box::new(Plain(ViaSse::new(OpenAiChat.stream(cx))))
    }
}

/// Events in OpenAI's words.
struct Plain(ViaSse);

impl Events for Plain {
    fn event(&mut self, json: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        let plain = plain(json, Form::Event);
        self.0.event(plain.as_deref().unwrap_or(json), out)
    }

    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError> {
        self.0.finish(out)
    }

    fn usage(&self) -> Option<&Usage> {
        self.0.usage()
    }
}

/// What is read.
#[derive(PartialEq, Eq)]
enum Form {
    Answer,
    Event,
}

/// An answer or an event with Mistral's and Bedrock's own fields under OpenAI's names; `None` where there are none
/// ("Mistral AI chat completion", "InvokeModelWithResponseStream").
fn plain(json: &[u8], form: Form) -> Option<Vec<u8>> {
    if ![metered::FIELD, "stop_reason"].iter().any(|it| memmem::find(json, it.as_bytes()).is_some()) {
        return None;
    }
    let mut fields: Value = serde_json::from_slice(json).ok()?;
    let metered = metered::usage(&fields);
    let fields = fields.as_object_mut()?;
    fields.shift_remove(metered::FIELD);
    if let Some(usage) = metered.filter(|_| fields.get("usage").is_none_or(Value::is_null)) {
        fields.insert("usage".into(), Value::Object(metered::wire(&usage)));
    }
    for choice in fields.get_mut("choices").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(choice) = choice.as_object_mut() else { continue };
        if let Some(reason) = choice.shift_remove("stop_reason").filter(|it| !it.is_null()) {
            choice.entry("finish_reason").or_insert(reason);
        }
        if form == Form::Event
            && let Some(message) = choice.shift_remove("message")
        {
            choice.entry("delta").or_insert(message);
        }
    }
    serde_json::to_vec(fields).ok()
}

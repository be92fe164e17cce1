//! Models of other makers at Vertex AI, all spoken to in OpenAI's chat completions ("Call MaaS APIs for open models",
//! "Mistral AI models", "AI21 Labs models").

use crate::openai::OpenAiChat;
use crate::operation::Operations;
use crate::provider::{COMPATIBLE, Provider, Quirks};
use crate::{
    Auth, ChatDialect, ChatRequest, ChatResponse, ChatStream, Cx, ProviderError, ProviderRequest, TransformError, Usage,
};

use super::Place;

/// The protocol.
pub(super) struct Partners;

/// As rows, so that OpenAI's protocol can speak for them; the addresses are Vertex AI's.
static OPEN: Provider = Provider {
    slug: "vertex_ai",
    base_url: "https://aiplatform.googleapis.com",
    auth: Auth::Google,
    api_key_env: &[],
    api_base_env: &[],
    chat: None,
    messages: None,
    google: None,
    count: None,
    operations: Operations::NONE,
    quirks: COMPATIBLE,
};
static MISTRAL: Provider = Provider {
    slug: "vertex_ai",
    base_url: "https://aiplatform.googleapis.com",
    auth: Auth::Google,
    api_key_env: &[],
    api_base_env: &[],
    chat: None,
    messages: None,
    google: None,
    count: None,
    operations: Operations::NONE,
    quirks: Quirks {
        tool_choice_required: "any",
        renames: &[("max_completion_tokens", "max_tokens"), ("seed", "random_seed")],
        ..COMPATIBLE
    },
};

/// Whose model it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Maker {
    Ai21,
    Mistral,
    /// Named in front of the model; served by Google under one address.
    Open,
}

/// Whether a model is one of theirs.
pub(super) fn has(model: &str) -> bool {
    maker(model).is_some()
}

impl ChatDialect for Partners {
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
        let place = Place::of(cx)?;
        let mut sent = OpenAiChat.request(&theirs(cx), req)?;
        let method = if req.is_stream() { "streamRawPredict" } else { "rawPredict" };
        let publisher = match maker(cx.model) {
            Some(Maker::Ai21) => Some("ai21"),
            Some(Maker::Mistral) => Some("mistralai"),
            Some(Maker::Open) | None => None,
        };
        sent.url = match publisher {
            Some(publisher) => place.model("v1", publisher, name(cx.model), method),
            None => place.open_models("v1"),
        };
        sent.auth = cx.provider.auth.clone();
        Ok(sent)
    }

    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
        OpenAiChat.response(&theirs(cx), body)
    }

    fn stream(&self, cx: &Cx<'_>) -> Box<dyn ChatStream> {
        OpenAiChat.stream(&theirs(cx))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        OpenAiChat.error(&theirs(cx), status, body)
    }
}

fn theirs<'a>(cx: &Cx<'a>) -> Cx<'a> {
    let provider = if maker(cx.model) == Some(Maker::Mistral) { &MISTRAL } else { &OPEN };
    Cx { provider, model: name(cx.model), ..*cx }
}

fn maker(model: &str) -> Option<Maker> {
    const MISTRALS: [&str; 4] = ["codestral", "ministral", "mistral", "pixtral"];
    if MISTRALS.iter().any(|it| model.starts_with(it)) {
        Some(Maker::Mistral)
    } else if model.starts_with("jamba") {
        Some(Maker::Ai21)
    } else {
        model.contains('/').then_some(Maker::Open)
    }
}

/// The model's name in the body.
fn name(model: &str) -> &str {
    model.strip_prefix("mistralai/").unwrap_or(model)
}

//! What a provider is: a row of data. The rows themselves are the catalog's.

pub(crate) mod claude;
mod quirks;

pub use quirks::{
    Address, CacheMarks, ChatParams, Names, Quirks, ReasoningField, ResponsesApi, Schemas, TextCompletions, TextParts,
};
pub(crate) use quirks::{COMPATIBLE, NONE, RESPONSES};

use crate::dialect::{Auth, ChatDialect};
use crate::error::TransformError;
use crate::operation::Operations;
use crate::{ChatRequest, Counting, Cx};

use claude::Host;

/// A provider: data only.
pub struct Provider {
    /// LiteLLM's name for it, the part of a model string before the first slash.
    pub slug: &'static str,
    /// Base URL without a trailing slash, used when the deployment gives none; empty when it must give one.
    pub base_url: &'static str,
    /// How requests authenticate.
    pub auth: Auth,
    /// Environment names of its key, the first that is set wins.
    pub api_key_env: &'static [&'static str],
    /// Environment names of its base URL, the first that is set wins.
    pub api_base_env: &'static [&'static str],
    /// The protocol it speaks for chat.
    pub chat: Option<&'static dyn ChatDialect>,
    /// Which host of Anthropic's messages API serves a model, if one does.
    pub(crate) messages: Option<fn(&Cx<'_>) -> Option<&'static Host>>,
    /// Which of Google's services answers generateContent itself for a model, if one does.
    pub(crate) google: Option<fn(&Cx<'_>) -> Option<GoogleService>>,
    /// How it is asked for the tokens of a request in the hub's form, if it can be.
    pub(crate) count: Option<Count>,
    /// What it speaks for operations beside conversations.
    pub operations: Operations,
    /// Where it departs from its protocol.
    pub quirks: Quirks,
}

/// Asks how many tokens a request is. Errors as the protocol's request does.
pub(crate) type Count = fn(&Cx<'_>, &ChatRequest) -> Result<Counting, TransformError>;

/// Which of Google's services serves a model; the two differ in addresses, in what they fetch and in a few fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GoogleService {
    /// The Gemini API of Google AI Studio.
    AiStudio,
    /// Vertex AI in a project of Google Cloud.
    VertexAi,
}

//! Providers as rows of one sorted table, and the choice of a row for a model's name.

mod quirks;
mod table;

pub(crate) use quirks::COMPATIBLE;
pub use quirks::{
    Address, CacheMarks, ChatParams, Names, Quirks, ReasoningField, ResponsesApi, Schemas, TextCompletions, TextParts,
};
pub use table::all;

use crate::anthropic::host::Host;
use crate::dialect::{Auth, ChatDialect};
use crate::error::TransformError;
use crate::gemini::Service;
use crate::operation::Operations;
use crate::{ChatRequest, Counting, Cx};

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
    pub(crate) google: Option<fn(&Cx<'_>) -> Option<Service>>,
    /// How it is asked for the tokens of a request in the hub's form, if it can be.
    pub(crate) count: Option<Count>,
    /// What it speaks for operations beside conversations.
    pub operations: Operations,
    /// Where it departs from its protocol.
    pub quirks: Quirks,
}

/// Asks how many tokens a request is. Errors as the protocol's request does.
pub(crate) type Count = fn(&Cx<'_>, &ChatRequest) -> Result<Counting, TransformError>;

/// How the names of OpenAI's models begin.
static OPENAI_NAMES: &[&str] = &[
    "babbage-",
    "chatgpt-",
    "codex-",
    "computer-use-",
    "dall-e-",
    "davinci-",
    "gpt-",
    "omni-moderation-",
    "sora-",
    "text-embedding-",
    "text-moderation-",
    "tts-",
    "whisper-",
];

/// The row of a slug.
pub fn find(slug: &str) -> Option<&'static Provider> {
    table::find(slug)
}

/// The provider of a model string, and the model's name without the prefix. `custom` is `custom_llm_provider`.
pub fn resolve(
    model: &str,
    custom: Option<&str>,
    api_base: Option<&str>,
) -> Result<(&'static Provider, String), TransformError> {
    let unknown = || TransformError::UnknownProvider { model: model.into() };
    if let Some(slug) = custom {
        let provider = find(slug).ok_or_else(unknown)?;
        let name = model.strip_prefix(slug).and_then(|it| it.strip_prefix('/')).unwrap_or(model);
        return Ok((provider, name.into()));
    }
    if let Some((slug, name)) = model.split_once('/')
        && let Some(provider) = find(slug)
    {
        return Ok((provider, name.into()));
    }
    let by_base = || {
        let host = host(api_base?)?;
        all().find(|it| self::host(it.base_url) == Some(host))
    };
    let by_name = || find(if model.contains('/') { "" } else { owner(model)? });
    by_base().or_else(by_name).map(|it| (it, model.into())).ok_or_else(unknown)
}

/// The maker of a model that is named without a provider.
fn owner(model: &str) -> Option<&'static str> {
    let name = model.strip_prefix("ft:").unwrap_or(model);
    let starts = |prefixes: &[&str]| prefixes.iter().any(|it| name.starts_with(it));
    let is_o_series = name.strip_prefix('o').is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()));
    if starts(&["claude-"]) {
        return Some("anthropic");
    }
    (is_o_series || starts(OPENAI_NAMES)).then_some("openai")
}

/// The host of a URL, with its port where it names one.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit('@').next().filter(|it| !it.is_empty())
}

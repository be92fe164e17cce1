//! The providers that there are, and the choice of one for a model's name.

mod table;

pub use table::all;

use crate::{Provider, TransformError};

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

//! The table keys a model may be listed under. Exact keys only: a longer or newer name never borrows a price.

use provider_transform::bedrock::ModelId;

/// Tries keys from the most to the least specific and answers the first hit.
///
/// Order: `provider/model`, `model`, the model without a repeated provider prefix, then the variants that name the
/// same weights: a fine-tune without its owner, a Gemini without its stable version, a Bedrock id without route,
/// region and geography.
pub(super) fn first<T>(provider: &str, model: &str, mut try_key: impl FnMut(&str) -> Option<T>) -> Option<T> {
    let stripped = model.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')).unwrap_or(model);
    let mut attempt = |name: &str| {
        let joined = if provider.is_empty() { None } else { try_key(&format!("{provider}/{name}")) };
        joined.or_else(|| try_key(name))
    };
    if let Some(hit) = attempt(stripped).or_else(|| if stripped == model { None } else { attempt(model) }) {
        return Some(hit);
    }
    match provider {
        "bedrock" | "bedrock_converse" => ModelId::parse(stripped).names().find_map(attempt),
        "vertex_ai" | "gemini" => attempt(without_stable_version(stripped)?),
        "openai" | "azure" => attempt(without_owner(stripped)?),
        _ => None,
    }
}

/// Whether a table entry of `listed` prices calls to `asked`.
pub(super) fn same_provider(asked: &str, listed: &str) -> bool {
    asked.is_empty()
        || asked == "litellm_proxy"
        || asked == listed
        || (asked == "vertex_ai" && listed.starts_with("vertex_ai"))
        || (asked == "fireworks_ai" && listed.starts_with("fireworks_ai"))
        || (asked.starts_with("bedrock") && listed.starts_with("bedrock"))
        || (asked.starts_with("cohere") && listed.starts_with("cohere"))
        || matches!((asked, listed), ("openai", "text-completion-openai") | ("text-completion-openai", "openai"))
        || matches!((asked, listed), ("azure", "azure_text") | ("azure_text", "azure"))
}

/// `gemini-1.5-pro-002` is the stable version 002 of `gemini-1.5-pro`.
fn without_stable_version(model: &str) -> Option<&str> {
    let (base, version) = model.rsplit_once('-')?;
    (version.len() == 3 && version.bytes().all(|byte| byte.is_ascii_digit())).then_some(base)
}

/// `ft:gpt-4o:acme:support:id` is billed as `ft:gpt-4o`.
fn without_owner(model: &str) -> Option<&str> {
    let start = "ft:".len();
    let colon = model.strip_prefix("ft:")?.find(':')?;
    model.get(..start + colon)
}

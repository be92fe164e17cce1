//! Which chat parameters OpenAI's own models take (OpenAI API reference, "Create chat completion", and the guides of
//! the o-series and GPT-5).

use serde_json::Value;

use crate::provider::Address;
use crate::rules::Prepared;
use crate::rules::names::{Reach, reach};
use crate::{Cx, TransformError};

/// Parameters that reasoning models refuse.
const NOT_O_SERIES: &[&str] = &["frequency_penalty", "logprobs", "presence_penalty", "top_logprobs", "top_p"];
const NOT_GPT_5: &[&str] = &[
    "audio",
    "frequency_penalty",
    "logit_bias",
    "modalities",
    "prediction",
    "presence_penalty",
    "stop",
    "web_search_options",
];
/// Parameters that GPT-5 takes only while it does not reason.
const NOT_WHILE_REASONING: &[&str] = &["logprobs", "top_logprobs", "top_p"];

const O_SERIES_PREFIX: &str = "o_series/";
const GPT_5_PREFIX: &str = "gpt5_series/";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Chat,
    OSeries,
    Gpt5,
}

pub(crate) fn is_supported(cx: &Cx<'_>, param: &str) -> bool {
    let family = family(cx.model);
    let takes_effort = family != Family::Chat;
    match param {
        "metadata" => cx.settings.enable_preview_features,
        // Azure sells tiers for its newest models only.
        "service_tier" if cx.provider.quirks.address == Address::AzureDeployment => family == Family::Gpt5,
        "prompt_cache_retention" => family == Family::Gpt5 || base(cx.model).starts_with("gpt-4.1"),
        "reasoning_effort" => takes_effort,
        "response_format" => !matches!(base(cx.model), "gpt-4" | "gpt-3.5-turbo-16k"),
        "verbosity" => family == Family::Gpt5,
        "parallel_tool_calls" => cx.info.supports.parallel_function_calling.unwrap_or(family != Family::OSeries),
        "tool_choice" if family == Family::Gpt5 => cx.info.supports.tool_choice.unwrap_or(true),
        _ if family == Family::OSeries && NOT_O_SERIES.contains(&param) => false,
        _ if family == Family::Gpt5 && NOT_GPT_5.contains(&param) => false,
        _ if family == Family::Gpt5 && NOT_WHILE_REASONING.contains(&param) => may_rest(cx),
        _ => matches!(reach(param), Some(Reach::Compatible | Reach::OpenAi)),
    }
}

/// What depends on values: effort, sampling while reasoning, and the name of the token limit.
pub(crate) fn adapt(cx: &Cx<'_>, prepared: &mut Prepared<'_>) -> Result<(), TransformError> {
    let family = family(cx.model);
    if family == Family::Chat {
        return Ok(());
    }
    if !takes_effort_value(cx, prepared) {
        prepared.reject("reasoning_effort")?;
    }
    let effort = prepared.params.get("reasoning_effort").and_then(Value::as_str);
    let is_resting = family == Family::Gpt5 && rests(cx, effort);
    let temperature = prepared.params.get("temperature").and_then(Value::as_f64);
    if !is_resting && temperature.is_some_and(|it| it != 1.0) {
        prepared.reject("temperature")?;
    }
    if family == Family::Gpt5 && !is_resting {
        for param in NOT_WHILE_REASONING.iter().filter(|it| prepared.params.contains_key(**it)).collect::<Vec<_>>() {
            prepared.reject(param)?;
        }
    }
    rename_max_tokens(prepared);
    Ok(())
}

/// Reasoning models count hidden tokens too, so their limit has another name.
fn rename_max_tokens(prepared: &mut Prepared<'_>) {
    let Some(limit) = prepared.params.get("max_tokens").cloned() else { return };
    if prepared.params.contains_key("max_completion_tokens") {
        prepared.remove("max_tokens");
        return;
    }
    let renamed = std::mem::take(&mut prepared.params).into_iter();
    let renamed = renamed.map(|(name, value)| match name.as_str() {
        "max_tokens" => ("max_completion_tokens".to_owned(), limit.clone()),
        _ => (name, value),
    });
    prepared.params = renamed.collect();
}

/// Values that the price table knows the model to refuse; unknown words are the provider's to judge.
fn takes_effort_value(cx: &Cx<'_>, prepared: &Prepared<'_>) -> bool {
    let supports = cx.info.supports;
    match prepared.params.get("reasoning_effort").and_then(Value::as_str) {
        Some("none") => supports.none_reasoning_effort.unwrap_or(false),
        Some("minimal") => supports.minimal_reasoning_effort.unwrap_or(true),
        Some("xhigh") => supports.xhigh_reasoning_effort.unwrap_or(false),
        _ => true,
    }
}

fn may_rest(cx: &Cx<'_>) -> bool {
    cx.info.supports.none_reasoning_effort.unwrap_or(false)
}

/// Whether the model will not reason in this call.
fn rests(cx: &Cx<'_>, effort: Option<&str>) -> bool {
    may_rest(cx) && effort.or(cx.info.default_reasoning_effort) == Some("none")
}

/// As [`adapt`], for a request of the Responses API; words for an effort that the table is silent of pass there.
pub(crate) fn adapt_responses(cx: &Cx<'_>, prepared: &mut Prepared<'_>) -> Result<(), TransformError> {
    let effort = prepared.params.get("reasoning").and_then(|it| it.get("effort")).and_then(Value::as_str);
    let effort = effort.map(str::to_owned);
    // Azure's deployments have names of their own, which say nothing of the model.
    let is_named_by_model = cx.provider.quirks.address == Address::Path;
    let is_no_thinker = cx.info.mode.is_some() && cx.info.supports.reasoning != Some(true);
    if effort.is_some() && is_named_by_model && is_no_thinker {
        prepared.reject("reasoning")?;
    }
    if family(cx.model) != Family::Gpt5 {
        return Ok(());
    }
    let supports = cx.info.supports;
    let known = match effort.as_deref() {
        Some("none") => supports.none_reasoning_effort,
        Some("minimal") => supports.minimal_reasoning_effort,
        Some("xhigh") => supports.xhigh_reasoning_effort,
        _ => None,
    };
    if known == Some(false) {
        prepared.reject("reasoning")?;
    }
    if rests(cx, effort.as_deref()) {
        return Ok(());
    }
    if prepared.params.get("temperature").and_then(Value::as_f64).is_some_and(|it| it != 1.0) {
        prepared.reject("temperature")?;
    }
    if prepared.params.contains_key("top_p") {
        prepared.reject("top_p")?;
    }
    Ok(())
}

/// The name that is sent: without the prefix that tells the family of a deployment with a name of its own.
pub(crate) fn deployment(model: &str) -> &str {
    let tuned = [O_SERIES_PREFIX, GPT_5_PREFIX].iter().find_map(|it| model.strip_prefix(it));
    tuned.unwrap_or(model)
}

/// Whether the model takes developer messages wherever it is served ("Azure OpenAI reasoning models").
pub(super) fn takes_developers(model: &str) -> bool {
    family(model) == Family::OSeries
}

/// Whether the model is one of OpenAI's that reason.
pub(super) fn reasons(model: &str) -> bool {
    family(model) != Family::Chat
}

fn family(model: &str) -> Family {
    if model.starts_with(O_SERIES_PREFIX) {
        return Family::OSeries;
    }
    if model.starts_with(GPT_5_PREFIX) {
        return Family::Gpt5;
    }
    let name = base(model);
    let is_o = name.strip_prefix('o').is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()));
    if is_o {
        return Family::OSeries;
    }
    if name.starts_with("gpt-5") && !name.starts_with("gpt-5-chat") { Family::Gpt5 } else { Family::Chat }
}

/// The model's name without owners and fine-tuning: `ft:gpt-4.1:org::id` is a `gpt-4.1`.
fn base(model: &str) -> &str {
    let name = model.rsplit('/').next().unwrap_or(model);
    match name.strip_prefix("ft:") {
        Some(tuned) => tuned.split(':').next().unwrap_or(tuned),
        None => name,
    }
}

//! What the table says of a model's limits and capabilities, in the translator's terms.

use provider_transform::{ModelInfo, Supports};
use serde_json::{Map, Value};

use super::blob::Record;
use super::fallback;
use super::rate::Unit;

/// Calls a macro with every capability that table and translator share; the table's flag is `supports_<name>`.
macro_rules! for_each_capability {
    ($macro:ident!($($first:tt)*)) => {
        $macro!($($first)*;
            adaptive_thinking, anthropic_compaction, assistant_prefill, audio_input, audio_output,
            bedrock_converse_tool_result_images, computer_use,
            fast_mode, forced_tool_use, function_calling, legacy_thinking, low_reasoning_effort, max_reasoning_effort,
            mid_conversation_system, minimal_reasoning_effort, native_streaming, native_structured_output,
            none_reasoning_effort, output_config, parallel_function_calling, parallel_tool_use_config, pdf_input,
            prompt_cache_breakpoint, prompt_caching, reasoning, regex_lookaround, response_schema, sampling_params,
            speed, system_messages, tool_choice, tool_search, url_context, video_input, vision, web_search, xhigh_reasoning_effort)
    };
}

macro_rules! supports {
    ($flag:expr; $($field:ident),*) => {
        Supports { $($field: $flag(concat!("supports_", stringify!($field))),)* ..Supports::default() }
    };
}

macro_rules! put_over {
    ($supports:expr, $own:expr; $($field:ident),*) => {
        $($supports.$field = $own(concat!("supports_", stringify!($field))).or($supports.$field);)*
    };
}

#[expect(clippy::needless_update, reason = "a capability the translator adds reads as unknown until it is listed here")]
/// Limits and flags of a model: the table's, with gaps (everything, for an unlisted id) filled by its family's rules.
pub(super) fn info(provider: &str, model: &str, listed: Option<&Record>) -> ModelInfo {
    let rules: Vec<_> = fallback::rules(provider, model, listed.map(|record| record.provider)).collect();
    let by_rule = |name: &str| rules.iter().any(|rule| rule.flags.contains(&name)).then_some(true);
    let flag = |name: &str| listed.and_then(|record| record.flag(name)).or_else(|| by_rule(name));
    let limits = rules.iter().find_map(|rule| rule.limits);
    ModelInfo {
        max_input_tokens: listed.map_or(limits.map(|it| it.0), |it| first_stated([it.max_input_tokens, 0])),
        max_output_tokens: listed
            .map_or(limits.map(|it| it.1), |it| first_stated([it.max_output_tokens, it.max_tokens])),
        mode: listed
            .map_or_else(|| rules.iter().find_map(|rule| rule.mode), |it| (!it.mode.is_empty()).then_some(it.mode)),
        thinking_always_on: flag("thinking_always_on"),
        default_reasoning_effort: listed.map(|it| it.default_effort).filter(|it| !it.is_empty()),
        reasoning_effort_levels: listed.map_or(&[], |it| it.efforts),
        bedrock_strict_tools: flag("bedrock_converse_supports_strict_tools"),
        hour_cache: listed.map(|it| it.rates().rates.iter().any(|it| it.key.unit == Unit::CacheWrite1h)),
        supports: for_each_capability!(supports!(flag)),
        ..ModelInfo::default()
    }
}

/// The same with an operator's own statements put over it.
pub(super) fn with_own(mut info: ModelInfo, own: &Map<String, Value>) -> ModelInfo {
    let flag = |name: &str| own.get(name).and_then(Value::as_bool);
    let limit = |name: &str| own.get(name).and_then(Value::as_u64);
    for_each_capability!(put_over!(info.supports, flag));
    info.thinking_always_on = flag("thinking_always_on").or(info.thinking_always_on);
    info.max_input_tokens = limit("max_input_tokens").or(info.max_input_tokens);
    info.max_output_tokens = limit("max_output_tokens").or_else(|| limit("max_tokens")).or(info.max_output_tokens);
    info
}

fn first_stated(limits: [u32; 2]) -> Option<u64> {
    limits.into_iter().find(|limit| *limit > 0).map(u64::from)
}

//! Token counts of a call in one meaning for every provider.

use serde_json::{Number, Value};

use crate::Object;

/// Tokens a provider reports. `prompt_tokens` always counts everything that was read: fresh text, cache reads and
/// cache writes; the other prompt figures are parts of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All prompt tokens, cache reads and writes included.
    pub prompt_tokens: u64,
    /// All written tokens, reasoning included.
    pub completion_tokens: u64,
    /// Prompt tokens read from a cache.
    pub cache_read_tokens: u64,
    /// Prompt tokens written to a cache kept for five minutes (or with no stated lifetime).
    pub cache_write_5m_tokens: u64,
    /// Prompt tokens written to a cache kept for an hour.
    pub cache_write_1h_tokens: u64,
    /// Part of `completion_tokens` spent on hidden or shown reasoning.
    pub reasoning_tokens: u64,
    /// Audio part of the prompt.
    pub audio_input_tokens: Option<u64>,
    /// Image part of the prompt.
    pub image_input_tokens: Option<u64>,
    /// Video part of the prompt.
    pub video_input_tokens: Option<u64>,
    /// Text part of the prompt.
    pub text_input_tokens: Option<u64>,
    /// Audio part of `cache_read_tokens`.
    pub cached_audio_tokens: Option<u64>,
    /// Audio part of the answer.
    pub audio_output_tokens: Option<u64>,
    /// Image part of the answer.
    pub image_output_tokens: Option<u64>,
    /// Video part of the answer.
    pub video_output_tokens: Option<u64>,
    /// Text part of the answer.
    pub text_output_tokens: Option<u64>,
    /// Searches the provider ran, billed apiece.
    pub web_search_requests: u64,
    /// Tokens of cited sources that the model read, where the provider bills them (Perplexity).
    pub citation_tokens: u64,
    /// Tier the provider says it served the call from.
    pub service_tier: Option<String>,
    /// Region of inference, where the provider reports and bills it.
    pub inference_geo: Option<String>,
    /// What the provider says the call cost, in US dollars, where it does.
    pub stated_cost: Option<Number>,
    /// Speed mode (`fast`), where the provider reports and bills it.
    pub speed: Option<String>,
}

impl Usage {
    /// What a call counts that nobody counted: four characters make a token, roughly.
    #[must_use]
    pub fn estimated(prompt_tokens: u64, written_chars: usize) -> Self {
        Self { prompt_tokens, completion_tokens: (written_chars as u64).div_ceil(4), ..Self::default() }
    }

    /// Reads OpenAI's usage object, in chat's words or in those of its newer APIs, and the spellings of servers
    /// compatible with it. `None` when it counts nothing.
    #[must_use]
    pub fn from_openai(usage: &Object) -> Option<Self> {
        let count = |name: &str| usage.get(name).and_then(Value::as_u64);
        let part = |parts: &str, name: &str| usage.get(parts).and_then(|it| it.get(name)).and_then(Value::as_u64);
        let prompt = |name: &str| part("prompt_tokens_details", name).or_else(|| part("input_tokens_details", name));
        let completion =
            |name: &str| part("completion_tokens_details", name).or_else(|| part("output_tokens_details", name));
        let read = [prompt("cached_tokens"), count("cache_read_input_tokens"), count("prompt_cache_hit_tokens")];
        let write =
            [prompt("cache_write_tokens"), prompt("cache_creation_tokens"), count("cache_creation_input_tokens")];
        let reasoning = [completion("reasoning_tokens"), count("reasoning_tokens")];
        let searches = [count("num_search_queries"), part("server_tool_use", "web_search_requests")];
        let first = |options: &[Option<u64>]| options.iter().flatten().copied().find(|it| *it > 0).unwrap_or(0);
        Some(Self {
            prompt_tokens: count("prompt_tokens").or_else(|| count("input_tokens"))?,
            completion_tokens: count("completion_tokens").or_else(|| count("output_tokens")).unwrap_or(0),
            cache_read_tokens: first(&read),
            cache_write_5m_tokens: first(&write),
            reasoning_tokens: first(&reasoning),
            audio_input_tokens: prompt("audio_tokens"),
            image_input_tokens: prompt("image_tokens"),
            video_input_tokens: prompt("video_tokens"),
            text_input_tokens: prompt("text_tokens"),
            audio_output_tokens: completion("audio_tokens"),
            image_output_tokens: completion("image_tokens"),
            video_output_tokens: completion("video_tokens"),
            text_output_tokens: completion("text_tokens"),
            web_search_requests: first(&searches),
            citation_tokens: count("citation_tokens").unwrap_or(0),
            ..Self::default()
        })
    }
}

//! Token counts of a call in one meaning for every provider.

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
    /// Tier the provider says it served the call from.
    pub service_tier: Option<String>,
    /// Region of inference, where the provider reports and bills it.
    pub inference_geo: Option<String>,
    /// Speed mode (`fast`), where the provider reports and bills it.
    pub speed: Option<String>,
}

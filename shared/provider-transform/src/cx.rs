//! What a translation may know besides the request itself; everything is handed in, nothing is looked up.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::{Object, Provider};

/// The surroundings of one call: deployment, settings, model facts, time and id.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// The provider's row.
    pub provider: &'static Provider,
    /// Model name as the provider knows it, without the provider prefix.
    pub model: &'a str,
    /// `litellm_params` of the deployment without its secrets (`api_base`, `extra_headers`, defaults, ...).
    pub params: &'a Object,
    /// Process-wide settings.
    pub settings: Settings,
    /// What the price table knows of the model.
    pub info: ModelInfo,
    /// What the gateway has downloaded for this call so far.
    pub files: &'a Files,
    /// Seconds since the Unix epoch; `created` of answers whose provider gives none.
    pub now: u64,
    /// Id of answers whose provider gives none, for example `chatcmpl-...`.
    pub response_id: &'a str,
}

/// The part of `litellm_settings` that changes translation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// Remove unsupported parameters instead of refusing the request.
    pub drop_params: bool,
    /// Permit repairs that change the conversation.
    pub modify_params: bool,
    /// `None`: ask the provider for stream usage always, show it to clients that asked. `Some(true)`: ask and show
    /// always. `Some(false)`: leave the client's choice alone.
    pub always_include_stream_usage: Option<bool>,
    /// Send the client's `metadata` to providers that take it.
    pub enable_preview_features: bool,
    /// Reach OpenAI's models by chat completions rather than responses for callers of the messages API
    /// (`use_chat_completions_url_for_anthropic_messages`).
    pub chat_completions_for_messages: bool,
}

/// What the price table knows of a model; unknown everywhere by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct ModelInfo {
    /// Most prompt tokens the model takes.
    pub max_input_tokens: Option<u64>,
    /// Most tokens the model writes.
    pub max_output_tokens: Option<u64>,
    /// `chat`, `responses`, `embedding`, ...
    pub mode: Option<&'static str>,
    /// The model always thinks (`thinking_always_on`).
    pub thinking_always_on: Option<bool>,
    /// Values of `reasoning_effort` the model takes, empty where the table is silent (`reasoning_effort_levels`).
    pub reasoning_effort_levels: &'static [&'static str],
    /// Effort the model uses when the request names none (`default_reasoning_effort`).
    pub default_reasoning_effort: Option<&'static str>,
    /// `strict` on tools is taken by Bedrock's Converse (`bedrock_converse_supports_strict_tools`).
    pub bedrock_strict_tools: Option<bool>,
    /// The prompt cache has entries that live for an hour: the table prices them.
    pub hour_cache: Option<bool>,
    /// Capabilities, `None` where the table is silent.
    pub supports: Supports,
}

/// Capabilities of a model; `None` where the price table is silent.
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "each is the price table's `supports_<name>`")]
pub struct Supports {
    pub adaptive_thinking: Option<bool>,
    pub anthropic_compaction: Option<bool>,
    pub assistant_prefill: Option<bool>,
    pub audio_input: Option<bool>,
    pub audio_output: Option<bool>,
    pub bedrock_converse_tool_result_images: Option<bool>,
    pub computer_use: Option<bool>,
    pub fast_mode: Option<bool>,
    pub forced_tool_use: Option<bool>,
    pub function_calling: Option<bool>,
    pub legacy_thinking: Option<bool>,
    pub low_reasoning_effort: Option<bool>,
    pub max_reasoning_effort: Option<bool>,
    pub mid_conversation_system: Option<bool>,
    pub minimal_reasoning_effort: Option<bool>,
    pub native_streaming: Option<bool>,
    pub native_structured_output: Option<bool>,
    pub none_reasoning_effort: Option<bool>,
    pub output_config: Option<bool>,
    pub parallel_function_calling: Option<bool>,
    pub parallel_tool_use_config: Option<bool>,
    pub pdf_input: Option<bool>,
    pub prompt_cache_breakpoint: Option<bool>,
    pub prompt_caching: Option<bool>,
    pub reasoning: Option<bool>,
    pub regex_lookaround: Option<bool>,
    pub response_schema: Option<bool>,
    pub sampling_params: Option<bool>,
    pub speed: Option<bool>,
    pub system_messages: Option<bool>,
    pub tool_choice: Option<bool>,
    pub tool_search: Option<bool>,
    pub url_context: Option<bool>,
    pub video_input: Option<bool>,
    pub vision: Option<bool>,
    pub web_search: Option<bool>,
    pub xhigh_reasoning_effort: Option<bool>,
}

/// Files that a request names by URL, downloaded because the provider takes bytes alone. A request verb that misses one
/// answers [`crate::TransformError::NeedsFiles`] with all that it misses.
#[derive(Clone, Debug, Default)]
pub struct Files(BTreeMap<String, File>);

/// A downloaded file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its media type without parameters, as its server or else its first bytes say.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Bytes,
}

impl File {
    /// What the file is: what its server says, or what its first bytes say where the server only says that it is
    /// bytes.
    #[must_use]
    pub fn kind(&self) -> &str {
        if !matches!(&*self.media_type, "" | "application/octet-stream" | "binary/octet-stream") {
            return &self.media_type;
        }
        match &*self.bytes {
            [0x89, b'P', b'N', b'G', ..] => "image/png",
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            [b'G', b'I', b'F', b'8', ..] => "image/gif",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
            [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
            _ => &self.media_type,
        }
    }
}

impl Files {
    /// What was downloaded from `url`.
    #[must_use]
    pub fn get(&self, url: &str) -> Option<&File> {
        self.0.get(url)
    }

    /// Remembers what was downloaded from `url`.
    pub fn insert(&mut self, url: String, file: File) {
        self.0.insert(url, file);
    }
}

//! What Google sends back, as far as it is acted on: a whole answer, or one event of a stream.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::Object;

/// `GenerateContentResponse`, or the error in its place.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Answer {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) candidates: Vec<Candidate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prompt_feedback: Option<PromptFeedback>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) usage_metadata: Option<UsageMetadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Status>,
}

/// One of the answers.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Candidate {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) index: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<Said>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) finish_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) finish_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) safety_ratings: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) citation_metadata: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grounding_metadata: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url_context_metadata: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) logprobs_result: Option<LogprobsResult>,
}

/// What an answer says.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Said {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) parts: Vec<Part>,
}

/// A part of an answer; in `rest` what the provider's own tools did.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Part {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) thought: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) thought_signature: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) function_call: Option<FunctionCall>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) inline_data: Option<Blob>,
    #[serde(flatten)]
    pub(crate) rest: Object,
}

/// A call the model wants made.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct FunctionCall {
    pub(crate) name: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) args: Object,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
}

/// An image or sound the model made.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Blob {
    pub(crate) mime_type: String,
    /// Base64.
    pub(crate) data: String,
}

/// Why a prompt was not answered.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PromptFeedback {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) block_reason: Option<String>,
}

/// Probabilities of the tokens that were chosen, and of others that were not.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LogprobsResult {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) chosen_candidates: Vec<TokenLogprob>,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) top_candidates: Vec<TopLogprobs>,
}

/// The likeliest tokens at one place.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct TopLogprobs {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) candidates: Vec<TokenLogprob>,
}

/// A token and its probability.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TokenLogprob {
    pub(crate) token: String,
    pub(crate) log_probability: f64,
}

/// Token counts.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct UsageMetadata {
    pub(crate) prompt_token_count: Option<u64>,
    pub(crate) candidates_token_count: Option<u64>,
    pub(crate) thoughts_token_count: Option<u64>,
    pub(crate) cached_content_token_count: Option<u64>,
    pub(crate) tool_use_prompt_token_count: Option<u64>,
    pub(crate) total_token_count: Option<u64>,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) prompt_tokens_details: Vec<ModalityCount>,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) cache_tokens_details: Vec<ModalityCount>,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) candidates_tokens_details: Vec<ModalityCount>,
    pub(crate) traffic_type: Option<String>,
    pub(crate) service_tier: Option<String>,
}

/// Tokens of one modality.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ModalityCount {
    pub(crate) modality: String,
    pub(crate) token_count: u64,
}

/// A failure, in a body or in a stream (`google.rpc.Status`).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Status {
    pub(crate) code: Option<Value>,
    pub(crate) message: Option<String>,
    pub(crate) status: Option<String>,
}

/// Google's JSON says null where a field has its default.
fn null_as_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

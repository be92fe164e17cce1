//! The events of a stream, as far as they are acted on ("ConverseStreamOutput").

use serde::Deserialize;
use serde_json::Value;

use crate::bedrock_converse::usage::{ModelFields, ServiceTier, TokenUsage};

#[derive(Deserialize)]
pub(super) struct BlockStart {
    pub(super) start: Option<Start>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start {
    pub(super) tool_use: Option<ToolUseStart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolUseStart {
    #[serde(default)]
    pub(super) tool_use_id: String,
    #[serde(default)]
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct BlockDelta {
    pub(super) delta: Delta,
}

/// What is new in a block: one of these.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delta {
    pub(super) text: Option<String>,
    pub(super) tool_use: Option<ToolUseDelta>,
    pub(super) reasoning_content: Option<ReasoningDelta>,
    pub(super) citation: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct ToolUseDelta {
    #[serde(default)]
    pub(super) input: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReasoningDelta {
    pub(super) text: Option<String>,
    pub(super) signature: Option<String>,
    pub(super) redacted_content: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stop {
    pub(super) stop_reason: Option<String>,
    additional_model_response_fields: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) usage: Option<TokenUsage>,
    pub(super) trace: Option<Value>,
    pub(super) service_tier: Option<ServiceTier>,
}

impl Stop {
    /// Tokens of thinking, where the model says how many.
    pub(super) fn thinking_tokens(&self) -> Option<u64> {
        let fields = self.additional_model_response_fields.as_ref()?;
        ModelFields::deserialize(fields).ok()?.thinking_tokens()
    }
}

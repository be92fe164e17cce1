//! How much the model thinks, in its maker's words: Claude's `thinking`, Amazon's `reasoningConfig`, OpenAI's and
//! DeepSeek's effort. All of them are parameters of the model's own.

use serde_json::{Value, json};

use crate::anthropic::request::dropped::Dropped;
use crate::anthropic::request::thinking as claude;
use crate::bedrock::ModelId;
use crate::{Cx, Object, TransformError};

use super::invalid;

/// How a maker wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// `thinking` and `output_config` (Anthropic; LiteLLM says it to all that reason and are not named below).
    Claude,
    /// `reasoningConfig` ("Extended thinking", Amazon Nova 2).
    Nova,
    /// `reasoning_effort`, as it comes (gpt-oss, DeepSeek).
    Effort,
    /// `reasoning.effort` (OpenAI's GPT).
    Reasoning,
    /// The model thinks as it likes, or not at all.
    None,
}

/// What the request says about thinking.
#[derive(Debug, Default)]
pub(super) struct Thinking {
    /// The model's own parameters.
    pub(super) fields: Object,
    /// Claude's effort, for `output_config`.
    pub(super) effort: Option<&'static str>,
    /// Tokens set aside for thinking; part of the output limit.
    pub(super) budget: Option<u64>,
}

impl Thinking {
    /// Whether the request wants the model to think.
    pub(super) fn is_asked(&self) -> bool {
        let is_off = |it: &Value| it.get("type").and_then(Value::as_str) == Some("disabled");
        self.fields.get("thinking").or(self.fields.values().next()).is_some_and(|it| !is_off(it))
    }
}

/// The words for a model.
pub(super) fn words(cx: &Cx<'_>, model: &ModelId<'_>) -> Words {
    let is_claude = ["claude-3-7", "claude-sonnet-4", "claude-opus-4"].iter().any(|it| model.base.contains(it));
    if model.is_of("openai.gpt-oss") || (model.is_of("deepseek.") && !model.is_of("deepseek.r1")) {
        Words::Effort
    } else if model.is_of("openai.gpt-") {
        Words::Reasoning
    } else if model.is_of("amazon.nova-2-") || model.spec == Some("nova-2") {
        Words::Nova
    } else if model.is_of("deepseek.") {
        Words::None
    } else if is_claude || model.is_opaque() || cx.info.supports.reasoning == Some(true) {
        Words::Claude
    } else {
        Words::None
    }
}

/// Decides on thinking. Errors on an effort or budget that the model does not know.
pub(super) fn decide(
    cx: &Cx<'_>,
    words: Words,
    effort: Option<&Value>,
    thinking: Option<&Value>,
    max_tokens: Option<u64>,
    dropped: &mut Dropped,
) -> Result<Thinking, TransformError> {
    let mut decided = Thinking::default();
    let name = effort.and_then(|it| it.as_str().or_else(|| it.get("effort")?.as_str()));
    let mut say = |field: &str, value: Value| decided.fields.insert(field.to_owned(), value);
    match (words, name) {
        (Words::Claude, _) => return said_by_claude(cx, effort, thinking, max_tokens, dropped),
        (Words::Effort, Some(name)) => {
            say("reasoning_effort", name.into());
        }
        (Words::Reasoning, Some("none")) if cx.info.supports.none_reasoning_effort == Some(false) => {
            dropped.unsupported("reasoning_effort");
        }
        (Words::Reasoning, Some(name)) => {
            say("reasoning", json!({"effort": name}));
        }
        (Words::Nova, Some(name @ ("low" | "medium" | "high"))) => {
            say("reasoningConfig", json!({"type": "enabled", "maxReasoningEffort": name}));
        }
        (Words::Nova, Some(_)) => {
            return Err(invalid("reasoning_effort".to_owned(), "must be low, medium or high for this model"));
        }
        (Words::None, _) | (_, None) => {}
    }
    Ok(decided)
}

fn said_by_claude(
    cx: &Cx<'_>,
    effort: Option<&Value>,
    thinking: Option<&Value>,
    max_tokens: Option<u64>,
    dropped: &mut Dropped,
) -> Result<Thinking, TransformError> {
    let said = claude::decide(cx, effort, thinking, max_tokens, dropped)?;
    let fields = said.param.map(|it| ("thinking".to_owned(), Value::Object(it)));
    Ok(Thinking { fields: fields.into_iter().collect(), effort: said.effort, budget: said.budget })
}

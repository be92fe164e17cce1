//! Reasoning effort and Anthropic's thinking as Google's `thinkingConfig` ("Gemini thinking"): a budget of tokens up to
//! Gemini 2.5, a level from Gemini 3 on.

use serde_json::{Value, json};

use crate::gemini::models::{is_sized, is_third, version};
use crate::{Cx, Object, TransformError};

use super::{invalid, note};

/// The configuration, if the request asks for one. Errors on an effort that no model of Google's knows.
pub(super) fn decide(
    cx: &Cx<'_>,
    effort: Option<&Value>,
    thinking: Option<&Value>,
    dropped: &mut Vec<String>,
) -> Result<Option<Object>, TransformError> {
    if let Some(thinking) = thinking {
        if effort.is_some() {
            note(dropped, "reasoning_effort");
        }
        return by_thinking(cx, thinking, dropped).map(Some);
    }
    let Some(effort) = effort else { return Ok(None) };
    // OpenAI's agents send `{effort, summary}`.
    let word = effort.as_str().or_else(|| effort.get("effort")?.as_str());
    let word = word.ok_or_else(|| invalid("reasoning_effort", "must be a word"))?;
    by_effort(cx, word).map(Some)
}

fn by_effort(cx: &Cx<'_>, effort: &str) -> Result<Object, TransformError> {
    let shows = !matches!(effort, "none" | "disable");
    let setting =
        if is_third(cx.model) { level(cx, effort).map(Value::from) } else { budget(cx, effort).map(Value::from) };
    let unknown = || invalid("reasoning_effort", format!("this model knows no `{effort}`"));
    let name = if is_third(cx.model) { "thinkingLevel" } else { "thinkingBudget" };
    let mut config = Object::new();
    config.insert(name.into(), setting.ok_or_else(unknown)?);
    config.insert("includeThoughts".into(), shows.into());
    Ok(config)
}

/// Gemini 3 cannot be kept from thinking: the least it knows stands for none.
fn level(cx: &Cx<'_>, effort: &str) -> Option<&'static str> {
    let knows_minimal = is_sized(cx.model, "flash") && cx.info.supports.minimal_reasoning_effort != Some(false);
    let knows_medium = version(cx.model) != Some((3, 0)) || !is_sized(cx.model, "pro");
    match effort {
        "none" | "disable" | "minimal" if knows_minimal => Some("minimal"),
        "none" | "disable" | "minimal" | "low" => Some("low"),
        "medium" if knows_medium => Some("medium"),
        "medium" | "high" => Some("high"),
        _ => None,
    }
}

/// LiteLLM's budgets; the least is each model's own ("Thinking budgets").
fn budget(cx: &Cx<'_>, effort: &str) -> Option<u64> {
    match effort {
        "none" | "disable" => Some(0),
        "minimal" if is_sized(cx.model, "pro") => Some(128),
        "minimal" => Some(512),
        "low" => Some(1024),
        "medium" => Some(2048),
        "high" => Some(4096),
        _ => None,
    }
}

fn by_thinking(cx: &Cx<'_>, thinking: &Value, dropped: &mut Vec<String>) -> Result<Object, TransformError> {
    let budget = thinking.get("budget_tokens").and_then(Value::as_u64);
    let config = match thinking.get("type").and_then(Value::as_str) {
        Some("disabled") => return by_effort(cx, "none"),
        Some("enabled" | "adaptive") if is_third(cx.model) => {
            if budget.is_some() {
                note(dropped, "thinking.budget_tokens");
            }
            json!({"includeThoughts": budget != Some(0)})
        }
        Some("enabled") => match budget {
            Some(0) => json!({"thinkingBudget": 0}),
            Some(budget) => json!({"includeThoughts": true, "thinkingBudget": budget}),
            None => json!({"includeThoughts": true}),
        },
        // "Dynamic thinking": the model decides.
        Some("adaptive") => json!({"includeThoughts": true, "thinkingBudget": -1}),
        _ => return Err(invalid("thinking.type", "must be enabled, adaptive or disabled")),
    };
    Ok(config.as_object().cloned().unwrap_or_default())
}

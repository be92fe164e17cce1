//! How much the model thinks: `reasoning_effort` and `thinking` for models with a budget and for models that decide
//! themselves ("Extended thinking", "Adaptive thinking", "Effort"), and the output limit that goes with it.

use serde_json::{Value, json};

use crate::provider::claude::Host;
use crate::{Cx, Object, TransformError};

use super::dropped::Dropped;
use super::invalid;

/// "The minimum is 1,024 tokens."
const LEAST_BUDGET: u64 = 1024;
/// Tokens for the answer itself when only the thinking is limited.
pub(crate) const ANSWER_ROOM: u64 = 4096;
/// Levels that a budget can stand for, the dearest first.
const LEVELS: [&str; 3] = ["xhigh", "high", "medium"];
const EFFORTS: &str = "minimal, low, medium, high, xhigh, max, none";

/// What the request says about thinking, in Anthropic's fields.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Thinking {
    /// `thinking`.
    pub(crate) param: Option<Object>,
    /// `output_config.effort`.
    pub(crate) effort: Option<&'static str>,
    /// Tokens set aside for thinking; part of `max_tokens`.
    pub(crate) budget: Option<u64>,
}

/// Decides on thinking for a model that can. Errors on an effort or budget that nobody knows.
pub(crate) fn decide(
    cx: &Cx<'_>,
    effort: Option<&Value>,
    thinking: Option<&Value>,
    max_tokens: Option<u64>,
    dropped: &mut Dropped,
) -> Result<Thinking, TransformError> {
    let effort = effort.map(level).transpose()?.flatten();
    let mut decided = match thinking {
        Some(thinking) => explicit(cx, thinking, max_tokens, dropped)?,
        None => effort.map_or_else(Thinking::default, |it| by_effort(cx, it)),
    };
    if adapts(cx) {
        decided.effort = effort.map(|it| taken_effort(cx, it, dropped)).or(decided.effort);
    }
    Ok(decided)
}

/// The output limit: what the client says, raised where a thinking budget would leave no room for an answer.
pub(super) fn max_tokens(cx: &Cx<'_>, host: &Host, asked: Option<u64>, budget: Option<u64>) -> u64 {
    limit(cx, asked, budget).unwrap_or_else(|| (host.default_max_tokens)(cx))
}

/// The same, `None` where neither the client nor a budget limits anything.
pub(crate) fn limit(cx: &Cx<'_>, asked: Option<u64>, budget: Option<u64>) -> Option<u64> {
    let most = cx.info.max_output_tokens;
    let cap = |wanted: u64, budget: u64| most.filter(|it| *it > budget).map_or(wanted, |it| wanted.min(it));
    match (asked, budget) {
        (Some(asked), Some(budget)) if asked <= budget => Some(cap(budget.saturating_add(asked.max(1)), budget)),
        (Some(asked), _) => Some(asked),
        (None, Some(budget)) => Some(cap(budget.saturating_add(ANSWER_ROOM), budget)),
        (None, None) => None,
    }
}

/// LiteLLM's budgets for OpenAI's levels.
fn budget(level: &str) -> u64 {
    match level {
        "medium" => 2048,
        "high" => 4096,
        "xhigh" => 8192,
        "max" => 16384,
        _ => LEAST_BUDGET,
    }
}

fn level(effort: &Value) -> Result<Option<&'static str>, TransformError> {
    let name = effort.as_str().or_else(|| effort.get("effort")?.as_str());
    match name.unwrap_or_default() {
        "none" => Ok(None),
        "minimal" => Ok(Some("minimal")),
        "low" => Ok(Some("low")),
        "medium" => Ok(Some("medium")),
        "high" => Ok(Some("high")),
        "xhigh" => Ok(Some("xhigh")),
        "max" => Ok(Some("max")),
        _ => Err(invalid("reasoning_effort".to_owned(), format!("must be one of {EFFORTS}"))),
    }
}

fn adapts(cx: &Cx<'_>) -> bool {
    cx.info.supports.adaptive_thinking == Some(true)
}

fn by_effort(cx: &Cx<'_>, level: &'static str) -> Thinking {
    if !adapts(cx) {
        return enabled(Object::new(), budget(level));
    }
    let mut param = Object::new();
    param.insert("type".into(), "adaptive".into());
    param.insert("display".into(), "summarized".into());
    Thinking { param: Some(param), ..Thinking::default() }
}

fn taken_effort(cx: &Cx<'_>, level: &'static str, dropped: &mut Dropped) -> &'static str {
    let supports = &cx.info.supports;
    match level {
        "minimal" => "low",
        "xhigh" if supports.xhigh_reasoning_effort != Some(true) => {
            dropped.unsupported("reasoning_effort");
            "high"
        }
        "max" if supports.max_reasoning_effort != Some(true) => {
            dropped.unsupported("reasoning_effort");
            "high"
        }
        level => level,
    }
}

fn explicit(
    cx: &Cx<'_>,
    thinking: &Value,
    max_tokens: Option<u64>,
    dropped: &mut Dropped,
) -> Result<Thinking, TransformError> {
    let Some(sent) = thinking.as_object() else {
        return Err(invalid("thinking".to_owned(), "must be an object"));
    };
    match sent.get("type").and_then(Value::as_str).unwrap_or_default() {
        "enabled" => {
            let budget = sent.get("budget_tokens").and_then(Value::as_u64);
            let budget = budget.ok_or_else(|| invalid("thinking.budget_tokens".to_owned(), "must be a number"))?;
            let only_adapts = adapts(cx) && cx.info.supports.legacy_thinking != Some(true);
            Ok(if only_adapts { adaptive(cx, sent, budget) } else { enabled(sent.clone(), budget) })
        }
        "adaptive" if !adapts(cx) => Ok(adaptive_by_budget(sent, max_tokens, dropped)),
        "disabled" if cx.info.thinking_always_on == Some(true) => {
            dropped.unsupported("thinking");
            Ok(Thinking::default())
        }
        _ => Ok(Thinking { param: Some(sent.clone()), ..Thinking::default() }),
    }
}

fn enabled(mut param: Object, budget: u64) -> Thinking {
    let budget = budget.max(LEAST_BUDGET);
    param.insert("type".into(), "enabled".into());
    param.insert("budget_tokens".into(), budget.into());
    Thinking { param: Some(param), budget: Some(budget), effort: None }
}

/// A budget for a model that takes none becomes the effort that spends about as much.
fn adaptive(cx: &Cx<'_>, sent: &Object, budget: u64) -> Thinking {
    let mut param = sent.clone();
    param.shift_remove("budget_tokens");
    param.insert("type".into(), json!("adaptive"));
    let skipped = if cx.info.supports.xhigh_reasoning_effort == Some(true) { 0 } else { 1 };
    let effort = LEVELS.iter().skip(skipped).find(|it| self::budget(it) <= budget).map_or("low", |it| *it);
    Thinking { param: Some(param), effort: Some(effort), budget: None }
}

/// A model that cannot decide itself gets a medium budget that fits the output limit, or none when nothing fits.
fn adaptive_by_budget(sent: &Object, max_tokens: Option<u64>, dropped: &mut Dropped) -> Thinking {
    let fits = max_tokens.map_or(u64::MAX, |it| it.saturating_sub(1));
    if fits < LEAST_BUDGET {
        dropped.note("thinking");
        return Thinking::default();
    }
    let mut param = sent.clone();
    param.shift_remove("display");
    enabled(param, budget("medium").min(fits))
}

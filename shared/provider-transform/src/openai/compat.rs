//! Departures of compatible servers in parameters, by the quirks of their row.

use serde_json::{Value, json};

use crate::provider::Quirks;
use crate::rules::Prepared;
use crate::{Cx, Object, TransformError, anthropic};

pub(crate) fn adapt(cx: &Cx<'_>, prepared: &mut Prepared<'_>) -> Result<(), TransformError> {
    let quirks = &cx.provider.quirks;
    tool_choice(quirks, prepared)?;
    if quirks.thinks_as_anthropic {
        think_as_anthropic(cx, prepared)?;
    }
    if let Some((model, least)) = quirks.least_temperature
        && cx.model == model
        && prepared.params.get("temperature").and_then(Value::as_f64).is_some_and(|it| it < least)
    {
        prepared.params.insert("temperature".into(), least.into());
    }
    if quirks.effort_as_thinking {
        effort_as_thinking(&mut prepared.params);
    }
    if quirks.asks_for_cost {
        prepared.params.entry("usage").or_insert_with(|| json!({"include": true}));
    }
    for (from, to) in quirks.renames {
        if let Some(value) = prepared.params.shift_remove(*from) {
            prepared.params.insert((*to).into(), value);
        }
    }
    if quirks.thinks_as_anthropic {
        leave_room(&mut prepared.params);
    }
    let tools = prepared.params.get_mut("tools").filter(|_| !quirks.tool_keys_dropped.is_empty());
    if let Some(tools) = tools {
        drop_keys(tools, quirks.tool_keys_dropped);
    }
    Ok(())
}

fn tool_choice(quirks: &Quirks, prepared: &mut Prepared<'_>) -> Result<(), TransformError> {
    let Some(choice) = prepared.params.get_mut("tool_choice") else { return Ok(()) };
    if choice == "required" {
        *choice = quirks.tool_choice_required.into();
    }
    let is_taken = choice.as_str().is_some_and(|it| quirks.tool_choice_words.contains(&it));
    if quirks.tool_choice_words.is_empty() || is_taken { Ok(()) } else { prepared.reject("tool_choice") }
}

/// Claude behind a compatible API takes no effort ("Query reasoning models", Databricks documentation).
fn think_as_anthropic(cx: &Cx<'_>, prepared: &mut Prepared<'_>) -> Result<(), TransformError> {
    if !cx.model.contains("claude") {
        return Ok(());
    }
    let Some(effort) = prepared.params.shift_remove("reasoning_effort") else { return Ok(()) };
    if !prepared.params.contains_key("thinking")
        && let Some(thinking) = anthropic::thinking_of_effort(cx, &effort)?
    {
        prepared.params.insert("thinking".into(), Value::Object(thinking));
    }
    Ok(())
}

/// What a model thinks counts against its limit.
fn leave_room(params: &mut Object) {
    let budget = params.get("thinking").and_then(|it| it.get("budget_tokens")).and_then(Value::as_u64);
    if let (Some(budget), false) = (budget, params.contains_key("max_tokens")) {
        params.insert("max_tokens".into(), budget.saturating_add(anthropic::ANSWER_ROOM).into());
    }
}

fn effort_as_thinking(params: &mut Object) {
    let effort = params.shift_remove("reasoning_effort");
    if let Some(kind) = params.get("thinking").and_then(|it| it.get("type")).cloned() {
        params.insert("thinking".into(), json!({"type": kind}));
    } else if let Some(effort) = effort {
        let kind = if effort == "none" { "disabled" } else { "enabled" };
        params.insert("thinking".into(), json!({"type": kind}));
    }
}

/// A property that happens to be called like a key is kept: names of properties are not keys of a schema.
fn drop_keys(value: &mut Value, keys: &[&str]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|it| drop_keys(it, keys)),
        Value::Object(fields) => {
            fields.retain(|name, _| !keys.contains(&name.as_str()));
            for (name, inner) in fields.iter_mut() {
                match inner {
                    Value::Object(properties) if name == "properties" => {
                        properties.values_mut().for_each(|it| drop_keys(it, keys));
                    }
                    _ => drop_keys(inner, keys),
                }
            }
        }
        _ => {}
    }
}

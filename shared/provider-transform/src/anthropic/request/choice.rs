//! Which tool the model must or may call ("Controlling Claude's output").

use serde_json::Value;

use crate::rules::Prepared;
use crate::{Cx, Object, TransformError};

use super::dropped::Dropped;
use super::invalid;
use super::structured::Format;
use super::tools::JSON_TOOL;

/// The request's `tool_choice`, if it needs one. Errors on a choice that Anthropic cannot make.
pub(super) fn decide(
    cx: &Cx<'_>,
    prepared: &Prepared<'_>,
    format: &Format,
    has_budget: bool,
    dropped: &mut Dropped,
) -> Result<Option<Object>, TransformError> {
    let sent = |name: &str| prepared.params.get(name);
    let mut choice = asked(sent("tool_choice"), sent("parallel_tool_calls"), dropped)?;
    let is_forced = choice.as_ref().is_some_and(is_forced);
    let never_forced = cx.info.supports.forced_tool_use == Some(false);
    if is_forced && never_forced {
        dropped.unsupported("tool_choice");
    }
    // "Thinking is compatible with tool_choice auto and none only"; models that adapt take any.
    if is_forced && (has_budget || never_forced) {
        dropped.note("tool_choice");
        choice.iter_mut().for_each(relax);
    }
    if matches!(format, Format::Tool(_)) && !is_forced && !has_budget {
        return Ok(Some(named(JSON_TOOL)));
    }
    Ok(choice)
}

fn asked(
    sent: Option<&Value>,
    parallel: Option<&Value>,
    dropped: &mut Dropped,
) -> Result<Option<Object>, TransformError> {
    let mut choice = sent.map(|it| choose(it, dropped)).transpose()?.flatten();
    let Some(parallel) = parallel.and_then(Value::as_bool) else { return Ok(choice) };
    let choice_type = choice.as_ref().and_then(|it| it.get("type")).and_then(Value::as_str);
    if choice_type != Some("none") {
        let choice = choice.get_or_insert_with(|| of_type("auto"));
        choice.insert("disable_parallel_tool_use".into(), (!parallel).into());
    }
    Ok(choice)
}

fn is_forced(choice: &Object) -> bool {
    choice.get("type").and_then(Value::as_str).is_some_and(|it| matches!(it, "any" | "tool"))
}

fn relax(choice: &mut Object) {
    choice.insert("type".into(), "auto".into());
    choice.shift_remove("name");
}

fn named(tool: &str) -> Object {
    let mut choice = of_type("tool");
    choice.insert("name".into(), tool.into());
    choice
}

fn of_type(name: &str) -> Object {
    let mut choice = Object::new();
    choice.insert("type".into(), name.into());
    choice
}

fn choose(sent: &Value, dropped: &mut Dropped) -> Result<Option<Object>, TransformError> {
    let is_native = |it: &str| matches!(it, "auto" | "any" | "none" | "tool");
    match sent {
        Value::Null => Ok(None),
        Value::String(name) if is_native(name) && name != "tool" => Ok(Some(of_type(name))),
        Value::String(name) if name == "required" => Ok(Some(of_type("any"))),
        Value::Object(fields) => match fields.get("type").and_then(Value::as_str) {
            Some("function") => {
                let name = fields.get("function").and_then(|it| it.get("name")).or_else(|| fields.get("name"));
                let name = name.and_then(Value::as_str).filter(|it| !it.is_empty());
                let name = name.ok_or_else(|| invalid("tool_choice.function.name".to_owned(), "missing"))?;
                Ok(Some(named(name)))
            }
            Some(kind) if is_native(kind) => Ok(Some(fields.clone())),
            _ => {
                dropped.unsupported("tool_choice");
                Ok(None)
            }
        },
        _ => Err(invalid("tool_choice".to_owned(), "must be auto, none, required or a function")),
    }
}

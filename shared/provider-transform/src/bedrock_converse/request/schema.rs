//! A tool's input schema cut to what Converse takes ("ToolInputSchema"), and an answer's schema closed.

use serde_json::Value;

use crate::Object;
use crate::anthropic::request::schema::written_out;

/// Keywords whose value is a schema, a list of schemas, or a map of schemas.
const NESTED: [&str; 7] = ["items", "properties", "$defs", "definitions", "anyOf", "allOf", "oneOf"];
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
/// Keywords at the top of a schema that say what no other keyword says.
const COMBINING: [&str; 3] = ["anyOf", "oneOf", "allOf"];

/// What a model's tools may say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    /// `additionalProperties` is taken.
    pub(super) takes_closed: bool,
    /// Patterns may look around.
    pub(super) takes_lookaround: bool,
}

/// The schema with its references written out, at its top the keywords that every model takes. What was left out that
/// says something is added to `left`.
pub(super) fn tool_input(schema: &Object, dialect: Dialect, left: &mut Vec<String>) -> Object {
    let whole = written_out(schema);
    let mut input = Object::new();
    let kind = whole.get("type").filter(|it| it.as_str().is_some_and(|it| TYPES.contains(&it)));
    input.insert("type".into(), kind.cloned().unwrap_or_else(|| "object".into()));
    let or_empty = |name: &str, empty: Value| whole.get(name).map_or(empty, |it| plain(it, dialect, left));
    let mut or_empty = or_empty;
    input.insert("properties".into(), or_empty("properties", Value::Object(Object::new())));
    input.insert("required".into(), or_empty("required", Value::Array(Vec::new())));
    for name in ["$defs", "additionalProperties"] {
        let is_taken = name == "$defs" || dialect.takes_closed;
        if let Some(value) = whole.get(name).filter(|it| is_taken && !it.is_null()) {
            input.insert(name.into(), plain(value, dialect, left));
        }
    }
    left.extend(COMBINING.iter().filter(|it| whole.contains_key(**it)).map(|it| (*it).to_owned()));
    input
}

/// The schema of an answer: "additionalProperties must be set to false" on every object ("Structured outputs").
pub(super) fn closed(schema: &Object) -> Object {
    let nested = |name: &str, value: &Value| match value {
        Value::Array(items) => Value::Array(items.iter().map(closed_value).collect()),
        Value::Object(fields) if matches!(name, "properties" | "$defs" | "definitions") => {
            Value::Object(fields.iter().map(|(name, it)| (name.clone(), closed_value(it))).collect())
        }
        value => closed_value(value),
    };
    let fields = schema.iter().map(|(name, value)| {
        let is_nested = NESTED.contains(&name.as_str());
        (name.clone(), if is_nested { nested(name, value) } else { value.clone() })
    });
    let mut closed: Object = fields.collect();
    if closed.get("type").and_then(Value::as_str) == Some("object") {
        closed.entry("additionalProperties").or_insert(Value::Bool(false));
    }
    closed
}

fn closed_value(value: &Value) -> Value {
    value.as_object().map_or_else(|| value.clone(), |it| Value::Object(closed(it)))
}

/// The value without nulls, as LiteLLM sends it, and without patterns that the model's grammar cannot follow.
fn plain(value: &Value, dialect: Dialect, left: &mut Vec<String>) -> Value {
    match value {
        Value::Object(fields) => {
            let mut kept = Object::new();
            for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                let pattern = if name == "pattern" { value.as_str() } else { None };
                if !dialect.takes_lookaround && pattern.is_some_and(looks_around) {
                    left.push("pattern".to_owned());
                } else {
                    kept.insert(name.clone(), plain(value, dialect, left));
                }
            }
            Value::Object(kept)
        }
        Value::Array(items) => {
            Value::Array(items.iter().filter(|it| !it.is_null()).map(|it| plain(it, dialect, left)).collect())
        }
        value => value.clone(),
    }
}

fn looks_around(pattern: &str) -> bool {
    ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|it| pattern.contains(it))
}

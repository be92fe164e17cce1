//! Google's `Schema` ("Schema", a subset of OpenAPI's) as JSON Schema.

use serde_json::{Value, json};

use crate::Object;

use super::camel;

/// Translates a schema; words that are JSON Schema already stay.
pub(super) fn json_schema(schema: &Value) -> Value {
    let Some(sent) = schema.as_object() else { return schema.clone() };
    let mut written = Object::new();
    let mut is_nullable = false;
    for (name, value) in sent {
        let name = camel(name);
        let value = match &*name {
            "nullable" => {
                is_nullable = *value == Value::Bool(true);
                continue;
            }
            // Google's own hints.
            "propertyOrdering" => continue,
            "format" if value == "enum" => continue,
            "type" if value == "TYPE_UNSPECIFIED" => continue,
            "type" => lower(value),
            "properties" => value.as_object().map_or_else(
                || value.clone(),
                |it| it.iter().map(|(name, it)| (name.clone(), json_schema(it))).collect::<Object>().into(),
            ),
            "items" | "additionalProperties" => json_schema(value),
            "anyOf" => value.as_array().map_or_else(|| value.clone(), |it| it.iter().map(json_schema).collect()),
            "example" => {
                written.insert("examples".into(), json!([value]));
                continue;
            }
            // Whole numbers of 64 bits are strings in Google's JSON.
            "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties" => number(value),
            _ => value.clone(),
        };
        written.insert(name, value);
    }
    if is_nullable {
        allow_null(&mut written);
    }
    Value::Object(written)
}

fn allow_null(schema: &mut Object) {
    if let Some(Value::Array(options)) = schema.get_mut("anyOf") {
        options.push(json!({"type": "null"}));
    } else if let Some(Value::String(kind)) = schema.get("type") {
        let kinds = json!([kind, "null"]);
        schema.insert("type".into(), kinds);
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

fn lower(kind: &Value) -> Value {
    match kind {
        Value::String(kind) => kind.to_lowercase().into(),
        Value::Array(kinds) => kinds.iter().map(lower).collect(),
        _ => kind.clone(),
    }
}

fn number(value: &Value) -> Value {
    let parsed = value.as_str().and_then(|it| it.parse::<u64>().ok());
    parsed.map_or_else(|| value.clone(), Value::from)
}

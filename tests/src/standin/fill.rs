//! A value that satisfies a JSON schema: the stand-in's idea of structured output and tool arguments.

use serde_json::{Map, Value, json};

/// The plainest value of the schema: every property, first of an enumeration, one item an array.
pub(super) fn fill(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if let Some(first) = schema["anyOf"].get(0) {
        return fill(first);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("object") => {
            let properties = schema["properties"].as_object();
            let filled: Map<String, Value> =
                properties.into_iter().flatten().map(|(name, schema)| (name.clone(), fill(schema))).collect();
            Value::Object(filled)
        }
        Some("array") => json!([fill(&schema["items"])]),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        _ => json!("Paris"),
    }
}

//! JSON schemas cut to what Anthropic takes: tool inputs, and answers in a given form ("Structured outputs").

use serde_json::Value;

use crate::Object;

/// Keywords that the constrained decoder does not take, and how the model is told instead.
const TOLD: [(&str, &str); 8] = [
    ("minItems", "minimum number of items"),
    ("maxItems", "maximum number of items"),
    ("minimum", "minimum value"),
    ("maximum", "maximum value"),
    ("exclusiveMinimum", "exclusive minimum value"),
    ("exclusiveMaximum", "exclusive maximum value"),
    ("minLength", "minimum length"),
    ("maxLength", "maximum length"),
];
/// Keywords whose value is a schema, a list of schemas, or a map of schemas.
const NESTED: [&str; 9] =
    ["items", "prefixItems", "properties", "$defs", "definitions", "anyOf", "allOf", "oneOf", "not"];

const MOST_INLINED: usize = 1000;
const MOST_NESTED: usize = 16;

/// The schema with its references to `definitions` written out, when it has any; `$defs` stay.
pub(super) fn tool_input(schema: &Object) -> Option<Object> {
    let definitions = schema.get("definitions")?.as_object()?;
    let mut inliner = Inliner::new("#/definitions/", definitions);
    let mut whole = inliner.fields(schema);
    if inliner.gave_up {
        // A recursive schema cannot be written out: its definitions move to the place Anthropic knows.
        return Some(move_definitions(schema));
    }
    whole.shift_remove("definitions");
    Some(whole)
}

/// The schema of an answer: references written out, unsupported limits told in words, objects closed.
pub(super) fn answer(schema: &Object) -> Object {
    restrict(&inlined(schema))
}

/// The schema with all its references written out. Definitions that need themselves stay, as `$defs`.
pub(crate) fn written_out(schema: &Object) -> Object {
    let whole = inlined(schema);
    if whole.contains_key("definitions") { move_definitions(&whole) } else { whole }
}

fn inlined(schema: &Object) -> Object {
    let mut whole = schema.clone();
    for (name, prefix) in [("$defs", "#/$defs/"), ("definitions", "#/definitions/")] {
        let Some(definitions) = whole.get(name).and_then(Value::as_object).cloned() else { continue };
        let mut inliner = Inliner::new(prefix, &definitions);
        let mut inlined = inliner.fields(&whole);
        if !inliner.gave_up {
            inlined.shift_remove(name);
            whole = inlined;
        }
    }
    whole
}

struct Inliner<'s> {
    prefix: &'static str,
    definitions: &'s Object,
    open: Vec<&'s str>,
    /// References that may still be written out: a few can stand for an exponential size.
    left: usize,
    gave_up: bool,
}

impl<'s> Inliner<'s> {
    fn new(prefix: &'static str, definitions: &'s Object) -> Self {
        Self { prefix, definitions, open: Vec::new(), left: MOST_INLINED, gave_up: false }
    }

    fn fields(&mut self, schema: &Object) -> Object {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix(self.prefix));
        let definition = name.and_then(|it| self.definitions.get_key_value(it));
        let Some((name, definition)) = definition else {
            return schema.iter().map(|(name, value)| (name.clone(), self.value(value))).collect();
        };
        let is_open = self.open.contains(&name.as_str()) || self.open.len() >= MOST_NESTED;
        if self.gave_up || is_open || self.left == 0 {
            self.gave_up = true;
            return schema.clone();
        }
        self.left -= 1;
        self.open.push(name);
        let mut inlined = definition.as_object().map(|it| self.fields(it)).unwrap_or_default();
        self.open.pop();
        let beside = schema.iter().filter(|(name, _)| *name != "$ref");
        inlined.extend(beside.map(|(name, value)| (name.clone(), value.clone())));
        inlined
    }

    fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => Value::Object(self.fields(fields)),
            Value::Array(items) => Value::Array(items.iter().map(|it| self.value(it)).collect()),
            other => other.clone(),
        }
    }
}

fn move_definitions(schema: &Object) -> Object {
    let mut moved: Object = schema.iter().map(|(name, value)| (name.clone(), renamed(value))).collect();
    if let Some(definitions) = moved.shift_remove("definitions") {
        moved.insert("$defs".into(), definitions);
    }
    moved
}

fn renamed(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix("#/definitions/") {
            Some(name) => Value::String(format!("#/$defs/{name}")),
            None => value.clone(),
        },
        Value::Object(fields) => Value::Object(fields.iter().map(|(name, it)| (name.clone(), renamed(it))).collect()),
        Value::Array(items) => Value::Array(items.iter().map(renamed).collect()),
        other => other.clone(),
    }
}

fn restrict(schema: &Object) -> Object {
    let told: Vec<_> =
        TOLD.iter().filter_map(|(name, words)| Some(format!("{words}: {}", schema.get(*name)?))).collect();
    let mut kept = Object::new();
    for (name, value) in schema {
        if TOLD.iter().any(|(told, _)| told == name) {
            continue;
        }
        let value = if NESTED.contains(&name.as_str()) { restrict_nested(name, value) } else { value.clone() };
        kept.insert(name.clone(), value);
    }
    if !told.is_empty() {
        let before = schema.get("description").and_then(Value::as_str).filter(|it| !it.is_empty());
        let before = before.map(|it| format!("{it} ")).unwrap_or_default();
        kept.insert("description".into(), format!("{before}Note: {}.", told.join(", ")).into());
    }
    if kept.get("type").and_then(Value::as_str) == Some("object") {
        kept.entry("additionalProperties").or_insert(Value::Bool(false));
    }
    kept
}

fn restrict_nested(name: &str, value: &Value) -> Value {
    let schema = |it: &Value| it.as_object().map_or_else(|| it.clone(), |it| Value::Object(restrict(it)));
    match value {
        Value::Array(items) => Value::Array(items.iter().map(schema).collect()),
        Value::Object(fields) if matches!(name, "properties" | "$defs" | "definitions") => {
            Value::Object(fields.iter().map(|(name, it)| (name.clone(), schema(it))).collect())
        }
        other => schema(other),
    }
}

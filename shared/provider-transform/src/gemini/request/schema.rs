//! JSON Schema as Google's `Schema` ("Function calling", a subset of OpenAPI's): references are written out, words that
//! it does not know are translated where they can be and left out where they cannot.

use serde_json::{Map, Value, json};

use crate::{Object, TransformError};

use super::{invalid, note};

/// Deeper schemas are refused, as Google does.
const MOST_DEPTH: usize = 48;

/// Larger schemas are refused: references written out can grow without bound.
const MOST_NODES: usize = 20_000;

/// Words of `Schema` that are taken as they are.
const KEYWORDS: &[&str] = &[
    "default",
    "description",
    "example",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "nullable",
    "pattern",
    "propertyOrdering",
    "required",
    "title",
    "type",
];

/// Words that say nothing about the value, or what Google does anyway.
const SILENT: &[&str] =
    &["$comment", "$defs", "$id", "$schema", "additionalProperties", "definitions", "examples", "strict"];

/// The values of `format` that Google takes.
const FORMATS: &[&str] = &["date-time", "double", "enum", "float", "int32", "int64"];

/// A function's parameters; the outermost schema is an object's. `dropped` gets the words that were left out.
///
/// # Errors
/// [`TransformError::Invalid`] when a reference leads nowhere or the schema is too large.
pub(super) fn parameters(schema: &Object, at: &str, dropped: &mut Vec<String>) -> Result<Value, TransformError> {
    let mut writer = Writer::new(schema, at, false);
    let mut parameters = writer.schema(schema, 0)?;
    parameters.entry("type").or_insert_with(|| "object".into());
    for word in writer.dropped {
        note(dropped, &format!("{at}.{word}"));
    }
    Ok(Value::Object(parameters))
}

/// The form of an answer, whose fields come in the order of the schema.
///
/// # Errors
/// As [`parameters`].
pub(super) fn answer(schema: &Object, at: &str) -> Result<Value, TransformError> {
    Writer::new(schema, at, true).schema(schema, 0).map(Value::Object)
}

struct Writer<'a> {
    root: &'a Object,
    at: &'a str,
    orders: bool,
    nodes: usize,
    /// References that are being written out.
    open: Vec<&'a str>,
    dropped: Vec<String>,
}

impl<'a> Writer<'a> {
    fn new(root: &'a Object, at: &'a str, orders: bool) -> Self {
        Self { root, at, orders, nodes: 0, open: Vec::new(), dropped: Vec::new() }
    }

    fn schema(&mut self, schema: &'a Object, depth: usize) -> Result<Object, TransformError> {
        self.nodes += 1;
        if depth > MOST_DEPTH || self.nodes > MOST_NODES {
            return Err(invalid(self.at, "the schema is too deep or too large"));
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.reference(reference, schema, depth);
        }
        if let Some(types) = schema.get("type").and_then(Value::as_array) {
            return self.types(types, schema, depth);
        }
        let mut out = Object::new();
        for (word, value) in schema {
            self.word(word, value, depth, &mut out)?;
        }
        if let Some(Value::Array(all)) = schema.get("allOf") {
            self.all_of(all, depth, &mut out)?;
        }
        let choices = ["anyOf", "oneOf"].iter().find_map(|it| schema.get(*it)?.as_array());
        if let Some(choices) = choices {
            return self.any_of(choices, out, depth);
        }
        self.enumeration(schema, &mut out);
        self.complete(&mut out);
        Ok(out)
    }

    fn word(&mut self, word: &str, value: &'a Value, depth: usize, out: &mut Object) -> Result<(), TransformError> {
        match (word, value) {
            ("properties", Value::Object(properties)) => {
                let mut written = Map::new();
                for (name, property) in properties {
                    written.insert(name.clone(), self.inner(property, depth)?);
                }
                if self.orders && !written.is_empty() {
                    let names = written.keys().cloned().collect::<Vec<_>>();
                    out.insert("propertyOrdering".into(), names.into());
                }
                // Google refuses an object whose properties are an empty list of them.
                if !written.is_empty() {
                    out.insert("properties".into(), Value::Object(written));
                }
            }
            ("items", Value::Object(_)) => {
                out.insert("items".into(), self.inner(value, depth)?);
            }
            ("prefixItems", Value::Array(items)) => {
                let choices = self.any_of(items, Object::new(), depth)?;
                out.entry("items").or_insert(Value::Object(choices));
            }
            ("format", Value::String(format)) if !FORMATS.contains(&format.as_str()) => self.leave_out(word),
            ("default" | "required", Value::Null) => {}
            ("additionalProperties", Value::Object(_)) => self.leave_out(word),
            ("anyOf" | "oneOf" | "allOf" | "enum" | "const" | "items" | "properties", _) => {}
            _ if KEYWORDS.contains(&word) => {
                out.insert(word.to_owned(), value.clone());
            }
            _ if SILENT.contains(&word) => {}
            _ => self.leave_out(word),
        }
        Ok(())
    }

    fn inner(&mut self, value: &'a Value, depth: usize) -> Result<Value, TransformError> {
        match value {
            Value::Object(schema) => self.schema(schema, depth + 1).map(Value::Object),
            // `true` takes anything.
            _ => Ok(json!({"type": "object"})),
        }
    }

    /// Google's schemas know no references; one that leads into itself takes any object there.
    fn reference(&mut self, reference: &'a str, schema: &'a Object, depth: usize) -> Result<Object, TransformError> {
        if self.open.contains(&reference) {
            self.leave_out("$ref");
            return Ok(object());
        }
        let target = if reference == "#" { Some(self.root) } else { self.find(reference) };
        let target = target.ok_or_else(|| invalid(self.at, format!("`{reference}` leads nowhere")))?;
        self.open.push(reference);
        let written = self.schema(target, depth + 1);
        self.open.pop();
        let mut written = written?;
        for word in ["description", "title"] {
            written.extend(schema.get(word).map(|it| (word.to_owned(), it.clone())));
        }
        Ok(written)
    }

    fn find(&self, reference: &str) -> Option<&'a Object> {
        let (first, rest) = reference.strip_prefix("#/")?.split_once('/')?;
        let name = |it: &str| it.replace("~1", "/").replace("~0", "~");
        rest.split('/').try_fold(self.root.get(first)?, |at, it| at.get(name(it)))?.as_object()
    }

    /// A list of types is a choice of schemas, each with everything else that is said.
    fn types(&mut self, types: &'a [Value], schema: &'a Object, depth: usize) -> Result<Object, TransformError> {
        let mut choices = Vec::new();
        for kind in types {
            let mut choice = Object::new();
            choice.insert("type".into(), kind.clone());
            let rest = schema.iter().filter(|(word, _)| *word != "type");
            let is_null = kind == "null";
            for (word, value) in rest.filter(|(word, _)| !is_null || matches!(word.as_str(), "description" | "title")) {
                self.word(word, value, depth, &mut choice)?;
            }
            if !is_null {
                self.enumeration(schema, &mut choice);
                self.complete(&mut choice);
            }
            choices.push(Value::Object(choice));
        }
        let mut out = Object::new();
        match <[Value; 1]>::try_from(choices) {
            Ok([Value::Object(only)]) => out = only,
            Ok(_) => {}
            Err(choices) => drop(out.insert("anyOf".into(), Value::Array(choices))),
        }
        Ok(out)
    }

    /// Beside `anyOf` Google takes no other word: what describes the choice goes into each, and null makes each
    /// nullable.
    fn any_of(&mut self, choices: &'a [Value], beside: Object, depth: usize) -> Result<Object, TransformError> {
        let is_null = |it: &Value| it.get("type").is_some_and(|it| it == "null");
        let is_nullable = choices.iter().any(is_null);
        let mut written = Vec::new();
        for choice in choices.iter().filter(|it| !is_null(it)) {
            let mut choice = self.inner(choice, depth)?;
            if let Some(fields) = choice.as_object_mut() {
                if is_nullable {
                    fields.insert("nullable".into(), true.into());
                }
                for word in ["description", "title"] {
                    if let Some(text) = beside.get(word) {
                        fields.entry(word).or_insert_with(|| text.clone());
                    }
                }
            }
            written.push(choice);
        }
        if written.is_empty() {
            return Ok(object());
        }
        let mut out = Object::new();
        out.insert("anyOf".into(), Value::Array(written));
        Ok(out)
    }

    /// What all of them say, together.
    fn all_of(&mut self, all: &'a [Value], depth: usize, out: &mut Object) -> Result<(), TransformError> {
        for one in all {
            let Value::Object(one) = self.inner(one, depth)? else { continue };
            for (word, value) in one {
                match (out.get_mut(&word), value) {
                    (Some(Value::Object(have)), Value::Object(more)) => have.extend(more),
                    (Some(Value::Array(have)), Value::Array(more)) => have.extend(more),
                    (Some(_), _) => {}
                    (None, value) => drop(out.insert(word, value)),
                }
            }
        }
        Ok(())
    }

    /// "Possible values of the element of type STRING with enum format": other types have none.
    fn enumeration(&mut self, schema: &Object, out: &mut Object) {
        let one = schema.get("const").map(std::slice::from_ref);
        let Some(values) = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice).or(one) else { return };
        let words: Vec<&Value> = values.iter().filter(|it| !it.is_null()).collect();
        let is_text = words.iter().all(|it| it.is_string()) && out.get("type").is_none_or(is_string);
        if words.is_empty() || !is_text {
            return self.leave_out("enum");
        }
        out.entry("type").or_insert_with(|| "string".into());
        if words.len() < values.len() {
            out.insert("nullable".into(), true.into());
        }
        out.insert("enum".into(), words.into_iter().cloned().collect());
    }

    /// Google wants a type everywhere, and what a list holds.
    fn complete(&self, out: &mut Object) {
        if !out.contains_key("type") && !out.contains_key("anyOf") {
            let kind = if out.contains_key("items") { "array" } else { "object" };
            out.insert("type".into(), kind.into());
        }
        let is_list = out.get("type").and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case("array"));
        if is_list {
            out.entry("items").or_insert_with(|| Value::Object(object()));
        }
    }

    fn leave_out(&mut self, word: &str) {
        note(&mut self.dropped, word);
    }
}

fn is_string(kind: &Value) -> bool {
    kind.as_str().is_some_and(|it| it.eq_ignore_ascii_case("string"))
}

fn object() -> Object {
    let mut schema = Object::new();
    schema.insert("type".into(), "object".into());
    schema
}

//! Answers in a given form ("Structured outputs"): by JSON Schema, by Google's own `Schema`, or by words.

use serde_json::Value;

use crate::gemini::models;
use crate::{Cx, Object, TransformError};

use super::{invalid, schema};

/// What is left to do for `response_format`.
#[derive(Debug)]
pub(super) enum Format {
    /// Nothing.
    Set,
    /// The model knows no schemas: it is told.
    Told(String),
}

/// Sets the form of the answer. Errors on a form that nobody knows, or a schema that is none.
pub(super) fn decide(cx: &Cx<'_>, params: &Object, config: &mut Object) -> Result<Format, TransformError> {
    let Some(sent) = params.get("response_format") else { return Ok(Format::Set) };
    let kind = sent.get("type").and_then(Value::as_str).unwrap_or_default();
    let own = sent.get("response_schema").filter(|it| !it.is_null());
    let (media_type, given) = match kind {
        "json_schema" => {
            let given = sent.get("json_schema").and_then(|it| it.get("schema")).or(own);
            let given = given.ok_or_else(|| invalid("response_format.json_schema.schema", "missing"))?;
            ("application/json", Some(given))
        }
        _ if own.is_some() => ("application/json", own),
        "json_object" => ("application/json", None),
        "text" => ("text/plain", None),
        _ => return Err(invalid("response_format.type", "must be text, json_object or json_schema")),
    };
    config.insert("response_mime_type".into(), media_type.into());
    let Some(given) = given else { return Ok(Format::Set) };
    let given = given.as_object().ok_or_else(|| invalid("response_format", "its schema must be an object"))?;
    if models::takes_json_schema(cx.model) {
        config.insert("response_json_schema".into(), Value::Object(given.clone()));
        return Ok(Format::Set);
    }
    let ordered = schema::answer(given, "response_format")?;
    if cx.info.supports.response_schema == Some(true) {
        config.insert("response_schema".into(), ordered);
        return Ok(Format::Set);
    }
    Ok(Format::Told(format!("Use this JSON schema:\n```json\n{ordered}\n```")))
}

//! Answers in a given form: natively where the model can, else through a tool it must call ("Structured outputs").

use serde_json::{Value, json};

use crate::anthropic::spaced;
use crate::{Cx, Object, TransformError};

use super::{invalid, schema};

/// What `response_format` becomes.
#[derive(Debug)]
pub(super) enum Format<'a> {
    /// Plain text, nothing to ask for.
    Text,
    /// `outputConfig`.
    Native(Value),
    /// A tool whose input is the answer.
    Tool { schema: &'a Object, description: Option<&'a str> },
    /// JSON of any form, which Converse has no parameter for: the model is told.
    Told,
}

/// Decides on the form. Errors on a form that nobody knows.
pub(super) fn decide<'a>(cx: &Cx<'_>, sent: Option<&'a Value>) -> Result<Format<'a>, TransformError> {
    let Some(sent) = sent else { return Ok(Format::Text) };
    let named = sent.get("json_schema");
    let given = match sent.get("type").and_then(Value::as_str).unwrap_or_default() {
        "text" => return Ok(Format::Text),
        "json_object" | "json_schema" => {
            sent.get("response_schema").filter(|it| !it.is_null()).or_else(|| named?.get("schema"))
        }
        _ => {
            let message = "must be text, json_object or json_schema";
            return Err(invalid("response_format.type".to_owned(), message));
        }
    };
    let Some(given) = given else {
        return match sent.get("type").and_then(Value::as_str) {
            Some("json_schema") => Err(invalid("response_format.json_schema.schema".to_owned(), "missing")),
            _ => Ok(Format::Told),
        };
    };
    let given = given.as_object();
    let schema = given.ok_or_else(|| invalid("response_format".to_owned(), "its schema must be an object"))?;
    let text = |name: &str| named.and_then(|it| it.get(name)).and_then(Value::as_str);
    if cx.info.supports.native_structured_output == Some(true) {
        return Ok(Format::Native(output_config(schema, text("name"), text("description"))));
    }
    Ok(Format::Tool { schema, description: text("description") })
}

/// `outputConfig` for a schema, which is text in it.
pub(super) fn output_config(given: &Object, name: Option<&str>, description: Option<&str>) -> Value {
    let mut inner = Object::new();
    inner.insert("schema".into(), spaced::to_string(&schema::closed(given)).into());
    for (field, value) in [("name", name), ("description", description)] {
        inner.extend(value.map(|it| (field.to_owned(), it.into())));
    }
    json!({"textFormat": {"type": "json_schema", "structure": {"jsonSchema": inner}}})
}

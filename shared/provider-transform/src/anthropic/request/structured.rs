//! Answers in a given form: natively where the model can, else through a tool it must call.

use serde_json::Value;

use crate::anthropic::wire::Block;
use crate::{Cx, Object, TransformError};

use super::{invalid, schema, tools};

/// What `response_format` becomes.
#[derive(Debug)]
pub(super) enum Format {
    /// Plain text, nothing to ask for.
    Text,
    /// `output_format`, with its beta.
    Native(Object),
    /// A tool whose input is the answer.
    Tool(Object),
    /// JSON of any form, which Anthropic has no parameter for: the model is told.
    Told,
}

/// What the model is told of JSON without a schema.
pub(crate) const INSTRUCTION: &str =
    "Respond with one valid JSON object and nothing else: no prose, no Markdown code fence.";

/// Decides on the form. Errors on a form that nobody knows or that the model cannot give.
pub(super) fn decide(cx: &Cx<'_>, sent: Option<&Value>) -> Result<Format, TransformError> {
    let Some(sent) = sent else { return Ok(Format::Text) };
    let kind = sent.get("type").and_then(Value::as_str).unwrap_or_default();
    let given = match kind {
        "text" => return Ok(Format::Text),
        "json_object" => sent.get("response_schema").filter(|it| !it.is_null()),
        "json_schema" => {
            let given = sent.get("json_schema").and_then(|it| it.get("schema"));
            Some(given.ok_or_else(|| invalid("response_format.json_schema.schema".to_owned(), "missing"))?)
        }
        _ => {
            let message = "must be text, json_object or json_schema";
            return Err(invalid("response_format.type".to_owned(), message));
        }
    };
    let Some(given) = given else { return Ok(Format::Told) };
    let given = given.as_object();
    let given = given.ok_or_else(|| invalid("response_format".to_owned(), "its schema must be an object"))?;
    if cx.info.supports.native_structured_output == Some(true) {
        let mut format = Object::new();
        format.insert("type".into(), "json_schema".into());
        format.insert("schema".into(), Value::Object(schema::answer(given)));
        return Ok(Format::Native(format));
    }
    match given.get("type").and_then(Value::as_str) {
        None | Some("object") => Ok(Format::Tool(json_tool(given))),
        Some(_) => Err(invalid("response_format".to_owned(), "this model only answers with a JSON object")),
    }
}

/// The instruction for JSON without a schema.
pub(super) fn instruction() -> Block<'static> {
    Block::text(INSTRUCTION)
}

fn json_tool(given: &Object) -> Object {
    let mut input_schema = given.clone();
    input_schema.insert("type".into(), "object".into());
    let mut tool = Object::new();
    tool.insert("name".into(), tools::JSON_TOOL.into());
    tool.insert("input_schema".into(), Value::Object(input_schema));
    tool
}

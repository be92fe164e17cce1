//! A chat request as Ollama takes it: parameters of the model go into `options`, images beside the text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use crate::chat::part::{Image, PartKind};
use crate::chat::request::Role;
use crate::rules::{self, Prepared};
use crate::{ChatRequest, Cx, Message, Object, ProviderRequest, TransformError};

/// Fields of the request itself; every other parameter is the model's ("Modelfile", valid parameters and values).
const OWN_FIELDS: &[&str] = &["format", "keep_alive", "template", "think"];

/// What is sent: a path of the API and a body for it.
pub(super) struct Body {
    pub(super) path: &'static str,
    pub(super) fields: Object,
}

/// A request taken apart: the conversation in Ollama's words, and everything else.
pub(super) struct Parts<'a> {
    pub(super) model: &'a str,
    pub(super) messages: Vec<Turn>,
    pub(super) options: Object,
    pub(super) is_stream: bool,
    /// `tools`, `format`, `think` and the like.
    pub(super) own: Object,
}

/// A message.
pub(super) struct Turn {
    pub(super) role: Role,
    pub(super) text: String,
    /// Base64.
    pub(super) images: Vec<String>,
    pub(super) rest: Object,
}

impl Body {
    pub(super) fn chat(parts: Parts<'_>) -> Self {
        let messages = parts.messages.into_iter().map(Turn::into_json).collect::<Vec<_>>();
        let mut fields = Object::new();
        fields.insert("model".into(), parts.model.into());
        fields.insert("messages".into(), messages.into());
        fields.insert("options".into(), parts.options.into());
        fields.insert("stream".into(), parts.is_stream.into());
        fields.extend(parts.own);
        Self { path: "/api/chat", fields }
    }
}

impl Turn {
    fn into_json(self) -> Value {
        let role = match self.role {
            Role::System | Role::Developer => "system",
            Role::Assistant => "assistant",
            Role::Tool | Role::Function => "tool",
            Role::User | Role::Unknown => "user",
        };
        let mut fields = Object::new();
        fields.insert("role".into(), role.into());
        fields.insert("content".into(), self.text.into());
        fields.insert("images".into(), self.images.into());
        fields.extend(self.rest);
        Value::Object(fields)
    }
}

pub(super) fn render(
    cx: &Cx<'_>,
    req: &ChatRequest,
    body: fn(Parts<'_>) -> Body,
) -> Result<ProviderRequest, TransformError> {
    let mut prepared =
        rules::prepare(cx, req, &|it| cx.provider.quirks.takes(it, cx.model, &cx.info).unwrap_or(false))?;
    let mut own = Object::new();
    tools(&mut prepared, &mut own)?;
    format(&mut prepared.params, &mut own);
    think(cx, &mut prepared.params, &mut own);
    let is_stream = prepared.params.shift_remove("stream") == Some(Value::Bool(true));
    for name in OWN_FIELDS {
        if let Some(value) = prepared.params.shift_remove(*name) {
            own.insert((*name).into(), value);
        }
    }
    for (from, to) in cx.provider.quirks.renames {
        if let Some(value) = prepared.params.shift_remove(*from) {
            prepared.params.insert((*to).into(), value);
        }
    }
    let messages = turns(cx, &prepared.messages)?;
    let options = std::mem::take(&mut prepared.params);
    let mut body = body(Parts { model: cx.model, messages, options, is_stream, own });
    body.fields.extend(prepared.extra_body);
    Ok(ProviderRequest {
        method: Method::POST,
        url: url(cx, body.path)?,
        headers: prepared.headers,
        body: Value::Object(body.fields).to_string().into(),
        auth: cx.provider.auth.clone(),
        dropped: prepared.dropped,
    })
}

fn url(cx: &Cx<'_>, path: &str) -> Result<String, TransformError> {
    let base = crate::openai::address::base(cx)?;
    let base = ["/api/chat", "/api/generate", "/api"].iter().find_map(|it| base.strip_suffix(it)).unwrap_or(base);
    Ok(format!("{base}{path}"))
}

/// Ollama lets the model choose and knows nothing else: not offering tools is all that can be said.
fn tools(prepared: &mut Prepared<'_>, own: &mut Object) -> Result<(), TransformError> {
    let legacy = prepared.params.shift_remove("functions");
    let choice = ["tool_choice", "function_call"].into_iter().find(|it| prepared.params.contains_key(*it));
    let tools = prepared.params.shift_remove("tools").or_else(|| {
        let functions = legacy?;
        Some(functions.as_array()?.iter().map(|it| json!({"type": "function", "function": it})).collect())
    });
    if let Some(name) = choice {
        let value = prepared.params.get(name).cloned().unwrap_or_default();
        if value != "auto" && value != "none" {
            prepared.reject(name)?;
        }
        prepared.params.shift_remove(name);
        if value == "none" {
            return Ok(());
        }
    }
    if let Some(tools) = tools {
        own.insert("tools".into(), tools);
    }
    Ok(())
}

/// "Structured outputs": a schema, or the word for any JSON.
fn format(params: &mut Object, own: &mut Object) {
    let Some(format) = params.shift_remove("response_format") else { return };
    let schema = format.pointer("/json_schema/schema");
    match format.get("type").and_then(Value::as_str) {
        Some("json_schema") if schema.is_some() => own.insert("format".into(), schema.cloned().unwrap_or_default()),
        Some("json_schema" | "json_object") => own.insert("format".into(), "json".into()),
        _ => None,
    };
}

/// "Thinking": on or off, and for gpt-oss how much.
fn think(cx: &Cx<'_>, params: &mut Object, own: &mut Object) {
    let Some(effort) = params.shift_remove("reasoning_effort") else { return };
    let has_levels = cx.model.rsplit('/').next().is_some_and(|it| it.starts_with("gpt-oss"));
    let think = match effort.as_str() {
        Some("none") => Value::Bool(false),
        Some("minimal") if has_levels => "low".into(),
        Some("xhigh" | "max") if has_levels => "high".into(),
        Some(level) if has_levels => level.into(),
        _ => Value::Bool(true),
    };
    own.insert("think".into(), think);
}

fn turns(cx: &Cx<'_>, messages: &[Message]) -> Result<Vec<Turn>, TransformError> {
    let mut missing = Vec::new();
    let turns = messages.iter().enumerate().map(|(at, it)| turn(cx, at, it, &mut missing));
    let turns = turns.collect::<Result<_, _>>()?;
    if missing.is_empty() { Ok(turns) } else { Err(TransformError::NeedsFiles { urls: missing }) }
}

fn turn(cx: &Cx<'_>, at: usize, message: &Message, missing: &mut Vec<String>) -> Result<Turn, TransformError> {
    let (mut texts, mut images) = (Vec::new(), Vec::new());
    for (part_at, part) in message.parts().enumerate() {
        match part.kind {
            PartKind::Text(text) => texts.push(text),
            PartKind::Image(it) => images.extend(image(cx, &it, missing)),
            PartKind::Audio { .. } => return Err(no_form(at, part_at, "input_audio")),
            PartKind::File(_) => return Err(no_form(at, part_at, "file")),
            PartKind::Other(kind) => return Err(no_form(at, part_at, kind)),
        }
    }
    let mut rest = Object::new();
    if let Some(thought) = message.get("reasoning_content").filter(|it| it.is_string()) {
        rest.insert("thinking".into(), thought.clone());
    }
    let calls = message.tool_calls().enumerate().map(|(call_at, call)| {
        let arguments = call.parsed_arguments().ok_or_else(|| TransformError::Invalid {
            param: format!("messages[{at}].tool_calls[{call_at}].function.arguments"),
            message: "Ollama takes a JSON object".into(),
        })?;
        Ok(json!({"function": {"name": call.name, "arguments": arguments}}))
    });
    let calls = calls.collect::<Result<Vec<_>, TransformError>>()?;
    if !calls.is_empty() {
        rest.insert("tool_calls".into(), calls.into());
    }
    for name in ["tool_call_id", "tool_name"] {
        if let Some(value) = message.get(name).filter(|it| !it.is_null()) {
            rest.insert(name.into(), value.clone());
        }
    }
    Ok(Turn { role: message.role(), text: texts.join("\n"), images, rest })
}

/// Base64 of an image; `None` when it has to be downloaded first.
fn image(cx: &Cx<'_>, image: &Image<'_>, missing: &mut Vec<String>) -> Option<String> {
    if let Some((_, data)) = image.url.strip_prefix("data:").and_then(|it| it.split_once(',')) {
        return Some(data.into());
    }
    if !image.url.starts_with("http://") && !image.url.starts_with("https://") {
        return Some(image.url.into());
    }
    let file = cx.files.get(image.url);
    if file.is_none() && !missing.iter().any(|it| it == image.url) {
        missing.push(image.url.into());
    }
    file.map(|it| STANDARD.encode(&it.bytes))
}

fn no_form(at: usize, part_at: usize, kind: &str) -> TransformError {
    TransformError::Invalid {
        param: format!("messages[{at}].content[{part_at}]"),
        message: format!("Ollama takes no part of type `{kind}`"),
    }
}

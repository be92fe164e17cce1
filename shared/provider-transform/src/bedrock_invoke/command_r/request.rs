//! A chat request as Command R takes it.

use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

use crate::bedrock_invoke::{address, delivery};
use crate::chat::part::{Content, PartKind, ToolCallRef};
use crate::chat::request::Role;
use crate::rules::{Prepared, prepare};
use crate::{ChatRequest, Cx, Message, Object, ProviderRequest, TransformError};

/// Parameters: (OpenAI's name, Cohere's).
const PARAMS: [(&str, &str); 10] = [
    ("frequency_penalty", "frequency_penalty"),
    ("max_completion_tokens", "max_tokens"),
    ("max_tokens", "max_tokens"),
    ("presence_penalty", "presence_penalty"),
    ("seed", "seed"),
    ("stop", "stop_sequences"),
    ("temperature", "temperature"),
    ("tools", "tools"),
    ("top_k", "k"),
    ("top_p", "p"),
];

/// Translates a request. Errors on what Command R cannot read.
pub(super) fn render(cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError> {
    let is_ours = |name: &str| PARAMS.iter().any(|(theirs, _)| *theirs == name);
    let is_outside = |name: &str| matches!(name, "stream" | "stream_options" | "tool_choice");
    let mut prepared = prepare(cx, req, &|name| is_ours(name) || is_outside(name))?;
    let mut body = params(&mut prepared)?;
    conversation(&mut prepared, &mut body)?;
    body.extend(std::mem::take(&mut prepared.extra_body));
    let (url, auth) = address(cx, delivery(req))?;
    let mut headers = prepared.headers;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(ProviderRequest {
        method: http::Method::POST,
        url,
        headers,
        body: Value::Object(body).to_string().into(),
        auth,
        dropped: prepared.dropped,
    })
}

fn params(prepared: &mut Prepared<'_>) -> Result<Object, TransformError> {
    if prepared.params.get("tool_choice").is_some_and(|it| it != "auto") {
        prepared.reject("tool_choice")?;
    }
    let mut body = Object::new();
    for (name, value) in std::mem::take(&mut prepared.params) {
        let own = PARAMS.iter().find(|(theirs, _)| *theirs == name).map_or(&*name, |(_, own)| *own);
        let value = match &*name {
            "stream" | "stream_options" | "tool_choice" => continue,
            "max_tokens" if body.contains_key(own) => continue,
            "stop" if value.is_string() => Value::Array(vec![value]),
            "tools" => tools(&value)?,
            _ => value,
        };
        body.insert(own.to_owned(), value);
    }
    Ok(body)
}

/// Tools with their parameters one by one, in the names of Python's types.
fn tools(list: &Value) -> Result<Value, TransformError> {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    let tools = list.iter().enumerate().map(|(index, tool)| {
        let missing = || invalid(format!("tools[{index}].function.name"), "missing");
        let function = tool.get("function").ok_or_else(missing)?;
        let name = function.get("name").and_then(Value::as_str).ok_or_else(missing)?;
        let required = function.pointer("/parameters/required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|it| it.iter().any(|it| it == name));
        let properties = function.pointer("/parameters/properties").and_then(Value::as_object).into_iter().flatten();
        let definitions: Object = properties
            .map(|(name, schema)| {
                let kind = type_of(schema.get("type").and_then(Value::as_str).unwrap_or_default());
                let description = schema.get("description").cloned().unwrap_or_else(|| "".into());
                let required = is_required(name);
                (name.clone(), json!({"description": description, "type": kind, "required": required}))
            })
            .collect();
        let description = function.get("description").cloned().unwrap_or_else(|| "".into());
        Ok(json!({"name": name, "description": description, "parameter_definitions": definitions}))
    });
    tools.collect()
}

fn type_of(json: &str) -> &'static str {
    match json {
        "integer" => "int",
        "number" => "float",
        "boolean" => "bool",
        "array" => "list",
        "object" => "dict",
        _ => "str",
    }
}

/// The last question, what was said before it, and what tools have answered to it.
fn conversation(prepared: &mut Prepared<'_>, body: &mut Object) -> Result<(), TransformError> {
    let messages = std::mem::take(&mut prepared.messages);
    let last = messages.iter().rposition(|it| it.role() == Role::User);
    let last = last.ok_or_else(|| invalid("messages".to_owned(), "Command R needs a message of the user"))?;
    let (mut preamble, mut history, mut results) = (Vec::new(), Vec::new(), Vec::new());
    let mut calls: Vec<(&str, Value)> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let text = text(message, index)?;
        match message.role() {
            Role::System | Role::Developer => preamble.push(text),
            Role::User if index == last => {
                body.insert("message".into(), text.into());
            }
            Role::User => history.push(json!({"role": "USER", "message": text})),
            Role::Assistant if index < last => {
                if message.tool_calls().next().is_some() {
                    prepared.dropped.push(format!("messages[{index}].tool_calls"));
                }
                if !text.is_empty() {
                    history.push(json!({"role": "CHATBOT", "message": text}));
                }
            }
            Role::Assistant => {
                for call in message.tool_calls() {
                    calls.push((call.id, called(call, index)?));
                }
            }
            Role::Tool if index < last => prepared.dropped.push(format!("messages[{index}]")),
            Role::Tool => {
                let call = calls.iter().find(|(id, _)| Some(*id) == message.tool_call_id());
                let no_call = || invalid(format!("messages[{index}].tool_call_id"), "answers no call");
                let (_, call) = call.ok_or_else(no_call)?;
                results.push(json!({"call": call, "outputs": [output(&text)]}));
            }
            Role::Function | Role::Unknown => {
                return Err(invalid(format!("messages[{index}].role"), "Command R knows no such role"));
            }
        }
    }
    if !preamble.is_empty() {
        body.insert("preamble".into(), preamble.join("\n\n").into());
    }
    body.insert("chat_history".into(), history.into());
    if !results.is_empty() {
        body.insert("tool_results".into(), results.into());
    }
    Ok(())
}

fn called(call: ToolCallRef<'_>, index: usize) -> Result<Value, TransformError> {
    let parameters = call.parsed_arguments();
    let parameters = parameters
        .ok_or_else(|| invalid(format!("messages[{index}].tool_calls"), "has arguments that are no object"))?;
    Ok(json!({"name": call.name, "parameters": parameters}))
}

fn text(message: &Message, index: usize) -> Result<String, TransformError> {
    let content = message.content();
    let is_text =
        !matches!(content, Content::Unknown(_)) && content.parts().all(|it| matches!(it.kind, PartKind::Text(_)));
    if !is_text {
        return Err(invalid(format!("messages[{index}].content"), "Command R reads nothing but text"));
    }
    Ok(content.text("\n"))
}

/// What a tool answered, as the object that Cohere wants.
fn output(text: &str) -> Value {
    let object = serde_json::from_str::<Object>(text).map(Value::Object);
    object.unwrap_or_else(|_| json!({"text": text}))
}

fn invalid(param: String, message: &str) -> TransformError {
    TransformError::Invalid { param, message: message.to_owned() }
}

//! Parameters other than the conversation, tools and thinking, in Anthropic's names.

use serde_json::Value;

use crate::provider::claude::{Feature, Host};
use crate::{Cx, Object, TransformError};

use super::betas::{self, Betas};
use super::content::is_blank;
use super::dropped::Dropped;
use super::invalid;

/// OpenAI parameters that have a form in Anthropic's API for this model.
pub(super) fn is_supported(cx: &Cx<'_>, host: &Host, name: &str) -> bool {
    match name {
        "context_management" | "max_completion_tokens" | "max_tokens" | "metadata" | "parallel_tool_calls" => true,
        "response_format" | "stop" | "stream" | "stream_options" | "temperature" | "tool_choice" | "tools" => true,
        "top_p" | "user" => true,
        "web_search_options" => host.has(Feature::WebSearch),
        "reasoning_effort" | "thinking" => cx.info.supports.reasoning == Some(true),
        _ => false,
    }
}

/// The output limit the client asks for. Errors when it is no whole number of tokens.
pub(crate) fn max_tokens(params: &Object) -> Result<Option<u64>, TransformError> {
    for name in ["max_completion_tokens", "max_tokens"] {
        let Some(sent) = params.get(name).filter(|it| !it.is_null()) else { continue };
        let float = || sent.as_f64().filter(|it| it.fract() == 0.0 && (0.0..1e15).contains(it)).map(|it| it as u64);
        let tokens = sent.as_u64().or_else(float);
        return tokens.map(Some).ok_or_else(|| invalid(name.to_owned(), "must be a whole number, zero or more"));
    }
    Ok(None)
}

/// The body's remaining fields. Errors on values of a wrong type.
pub(super) fn own(
    cx: &Cx<'_>,
    host: &Host,
    params: &Object,
    betas: &mut Betas,
    dropped: &mut Dropped,
) -> Result<Object, TransformError> {
    let mut fields = Object::new();
    for (name, value) in params.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            // Translated elsewhere.
            "max_completion_tokens" | "max_tokens" | "parallel_tool_calls" | "reasoning_effort" => {}
            "response_format" | "thinking" | "tool_choice" | "tools" | "web_search_options" => {}
            // The usage is always in the stream.
            "stream_options" => {}
            "stream" => {
                if *value == Value::Bool(true) && host.has_stream_field {
                    fields.insert(name.clone(), Value::Bool(true));
                }
            }
            "stop" => {
                let sequences = stop(value, dropped)?;
                if !sequences.is_empty() {
                    fields.insert("stop_sequences".into(), sequences.into());
                }
            }
            "user" => {
                let user = value.as_str().filter(|it| may_be_user_id(it));
                set_user_id(user, &mut fields, name, dropped);
            }
            "metadata" => {
                if let Some(sent) = value.get("user_id") {
                    let user = sent.as_str().filter(|it| may_be_user_id(it));
                    set_user_id(user, &mut fields, "metadata.user_id", dropped);
                }
            }
            "temperature" | "top_p" | "top_k" => {
                let is_default = name == "temperature" && value.as_f64() == Some(1.0);
                if cx.info.supports.sampling_params == Some(false) && !is_default {
                    dropped.unsupported(name);
                } else {
                    fields.insert(name.clone(), value.clone());
                }
            }
            "anthropic_beta" => {
                let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                for beta in list.iter().filter_map(Value::as_str).flat_map(|it| betas.ask(it)) {
                    dropped.note(&format!("anthropic_beta.{beta}"));
                }
            }
            "mcp_servers" if !host.has(Feature::McpServers) => dropped.unsupported(name),
            "context_management" => {
                let value = betas::context_management(value);
                betas.need_for_param(cx, name, &value);
                fields.insert(name.clone(), value);
            }
            _ => {
                betas.need_for_param(cx, name, value);
                fields.insert(name.clone(), value.clone());
            }
        }
    }
    Ok(fields)
}

/// "Each stop sequence must contain non-whitespace": blank ones go when the client allows dropping.
fn stop(sent: &Value, dropped: &mut Dropped) -> Result<Vec<Value>, TransformError> {
    let list = match sent {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    if !list.iter().all(Value::is_string) {
        return Err(invalid("stop".to_owned(), "must be a string or a list of strings"));
    }
    let is_kept = |it: &&Value| !dropped.may_drop() || !it.as_str().is_some_and(is_blank);
    let kept: Vec<_> = list.iter().filter(is_kept).cloned().collect();
    if kept.len() < list.len() {
        dropped.note("stop");
    }
    Ok(kept)
}

fn set_user_id(user: Option<&str>, fields: &mut Object, name: &str, dropped: &mut Dropped) {
    let Some(user) = user else { return dropped.note(name) };
    let mut metadata = Object::new();
    metadata.insert("user_id".into(), user.into());
    // `metadata.user_id` is Anthropic's own name and wins over `user`.
    if name != "user" || !fields.contains_key("metadata") {
        fields.insert("metadata".into(), Value::Object(metadata));
    }
}

/// "Do not include any identifying information such as name, email address, or phone number."
fn may_be_user_id(user: &str) -> bool {
    !is_email(user) && !is_phone(user)
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_local = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '.' | '+' | '-');
    let is_domain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-');
    let has_dot = domain.split_once('.').is_some_and(|(name, rest)| !name.is_empty() && !rest.is_empty());
    !local.is_empty() && local.chars().all(is_local) && has_dot && domain.chars().all(is_domain)
}

fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let is_part = |it: char| it.is_ascii_digit() || it.is_whitespace() || matches!(it, '(' | ')' | '-');
    digits.chars().count() >= 7 && digits.chars().all(is_part)
}

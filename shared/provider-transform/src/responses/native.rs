//! The direct way to providers that speak the Responses API: what the caller sent goes out, what comes back is handed
//! on, apart from ids and the model's name.

mod input;
mod stream;

use http::Method;
use serde_json::{Value, json};

use super::{Operation, Previous, ResponsesFormat, Shown};
use crate::format::{FrameStream, Plan, Reader, View, Whole};
use crate::openai::{address, error, models, request};
use crate::openai_responses::{self, item};
use crate::provider::ChatParams;
use crate::rules::{self, Prepared};
use crate::{ChatRequest, Cx, Object, ProviderError, ProviderRequest, TransformError};

/// Least `max_output_tokens` that is taken ("Create a model response").
const MIN_OUTPUT_TOKENS: u64 = 16;

/// Whether the deployment is to be called in the caller's format.
pub(super) fn speaks(cx: &Cx<'_>) -> bool {
    cx.provider.quirks.responses.is_some() && !rules::is_true(cx.params.get("use_chat_completions_api"))
}

pub(super) fn plan(format: &ResponsesFormat, cx: &Cx<'_>, view: &View<'_>) -> Result<Plan, TransformError> {
    let request = render(format, cx)?;
    Ok(Plan { request, reader: Box::new(NativeReader { shown: Shown::new(format, view) }) })
}

fn render(format: &ResponsesFormat, cx: &Cx<'_>) -> Result<ProviderRequest, TransformError> {
    let sent = format.body.iter().filter(|(name, _)| !matches!(name.as_str(), "input" | "model"));
    let mut params: Object = sent.map(|(name, value)| (name.clone(), value.clone())).collect();
    params.extend(format.set.clone());
    continue_from(format, &mut params);
    let chat = ChatRequest { model: cx.model.to_owned(), messages: Vec::new(), params };
    let mut prepared = rules::prepare(cx, &chat, &|_| true)?;
    rename(&mut prepared)?;
    if matches!(cx.provider.quirks.chat_params, ChatParams::OpenAiModels) {
        models::adapt_responses(cx, &mut prepared)?;
    }
    if let Some(Value::Array(tools)) = prepared.params.get_mut("tools") {
        tools.iter_mut().for_each(input::clean_tool);
    }
    let mut body = Object::new();
    body.insert("model".into(), models::deployment(openai_responses::model(cx)).into());
    if let Some(input) = input::render(format, cx, &mut prepared.dropped) {
        body.insert("input".into(), input);
    }
    body.extend(std::mem::take(&mut prepared.params));
    body.extend(std::mem::take(&mut prepared.extra_body));
    let (mut url, auth) = address::find(cx, address::RESPONSES)?;
    if format.operation == Operation::Compaction {
        url = address::beneath(&url, "/compact", "");
    }
    let body = serde_json::to_vec(&body).map_err(|it| invalid("body", &it.to_string()))?;
    Ok(ProviderRequest {
        method: Method::POST,
        url,
        headers: request::headers(cx, prepared.headers),
        body: body.into(),
        auth,
        dropped: prepared.dropped,
    })
}

fn continue_from(format: &ResponsesFormat, params: &mut Object) {
    match &format.previous {
        Previous::AsSent => {}
        Previous::Native(id) => {
            params.insert("previous_response_id".into(), id.as_str().into());
        }
        // What was said before goes along instead.
        Previous::Items(_) => {
            params.shift_remove("previous_response_id");
        }
    }
}

/// Deployments and the gateway name parameters as chat does.
fn rename(prepared: &mut Prepared<'_>) -> Result<(), TransformError> {
    let params = &mut prepared.params;
    for name in ["max_completion_tokens", "max_tokens"] {
        if let Some(limit) = params.shift_remove(name) {
            let sent = params.get("max_output_tokens").and_then(Value::as_u64);
            let lower = sent.into_iter().chain(limit.as_u64()).min().map_or(limit, Value::from);
            params.insert("max_output_tokens".into(), lower);
        }
    }
    if let Some(limit) = params.get("max_output_tokens").and_then(Value::as_u64) {
        params.insert("max_output_tokens".into(), limit.max(MIN_OUTPUT_TOKENS).into());
    }
    if let Some(effort) = params.shift_remove("reasoning_effort") {
        let reasoning = if effort.is_object() { effort } else { json!({"effort": effort}) };
        params.entry("reasoning").or_insert(reasoning);
    }
    if let Some(format) = params.shift_remove("response_format") {
        let format = openai_responses::text_format(format)?;
        let text = params.entry("text").or_insert_with(|| json!({}));
        if let Some(text) = text.as_object_mut() {
            text.entry("format").or_insert(format);
        }
    }
    // Usage is always told here; the other option has the same name.
    if let Some(Value::Object(options)) = params.get_mut("stream_options") {
        options.shift_remove("include_usage");
        if options.is_empty() {
            params.shift_remove("stream_options");
        }
    }
    Ok(())
}

struct NativeReader {
    shown: Shown,
}

impl Reader for NativeReader {
    fn whole(self: Box<Self>, cx: &Cx<'_>, body: &[u8]) -> Result<Whole, ProviderError> {
        let slug = cx.provider.slug;
        let mut body: Object = serde_json::from_slice(body)
            .map_err(|_| ProviderError::unreadable(slug, "the answer is no JSON object"))?;
        if !body.get("output").is_some_and(Value::is_array) {
            if body.get("error").is_some_and(|it| !it.is_null()) {
                return Err(error::inline(slug, &body));
            }
            return Err(ProviderError::unreadable(slug, "the answer has no output"));
        }
        if item::text(&body, "status") == "failed" {
            return Err(error::inline(slug, &body));
        }
        let (_, usage) = item::counts(&body);
        let id = item::text(&body, "id").to_owned();
        let model = Some(item::text(&body, "model")).filter(|it| !it.is_empty()).unwrap_or(cx.model).to_owned();
        let text_len = text_len(&body);
        body.insert("id".into(), self.shown.id(&id).into());
        if let Some(shown) = body.get_mut("model") {
            *shown = self.shown.model.as_str().into();
        }
        let body = serde_json::to_vec(&body).unwrap_or_default().into();
        Ok(Whole { body, usage, id, model, text_len, keep: None })
    }

    fn stream(self: Box<Self>, cx: &Cx<'_>) -> Box<dyn FrameStream> {
        Box::new(stream::NativeStream::new(cx, self.shown))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

/// Characters that the model wrote.
fn text_len(response: &Object) -> usize {
    let chars =
        |it: &Object, names: &[&str]| names.iter().map(|name| item::text(it, name).chars().count()).sum::<usize>();
    let of_item = |it: &Object| {
        let parts = item::objects(it, "content").chain(item::objects(it, "summary"));
        chars(it, &["arguments", "input", "name"]) + parts.map(|it| chars(it, &["text", "refusal"])).sum::<usize>()
    };
    item::objects(response, "output").map(of_item).sum()
}

fn invalid(param: &str, message: &str) -> TransformError {
    TransformError::Invalid { param: param.into(), message: message.into() }
}

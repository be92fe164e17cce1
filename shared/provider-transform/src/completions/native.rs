//! The direct way to providers that have text completions: what the caller sent goes out, what comes back is handed on,
//! apart from the model's name.

use http::Method;
use serde_json::{Value, json};

use super::CompletionsFormat;
use crate::chat::chunk::DONE;
use crate::format::{Fault, FrameStream, Frames, Plan, Reader, View, Whole};
use crate::openai::address::{self, Place};
use crate::openai::format::error_object;
use crate::openai::{error, models, request};
use crate::provider::TextCompletions;
use crate::rules;
use crate::sse::{Decoder, LineTooLong};
use crate::{ChatRequest, Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

const PLACE: Place = Place { path: "/completions", by_deployment: true };

/// Whether the deployment is to be called in the caller's format.
pub(super) fn speaks(cx: &Cx<'_>) -> bool {
    match cx.provider.quirks.text_completions {
        TextCompletions::None => false,
        TextCompletions::TextModels => cx.info.mode == Some("completion"),
        TextCompletions::Every => true,
    }
}

pub(super) fn plan(format: &CompletionsFormat, cx: &Cx<'_>, view: &View<'_>) -> Result<Plan, TransformError> {
    let reader = NativeReader { model: view.model.to_owned(), shows_usage: view.shows_usage };
    Ok(Plan { request: render(format, cx)?, reader: Box::new(reader) })
}

fn render(format: &CompletionsFormat, cx: &Cx<'_>) -> Result<ProviderRequest, TransformError> {
    let mut params = format.chat.params.clone();
    if format.own.contains_key("logprobs") {
        params.shift_remove("top_logprobs");
    }
    params.extend(format.own.clone());
    let chat = ChatRequest { model: String::new(), messages: Vec::new(), params };
    let mut prepared = rules::prepare(cx, &chat, &|_| true)?;
    let is_stream = prepared.params.get("stream") == Some(&Value::Bool(true));
    if is_stream && cx.settings.always_include_stream_usage != Some(false) {
        // Streams are metered, whatever the client asked.
        let options = prepared.params.entry("stream_options").or_insert_with(|| json!({}));
        if let Some(options) = options.as_object_mut() {
            options.insert("include_usage".into(), true.into());
        }
    }
    let mut body = Object::new();
    body.insert("model".into(), models::deployment(cx.model).into());
    body.insert("prompt".into(), format.prompt.clone());
    body.extend(std::mem::take(&mut prepared.params));
    body.extend(std::mem::take(&mut prepared.extra_body));
    let (url, auth) = address::find(cx, PLACE)?;
    Ok(ProviderRequest {
        method: Method::POST,
        url,
        headers: request::headers(cx, prepared.headers),
        body: serde_json::to_vec(&body).unwrap_or_default().into(),
        auth,
        dropped: prepared.dropped,
    })
}

struct NativeReader {
    model: String,
    shows_usage: bool,
}

impl Reader for NativeReader {
    fn whole(self: Box<Self>, cx: &Cx<'_>, body: &[u8]) -> Result<Whole, ProviderError> {
        let slug = cx.provider.slug;
        let unreadable = |message: &str| ProviderError::unreadable(slug, message);
        let mut body: Object = serde_json::from_slice(body).map_err(|_| unreadable("the answer is no JSON object"))?;
        if body.get("error").is_some_and(|it| !it.is_null()) {
            return Err(error::inline(slug, &body));
        }
        if !body.get("choices").is_some_and(Value::is_array) {
            return Err(unreadable("the answer has no list of choices"));
        }
        let answered = body.insert("model".into(), self.model.into());
        let answered = answered.and_then(|it| it.as_str().map(str::to_owned));
        let usage = body.get("usage").and_then(Value::as_object).and_then(Usage::from_openai).unwrap_or_default();
        Ok(Whole {
            usage,
            id: body.get("id").and_then(Value::as_str).unwrap_or(cx.response_id).to_owned(),
            model: answered.unwrap_or_else(|| cx.model.to_owned()),
            text_len: written(&body),
            body: serde_json::to_vec(&body).unwrap_or_default().into(),
            keep: None,
        })
    }

    fn stream(self: Box<Self>, cx: &Cx<'_>) -> Box<dyn FrameStream> {
        Box::new(NativeStream {
            decoder: Decoder::default(),
            state: State { provider: cx.provider.slug, reader: *self, usage: None, is_whole: false },
        })
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

/// Characters of all answers' text.
fn written(fields: &Object) -> usize {
    let choices = fields.get("choices").and_then(Value::as_array).into_iter().flatten();
    choices.filter_map(|it| it.get("text")?.as_str()).map(|it| it.chars().count()).sum()
}

struct NativeStream {
    decoder: Decoder,
    state: State,
}

struct State {
    provider: &'static str,
    reader: NativeReader,
    usage: Option<Usage>,
    /// The provider said that the answer, or one of several, is at its end.
    is_whole: bool,
}

impl FrameStream for NativeStream {
    fn push(&mut self, bytes: &[u8], out: &mut Frames) -> Result<(), ProviderError> {
        let Self { decoder, state } = self;
        let mut failure = None;
        let pushed = decoder.push::<LineTooLong>(bytes, |event| {
            failure = failure.take().or_else(|| state.event(event.data, out).err());
            Ok(())
        });
        state.outcome(failure, pushed)
    }

    fn finish(&mut self, out: &mut Frames) -> Result<(), ProviderError> {
        let Self { decoder, state } = self;
        let mut failure = None;
        let finished = decoder.finish::<LineTooLong>(|event| {
            failure = failure.take().or_else(|| state.event(event.data, out).err());
            Ok(())
        });
        state.outcome(failure, finished)?;
        if !state.is_whole {
            return Err(ProviderError::cut(state.provider));
        }
        out.bytes.extend_from_slice(DONE);
        Ok(())
    }

    fn fail(&mut self, fault: &Fault, out: &mut Frames) {
        out.event(None, &error_object(fault));
        out.bytes.extend_from_slice(DONE);
    }

    fn usage(&self) -> Option<&Usage> {
        self.state.usage.as_ref()
    }
}

impl State {
    fn outcome(&self, failure: Option<ProviderError>, line: Result<(), LineTooLong>) -> Result<(), ProviderError> {
        match (failure, line) {
            (Some(failure), _) => Err(failure),
            (None, line) => line.map_err(|it| ProviderError::unreadable(self.provider, it.to_string())),
        }
    }

    fn event(&mut self, data: &[u8], out: &mut Frames) -> Result<(), ProviderError> {
        let data = data.trim_ascii();
        if data.is_empty() {
            return Ok(());
        }
        if data == b"[DONE]" {
            self.is_whole = true;
            return Ok(());
        }
        let mut fields: Object = serde_json::from_slice(data)
            .map_err(|_| ProviderError::unreadable(self.provider, "an event is no JSON object"))?;
        if fields.get("error").is_some_and(|it| !it.is_null()) {
            return Err(error::inline(self.provider, &fields));
        }
        if let Some(usage) = fields.get("usage").and_then(Value::as_object).and_then(Usage::from_openai) {
            self.usage = Some(usage);
        }
        let choices = fields.get("choices").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let is_usage_only = choices.is_empty() && fields.get("usage").is_some_and(Value::is_object);
        self.is_whole |= choices.iter().any(|it| it.get("finish_reason").is_some_and(Value::is_string));
        if !self.reader.shows_usage {
            if is_usage_only {
                return Ok(());
            }
            fields.shift_remove("usage");
        }
        let length = written(&fields);
        out.has_content |= length > 0;
        out.text_len += length;
        if out.id.is_none() {
            out.id = fields.get("id").and_then(Value::as_str).map(str::to_owned);
        }
        fields.insert("model".into(), self.reader.model.clone().into());
        out.event(None, &fields);
        Ok(())
    }
}

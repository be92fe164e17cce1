//! "Create speech" and "Create transcription", at OpenAI and at everything that has the same operations.

mod duration;

use serde_json::{Value, json};

use super::address::{self, Place};
use super::{error, models};
use crate::operation::embeddings::{Input, estimated};
use crate::operation::form::Form;
use crate::operation::params::{ANY, Params, invalid, only};
use crate::operation::{Ask, Operation, Outcome, Reply, Units};
use crate::{Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

const SPEECH: Place = Place { path: "/audio/speech", by_deployment: true };
const TRANSCRIPTIONS: Place = Place { path: "/audio/transcriptions", by_deployment: true };

/// Reading text out.
pub(crate) struct OpenAiSpeech;

/// Writing down what is said.
pub(crate) struct OpenAiTranscriptions {
    /// Whether `whisper-1` is asked for the details of its answer, because only they tell the length that is billed.
    asks_for_length: bool,
}

impl OpenAiTranscriptions {
    /// OpenAI's own.
    pub(crate) const OPENAI: Self = Self { asks_for_length: true };
    /// Everything else; the length is read from the file.
    pub(crate) const COMPATIBLE: Self = Self { asks_for_length: false };
}

impl Operation for OpenAiSpeech {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let mut params = Params::prepare(cx, ask, &ANY, &|_| true)?;
        let (url, auth) = address::find(cx, SPEECH)?;
        let mut body = Object::new();
        body.insert("model".into(), models::deployment(cx.model).into());
        body.insert("input".into(), ask.fields.get("input").cloned().unwrap_or_default());
        body.extend(std::mem::take(&mut params.fields));
        Ok(vec![params.post(url, auth, body)])
    }

    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        let reply = only(cx, replies)?;
        let input_characters = ask.text("input").map_or(0, |it| it.chars().count()) as u64;
        // Nobody counts the tokens of a recording's text.
        let usage = estimated(&[Input::Text(ask.text("input").unwrap_or_default())]);
        Ok(Outcome {
            body: reply.body.to_vec().into(),
            content_type: reply.content_type.unwrap_or_else(|| media_type(ask)).into(),
            usage,
            units: Units { input_characters, ..Units::default() },
            model: cx.model.into(),
        })
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }

    fn is_relay(&self) -> bool {
        true
    }
}

/// Media type of the format that was asked for ("Create speech", `response_format`).
fn media_type(ask: &Ask) -> &'static str {
    match ask.text("response_format") {
        Some("opus") => "audio/ogg",
        Some("aac") => "audio/aac",
        Some("flac") => "audio/flac",
        Some("wav") => "audio/wav",
        Some("pcm") => "audio/pcm",
        _ => "audio/mpeg",
    }
}

impl Operation for OpenAiTranscriptions {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let mut params = Params::prepare(cx, ask, &ANY, &|_| true)?;
        let file = ask.uploads.iter().find(|it| it.field == "file").ok_or_else(|| invalid("file", "missing"))?;
        if self.wants_details(cx, ask) {
            params.fields.insert("response_format".into(), "verbose_json".into());
        }
        let (url, auth) = address::find(cx, TRANSCRIPTIONS)?;
        let mut form = Form::new(cx.response_id, &ask.uploads);
        form.field("model", &models::deployment(cx.model).into());
        // A prompt is a parameter here.
        let prompt = ask.fields.get_key_value("prompt");
        for (name, value) in params.fields.iter().chain(prompt).chain(params.extra()) {
            form.field(name, value);
        }
        form.file("file", file);
        let (media_type, body) = form.finish();
        Ok(vec![params.send(url, auth, &media_type, body)])
    }

    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        let reply = only(cx, replies)?;
        let read: Option<Object> = serde_json::from_slice(reply.body).ok();
        if let Some(fields) = read.as_ref().filter(|it| it.get("error").is_some_and(|it| !it.is_null())) {
            return Err(error::inline(cx.provider.slug, fields));
        }
        let is_text = matches!(ask.text("response_format"), Some("srt" | "text" | "vtt"));
        if read.is_none() && !is_text {
            return Err(ProviderError::unreadable(cx.provider.slug, "the answer is no JSON object"));
        }
        let fields = read.unwrap_or_default();
        let counted = fields.get("usage").and_then(Value::as_object);
        let told = fields.get("duration").or_else(|| counted?.get("seconds"));
        let told = told.and_then(|it| it.as_f64().or_else(|| it.as_str()?.parse().ok()));
        let file = ask.uploads.iter().find(|it| it.field == "file");
        let audio_seconds = told.or_else(|| duration::seconds(&file?.bytes)).unwrap_or(0.0);
        let text = fields.get("text").and_then(Value::as_str);
        let (body, content_type) = match (is_text, text) {
            (true, Some(text)) if ask.text("response_format") == Some("text") => {
                (format!("{text}\n").into(), "text/plain; charset=utf-8")
            }
            (true, _) => (reply.body.to_vec().into(), "text/plain; charset=utf-8"),
            (false, _) => (json!(fields).to_string().into(), "application/json"),
        };
        Ok(Outcome {
            body,
            content_type: content_type.into(),
            usage: counted.and_then(Usage::from_openai).unwrap_or_default(),
            units: Units { audio_seconds, ..Units::default() },
            model: cx.model.into(),
        })
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

impl OpenAiTranscriptions {
    fn wants_details(&self, cx: &Cx<'_>, ask: &Ask) -> bool {
        let is_plain = matches!(ask.text("response_format"), None | Some("json" | "text"));
        self.asks_for_length && cx.model.starts_with("whisper") && is_plain
    }
}

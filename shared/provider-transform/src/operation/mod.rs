//! Operations beside conversations: embeddings, reranking, images, audio, moderation. One request in OpenAI's (or
//! Cohere's) words becomes calls of a provider, and their answers become one answer.

pub(crate) mod embeddings;
pub(crate) mod form;
pub(crate) mod images;
pub(crate) mod params;
pub(crate) mod ranking;

use bytes::Bytes;
use serde_json::Value;

use crate::{Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

/// An operation as one protocol has it.
pub trait Operation: Sync {
    /// Ours to the provider's: the calls to make, one or several that do not depend on each other. Errors when the
    /// request is invalid or cannot be expressed.
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError>;
    /// The answers of all calls, in their order, to one of ours. Errors when one cannot be read.
    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError>;
    /// An answer with an error status as a typed error.
    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError;
    /// Whether the provider's bytes are the caller's, so that they can be handed on as they come.
    fn is_relay(&self) -> bool {
        false
    }
}

/// The operations that a provider speaks, by the protocol it has for each.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "each is the kind of that name")]
pub struct Operations {
    pub embeddings: Option<&'static dyn Operation>,
    pub rerank: Option<&'static dyn Operation>,
    pub images: Option<&'static dyn Operation>,
    pub image_edits: Option<&'static dyn Operation>,
    pub speech: Option<&'static dyn Operation>,
    pub transcriptions: Option<&'static dyn Operation>,
    pub moderations: Option<&'static dyn Operation>,
}

/// Which operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `POST /v1/embeddings`.
    Embeddings,
    /// `POST /v1/rerank`, in Cohere's words.
    Rerank,
    /// `POST /v1/images/generations`.
    Images,
    /// `POST /v1/images/edits`.
    ImageEdits,
    /// `POST /v1/audio/speech`.
    Speech,
    /// `POST /v1/audio/transcriptions`.
    Transcriptions,
    /// `POST /v1/moderations`.
    Moderations,
}

/// What a caller asks of an operation.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The model as the caller named it.
    pub model: String,
    /// Every other field as sent: of a JSON body, or the text fields of a form.
    pub fields: Object,
    /// The files of a form.
    pub uploads: Vec<Upload>,
}

/// A file of a form.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The form field's name, for example `file` or `image`.
    pub field: String,
    /// The file's name.
    pub file_name: String,
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// A provider's answer with a good status.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// Its `content-type`.
    pub content_type: Option<&'a str>,
    /// Its body.
    pub body: &'a [u8],
}

/// An answer as the caller gets it, and what it counts.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The body.
    pub body: Bytes,
    /// Its media type.
    pub content_type: String,
    /// Tokens as the provider counts them; all zero when it counts none.
    pub usage: Usage,
    /// What is billed otherwise than by tokens.
    pub units: Units,
    /// The model that says it answered.
    pub model: String,
}

/// What is billed otherwise than by tokens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Units {
    /// Images made.
    pub images: u64,
    /// Images read.
    pub input_images: u64,
    /// Seconds of video read.
    pub input_video_seconds: f64,
    /// Characters read, or read out.
    pub input_characters: u64,
    /// Seconds of audio heard.
    pub audio_seconds: f64,
    /// Searches of a reranker.
    pub search_units: u64,
}

impl Operations {
    /// None at all.
    pub const NONE: Self = Self {
        embeddings: None,
        rerank: None,
        images: None,
        image_edits: None,
        speech: None,
        transcriptions: None,
        moderations: None,
    };

    /// The protocol for an operation.
    #[must_use]
    pub fn get(&self, kind: Kind) -> Option<&'static dyn Operation> {
        match kind {
            Kind::Embeddings => self.embeddings,
            Kind::Rerank => self.rerank,
            Kind::Images => self.images,
            Kind::ImageEdits => self.image_edits,
            Kind::Speech => self.speech,
            Kind::Transcriptions => self.transcriptions,
            Kind::Moderations => self.moderations,
        }
    }
}

impl Kind {
    /// Its name in errors.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Embeddings => "embeddings",
            Self::Rerank => "rerank",
            Self::Images => "image generation",
            Self::ImageEdits => "image editing",
            Self::Speech => "speech",
            Self::Transcriptions => "transcription",
            Self::Moderations => "moderation",
        }
    }

    /// Fields without which there is nothing to do.
    fn required(self) -> &'static [&'static str] {
        match self {
            Self::Embeddings | Self::Moderations => &["input"],
            Self::Speech => &["input", "voice"],
            Self::Rerank => &["query", "documents"],
            Self::Images => &["prompt"],
            Self::ImageEdits | Self::Transcriptions => &[],
        }
    }
}

impl Ask {
    /// Reads a JSON body.
    ///
    /// # Errors
    /// [`TransformError`] when it is no JSON object, or a field is missing that the operation needs.
    pub fn parse(kind: Kind, body: &[u8]) -> Result<Self, TransformError> {
        let fields: Object =
            serde_json::from_slice(body).map_err(|it| TransformError::MalformedJson { message: it.to_string() })?;
        Self::new(kind, fields, Vec::new())
    }

    /// From the fields and files of a form, or the fields of a JSON body.
    ///
    /// # Errors
    /// As [`Ask::parse`].
    pub fn new(kind: Kind, mut fields: Object, uploads: Vec<Upload>) -> Result<Self, TransformError> {
        let model = match fields.shift_remove("model") {
            Some(Value::String(model)) if !model.is_empty() => model,
            Some(Value::String(_) | Value::Null) | None => return Err(params::invalid("model", "missing")),
            Some(_) => return Err(params::invalid("model", "must be a string")),
        };
        for name in kind.required() {
            if fields.get(*name).is_none_or(Value::is_null) {
                return Err(params::invalid(name, "missing"));
            }
        }
        Ok(Self { model, fields, uploads })
    }

    /// A text field.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }
}

impl Outcome {
    /// A JSON answer that counts nothing yet.
    #[must_use]
    pub fn json(body: &Object, model: &str) -> Self {
        Self {
            body: serde_json::to_vec(body).unwrap_or_default().into(),
            content_type: "application/json".into(),
            usage: Usage::default(),
            units: Units::default(),
            model: model.into(),
        }
    }
}

/// The calls of an operation at the deployment's provider.
///
/// # Errors
/// [`TransformError::NoOperation`] when the provider does not have it, else as [`Operation::request`].
pub fn find(cx: &Cx<'_>, kind: Kind) -> Result<&'static dyn Operation, TransformError> {
    let missing = TransformError::NoOperation { provider: cx.provider.slug, operation: kind.name() };
    cx.provider.operations.get(kind).ok_or(missing)
}

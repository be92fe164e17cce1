//! What is embedded, and the list of vectors that comes back, in OpenAI's shape ("The embedding object").

use serde_json::{Value, json};

use super::params::invalid;
use super::{Ask, Outcome, Units};
use crate::{Cx, Object, TransformError, Usage};

/// One thing to embed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input<'a> {
    /// Text.
    Text(&'a str),
    /// An image or another file as a data URL: its media type and its base64.
    Data {
        /// For example `image/png`.
        media_type: &'a str,
        /// Base64.
        data: &'a str,
    },
}

impl<'a> Input<'a> {
    fn new(text: &'a str) -> Self {
        let data = text.strip_prefix("data:").and_then(|it| it.split_once(";base64,"));
        match data {
            Some((media_type, data)) => Self::Data { media_type, data },
            None => Self::Text(text),
        }
    }

    /// As the request has it.
    pub(crate) fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Data { .. } => None,
        }
    }
}

/// The request's `input` for providers that read texts. Errors when it is made of tokens.
pub(crate) fn inputs(ask: &Ask) -> Result<Vec<Input<'_>>, TransformError> {
    match ask.fields.get("input") {
        Some(Value::Array(items)) => items.iter().map(text).collect(),
        Some(value) => Ok(vec![text(value)?]),
        None => Err(invalid("input", "missing")),
    }
}

fn text(value: &Value) -> Result<Input<'_>, TransformError> {
    value.as_str().map(Input::new).ok_or_else(|| invalid("input", "this provider embeds text, not tokens"))
}

/// Vectors on their way to a caller.
#[derive(Default)]
pub(crate) struct Vectors {
    data: Vec<Value>,
}

impl Vectors {
    /// Adds a vector: a list of numbers, or base64.
    pub(crate) fn push(&mut self, vector: Value) {
        self.data.push(json!({"object": "embedding", "index": self.data.len(), "embedding": vector}));
    }

    /// Adds a vector in a form that a caller has asked for beside others.
    pub(crate) fn push_typed(&mut self, vector: Value, kind: &str) {
        let at = self.data.len();
        self.data.push(json!({"object": "embedding", "index": at, "embedding": vector, "type": kind}));
    }

    /// The answer. What is billed otherwise is told among the details of the prompt, as LiteLLM does.
    pub(crate) fn outcome(self, model: &str, usage: Usage, units: Units) -> Outcome {
        let details = [
            ("text_tokens", usage.text_input_tokens.unwrap_or(0)),
            ("image_tokens", usage.image_input_tokens.unwrap_or(0)),
            ("image_count", units.input_images),
            ("character_count", units.input_characters),
        ];
        let details = details.into_iter().filter(|(_, it)| *it > 0).map(|(name, it)| (name.to_owned(), it.into()));
        self.outcome_with(model, usage, units, details.collect())
    }

    /// The answer, with these details of the prompt.
    pub(crate) fn outcome_with(self, model: &str, usage: Usage, units: Units, details: Object) -> Outcome {
        let mut body = Object::new();
        body.insert("object".into(), "list".into());
        body.insert("model".into(), model.into());
        body.insert("data".into(), self.data.into());
        let mut counts = wire_usage(usage.prompt_tokens, usage.prompt_tokens);
        if !details.is_empty() {
            counts.insert("prompt_tokens_details".into(), details.into());
        }
        body.insert("usage".into(), counts.into());
        Outcome { usage, units, ..Outcome::json(&body, model) }
    }
}

/// Usage as callers read it; nothing is written in an embedding.
pub(crate) fn wire_usage(prompt: u64, total: u64) -> Object {
    let counts = [("prompt_tokens", prompt), ("total_tokens", total), ("completion_tokens", 0)];
    counts.into_iter().map(|(name, it)| (name.to_owned(), it.into())).collect()
}

/// Tokens of inputs whose provider counts nothing: four characters make one, roughly.
pub(crate) fn estimated(inputs: &[Input<'_>]) -> Usage {
    let chars: usize = inputs.iter().filter_map(|it| it.text()).map(|it| it.chars().count()).sum();
    let prompt_tokens = (chars as u64 / 4).max(u64::from(chars > 0));
    Usage { prompt_tokens, ..Usage::default() }
}

/// The model that an answer names, else the deployment's.
pub(crate) fn model<'a>(body: &'a Object, cx: &Cx<'a>) -> &'a str {
    body.get("model").and_then(Value::as_str).filter(|it| !it.is_empty()).unwrap_or(cx.model)
}

//! The parts of an answer, sorted by what becomes of them; the same for whole answers and for events of a stream.

use serde_json::{Value, json};

use crate::finish::finish_reason;
use crate::{Cx, Object};

use super::wire::answer::{Blob, Candidate, FunctionCall, LogprobsResult, Part, TokenLogprob};

/// What goes between a call's id and the signature that LiteLLM's clients echo with it.
pub(super) const SIGNATURE_MARK: &str = "__thought__";

/// Under which name `provider_specific_fields` keeps the parts that Google's own tools wrote.
pub(super) const SERVER_PARTS: &str = "server_parts";

/// How long a client may use sound, in seconds; OpenAI promises as much.
const AUDIO_LIFE: u64 = 24 * 60 * 60;

/// Makes what Google leaves out: ids of calls and sounds, and how long a sound may be used.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    stem: String,
    calls: u64,
    now: u64,
}

/// What a list of parts says.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) text: Option<String>,
    pub(super) reasoning: Option<String>,
    pub(super) thinking: Vec<Value>,
    pub(super) calls: Vec<Call>,
    pub(super) images: Vec<Value>,
    pub(super) audio: Option<Value>,
    pub(super) signatures: Vec<String>,
    pub(super) server_parts: Vec<Value>,
}

/// A call, with an id that carries its signature.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) arguments: String,
    pub(super) signature: Option<String>,
}

impl Ids {
    pub(super) fn new(cx: &Cx<'_>) -> Self {
        let id = cx.response_id.split_once('-').map_or(cx.response_id, |(_, id)| id);
        Self { stem: id.chars().filter(char::is_ascii_alphanumeric).take(24).collect(), calls: 0, now: cx.now }
    }

    fn call(&mut self) -> String {
        let id = format!("call_{}_{}", self.stem, self.calls);
        self.calls += 1;
        id
    }

    /// An answer has one sound, of which the parts of a stream are pieces.
    fn audio(&self, data: &str) -> Value {
        let id = format!("audio_{}", self.stem);
        json!({"id": id, "data": data, "expires_at": self.now.saturating_add(AUDIO_LIFE), "transcript": ""})
    }
}

impl Said {
    /// Sorts the parts.
    pub(super) fn read(parts: Vec<Part>, ids: &mut Ids) -> Self {
        let mut said = Self::default();
        for part in parts {
            said.part(part, ids);
        }
        said
    }

    fn part(&mut self, part: Part, ids: &mut Ids) {
        let Part { text, thought, thought_signature: signature, function_call, inline_data, rest } = part;
        self.signatures.extend(signature.clone());
        match text {
            Some(text) if thought == Some(true) => self.thought(&text, signature.as_deref()),
            Some(text) => self.text.get_or_insert_default().push_str(&text),
            None => {}
        }
        if let Some(blob) = inline_data {
            self.blob(blob, ids);
        }
        if let Some(call) = function_call {
            self.calls.push(Call::new(call, signature, ids));
        } else if SERVER_FIELDS.iter().any(|it| rest.contains_key(*it)) {
            let mut part = rest;
            part.extend(signature.map(|it| ("thoughtSignature".to_owned(), Value::String(it))));
            self.server_parts.push(Value::Object(part));
        }
    }

    fn thought(&mut self, text: &str, signature: Option<&str>) {
        self.reasoning.get_or_insert_default().push_str(text);
        let mut block = json!({"type": "thinking", "thinking": text});
        if let (Some(signature), Some(block)) = (signature, block.as_object_mut()) {
            block.insert("signature".into(), signature.into());
        }
        self.thinking.push(block);
    }

    fn blob(&mut self, blob: Blob, ids: &Ids) {
        let Blob { mime_type, data } = blob;
        if mime_type.starts_with("audio/") {
            self.audio = Some(ids.audio(&data));
            return;
        }
        let url = format!("data:{mime_type};base64,{data}");
        if mime_type.starts_with("image/") {
            let image = json!({"url": url, "detail": "auto"});
            self.images.push(json!({"image_url": image, "index": self.images.len(), "type": "image_url"}));
        } else {
            self.text.get_or_insert_default().push_str(&url);
        }
    }

    /// What OpenAI's message has no place for.
    pub(super) fn provider_fields(&mut self) -> Option<Value> {
        let mut fields = Object::new();
        if !self.signatures.is_empty() {
            fields.insert("thought_signatures".into(), json!(std::mem::take(&mut self.signatures)));
        }
        if !self.server_parts.is_empty() {
            fields.insert(SERVER_PARTS.into(), Value::Array(std::mem::take(&mut self.server_parts)));
        }
        (!fields.is_empty()).then_some(Value::Object(fields))
    }
}

/// Parts that Google's own tools write.
const SERVER_FIELDS: &[&str] = &["codeExecutionResult", "executableCode", "toolCall", "toolResponse"];

impl Call {
    fn new(call: FunctionCall, signature: Option<String>, ids: &mut Ids) -> Self {
        let FunctionCall { name, args, id } = call;
        let mut id = id.filter(|it| !it.is_empty()).unwrap_or_else(|| ids.call());
        if let Some(signature) = &signature {
            id.push_str(SIGNATURE_MARK);
            id.push_str(signature);
        }
        // A map of JSON values can always be written.
        let arguments = serde_json::to_string(&args).unwrap_or_default();
        Self { id, name, arguments, signature }
    }

    /// The call's fields that OpenAI does not know.
    pub(super) fn rest(&self) -> Object {
        let mut rest = Object::new();
        if let Some(signature) = &self.signature {
            rest.insert("provider_specific_fields".into(), json!({"thought_signature": signature}));
        }
        rest
    }
}

/// Why an answer ended, in OpenAI's words. Calls are calls only when the answer is whole.
pub(super) fn finish(native: Option<&str>, has_calls: bool) -> &'static str {
    match finish_reason(native.unwrap_or_default()) {
        "stop" if has_calls => "tool_calls",
        reason => reason,
    }
}

/// What a choice says beside its message: Google's own reason to stop.
pub(super) fn choice_fields(candidate: &Candidate) -> Object {
    let mut fields = Object::new();
    fields.extend(candidate.finish_reason.clone().map(|it| ("native_finish_reason".to_owned(), Value::String(it))));
    fields.extend(candidate.finish_message.clone().map(|it| ("finish_message".to_owned(), Value::String(it))));
    let mut rest = Object::new();
    if !fields.is_empty() {
        rest.insert("provider_specific_fields".into(), Value::Object(fields));
    }
    rest
}

/// Probabilities in OpenAI's shape.
pub(super) fn logprobs(result: &LogprobsResult) -> Value {
    let token = |it: &TokenLogprob| json!({"token": it.token, "logprob": it.log_probability});
    let content = result.chosen_candidates.iter().enumerate().map(|(at, chosen)| {
        let top = result.top_candidates.get(at).into_iter().flat_map(|it| &it.candidates);
        let mut chosen = token(chosen);
        chosen["top_logprobs"] = top.map(token).collect();
        chosen
    });
    json!({"content": content.collect::<Vec<_>>()})
}

//! OpenAI's list of messages as Google's instructions and turns ("Text generation", "Function calling").

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::chat::part::{Content as SentContent, Part as Sent, PartKind, ToolCallRef};
use crate::chat::request::Role;
use crate::gemini::candidate::{SERVER_PARTS, SIGNATURE_MARK};
use crate::gemini::models;
use crate::gemini::wire::request::{Content, FunctionCall, FunctionResponse, Part};
use crate::provider::GoogleService;
use crate::rules::Prepared;
use crate::{Cx, Message, Object, TransformError};

use super::media::{self, Media, Medium, Place};
use super::{invalid, note};

/// What Gemini 3 takes for a signature that was lost: "skip_thought_signature_validator" ("Thought signatures").
const LOST_SIGNATURE: &str = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=";

/// The conversation in Google's shape.
#[derive(Debug, Default)]
pub(super) struct Conversation<'a> {
    pub(super) system: Vec<Part<'a>>,
    pub(super) contents: Vec<Content<'a>>,
    /// How closely to look at the media, for models that look at all of them alike.
    pub(super) resolution: Option<&'static str>,
    pub(super) dropped: Vec<String>,
}

/// Whose turn it is; what functions answer is the user's too, but a turn of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaker {
    User,
    Model,
    Function,
}

struct Writer<'a> {
    media: Media<'a>,
    is_third: bool,
    takes_system: bool,
    turns: Vec<(Speaker, Vec<Part<'a>>)>,
    /// Names of the functions that were called, by the calls' ids.
    called: BTreeMap<&'a str, &'a str>,
    system: Vec<Part<'a>>,
    resolution: usize,
    dropped: Vec<String>,
}

/// `detail` by rising closeness ("Media resolution").
static RESOLUTIONS: [(&str, &str); 5] = [
    ("", ""),
    ("low", "MEDIA_RESOLUTION_LOW"),
    ("medium", "MEDIA_RESOLUTION_MEDIUM"),
    ("high", "MEDIA_RESOLUTION_HIGH"),
    ("ultra_high", "MEDIA_RESOLUTION_ULTRA_HIGH"),
];

/// Translates the messages. Errors name the message and part that Google has no form for.
pub(super) fn render<'a>(
    cx: &Cx<'a>,
    service: GoogleService,
    prepared: &'a Prepared<'_>,
) -> Result<Conversation<'a>, TransformError> {
    let mut writer = Writer {
        media: Media::new(service, cx.files),
        is_third: models::is_third(cx.model),
        takes_system: cx.info.supports.system_messages.unwrap_or(!cx.model.contains("gemma")),
        turns: Vec::new(),
        called: BTreeMap::new(),
        system: Vec::new(),
        resolution: 0,
        dropped: Vec::new(),
    };
    for (index, message) in prepared.messages.iter().enumerate() {
        let at = format!("messages[{index}]");
        if message.cache_control().is_some() || message.parts().any(|it| it.cache_control().is_some()) {
            note(&mut writer.dropped, "cache_control");
        }
        if message.name().is_some() && matches!(message.role(), Role::User | Role::Assistant) {
            note(&mut writer.dropped, "messages.name");
        }
        match message.role() {
            Role::System | Role::Developer => writer.system(message, &at)?,
            Role::User => writer.user(message, &at)?,
            Role::Assistant => writer.assistant(message, &at)?,
            Role::Tool | Role::Function => writer.result(message, &at)?,
            Role::Unknown => {
                let message = format!("Google knows no role `{}`", message.role_name());
                return Err(invalid(format!("{at}.role"), message));
            }
        }
    }
    writer.end(prepared.modify_params)
}

/// Adds an instruction to the user's last turn.
pub(super) fn tell(contents: &mut Vec<Content<'_>>, instruction: String) {
    let part = Part::text(instruction);
    match contents.last_mut() {
        Some(last) if last.role.as_deref() == Some("user") && last.parts.iter().any(Part::has_text) => {
            last.parts.push(part);
        }
        _ => contents.push(Content { role: Some("user".into()), parts: vec![part] }),
    }
}

impl<'a> Writer<'a> {
    fn system(&mut self, message: &'a Message, at: &str) -> Result<(), TransformError> {
        let mut parts = Vec::new();
        for (index, part) in message.parts().enumerate() {
            match part.kind {
                PartKind::Text(text) => parts.extend(Some(text).filter(|it| !it.is_empty()).map(Part::text)),
                _ => return Err(unknown(part, &format!("{at}.content[{index}]"))),
            }
        }
        if self.takes_system {
            self.system.append(&mut parts);
        } else {
            self.say(Speaker::User, parts);
        }
        Ok(())
    }

    fn user(&mut self, message: &'a Message, at: &str) -> Result<(), TransformError> {
        let mut parts = Vec::new();
        for (index, part) in message.parts().enumerate() {
            let at = format!("{at}.content[{index}]");
            match part.kind {
                PartKind::Text(text) => parts.extend(Some(text).filter(|it| !it.is_empty()).map(Part::text)),
                PartKind::Audio { data, format } => parts.push(sound(data, format, &at)?),
                _ => parts.push(self.medium(part, Place::Turn, &at)?),
            }
        }
        self.say(Speaker::User, parts);
        Ok(())
    }

    /// A medium, or a document that is text.
    fn medium(&mut self, part: Sent<'a>, place: Place, at: &str) -> Result<Part<'a>, TransformError> {
        if part.raw.is_some_and(|it| ["citations", "context", "title"].iter().any(|name| it.contains_key(*name))) {
            note(&mut self.dropped, "messages.document");
        }
        if let Some(text) = text_document(part) {
            return Ok(Part::text(text));
        }
        let medium = Medium::of(part).ok_or_else(|| unknown(part, at))?;
        let mut made = self.media.part(medium, place, at)?;
        let closeness = medium.detail.and_then(|it| RESOLUTIONS.iter().position(|(name, _)| *name == it));
        if self.is_third {
            let level = closeness.and_then(|it| RESOLUTIONS.get(it)).map(|(_, level)| json!({"level": level}));
            made.media_resolution = level.and_then(|it| it.as_object().cloned());
        } else {
            self.resolution = self.resolution.max(closeness.unwrap_or_default());
        }
        Ok(made)
    }

    fn assistant(&mut self, message: &'a Message, at: &str) -> Result<(), TransformError> {
        let fields = message.get("provider_specific_fields");
        let mut parts = Vec::new();
        let reasoning = message.get("reasoning_content").and_then(Value::as_str).filter(|it| !it.is_empty());
        match reasoning {
            Some(text) => parts.push(Part::thought(text)),
            // Signatures of thoughts are other providers': Google's are on the parts that follow.
            None if message.get("thinking_blocks").is_some_and(|it| !it.is_null()) => {
                note(&mut self.dropped, "messages.thinking_blocks");
            }
            None => {}
        }
        parts.extend(server_parts(fields));
        self.said(message, at, reasoning.is_some(), &mut parts)?;
        let calls_from = parts.len();
        for (index, call) in message.tool_calls().enumerate() {
            parts.push(self.call(call, &format!("{at}.tool_calls[{index}]"))?);
        }
        if let Some(call) = message.function_call() {
            parts.push(self.legacy_call(call, &format!("{at}.function_call"))?);
        }
        self.sign(&mut parts, calls_from, fields);
        if !parts.is_empty() {
            self.say(Speaker::Model, parts);
        }
        Ok(())
    }

    /// Text, pictures and thoughts that the model gave before.
    fn said(
        &mut self,
        message: &'a Message,
        at: &str,
        thinks: bool,
        parts: &mut Vec<Part<'a>>,
    ) -> Result<(), TransformError> {
        for (index, part) in message.parts().enumerate() {
            let at = format!("{at}.content[{index}]");
            let field = |name: &str| part.raw.and_then(|it| it.get(name)).and_then(Value::as_str);
            match part.kind {
                PartKind::Text(text) => parts.push(Part::text(text)),
                PartKind::Other("refusal") => parts.extend(field("refusal").map(Part::text)),
                PartKind::Other("thinking") if thinks => {}
                PartKind::Other("thinking") => parts.extend(field("thinking").map(Part::thought)),
                PartKind::Other("redacted_thinking") => note(&mut self.dropped, "messages.redacted_thinking"),
                _ => parts.push(self.medium(part, Place::Turn, &at)?),
            }
        }
        let images = message.get("images").and_then(Value::as_array).into_iter().flatten();
        for url in images.filter_map(|it| it.get("image_url")?.get("url")?.as_str()) {
            let medium = Medium { source: url, ..Medium::default() };
            parts.push(self.media.part(medium, Place::Answer, &format!("{at}.images"))?);
        }
        if message.get("audio").is_some_and(|it| !it.is_null()) {
            note(&mut self.dropped, "messages.audio");
        }
        Ok(())
    }

    fn call(&mut self, call: ToolCallRef<'a>, at: &str) -> Result<Part<'a>, TransformError> {
        if call.name.is_empty() {
            return Err(invalid(format!("{at}.function.name"), "missing"));
        }
        let args = call.parsed_arguments();
        let args = args.ok_or_else(|| invalid(format!("{at}.function.arguments"), "must be a JSON object"))?;
        let (id, in_id) = split_id(call.id);
        self.called.insert(id, call.name);
        let function_call = FunctionCall { name: call.name.into(), args, id: self.id(id) };
        let signature = signature(call.raw).or(in_id).map(Cow::Borrowed);
        Ok(Part { function_call: Some(function_call), thought_signature: signature, ..Part::default() })
    }

    fn legacy_call(&mut self, call: &'a Object, at: &str) -> Result<Part<'a>, TransformError> {
        let text = |name: &str| call.get(name).and_then(Value::as_str);
        let name = text("name").ok_or_else(|| invalid(format!("{at}.name"), "missing"))?;
        let arguments = text("arguments").filter(|it| !it.trim().is_empty()).unwrap_or("{}");
        let args = serde_json::from_str(arguments);
        let args = args.map_err(|_| invalid(format!("{at}.arguments"), "must be a JSON object"))?;
        let function_call = FunctionCall { name: name.into(), args, id: None };
        Ok(Part { function_call: Some(function_call), ..Part::default() })
    }

    /// Calls carry their own signatures; one of a plain text is the message's. Gemini 3 refuses a turn whose first call
    /// has none.
    fn sign(&self, parts: &mut [Part<'a>], calls_from: usize, fields: Option<&'a Value>) {
        let of_message = || fields?.get("thought_signatures")?.as_array()?.last()?.as_str();
        match parts.get_mut(calls_from) {
            Some(first) if self.is_third && first.thought_signature.is_none() => {
                first.thought_signature = Some(of_message().unwrap_or(LOST_SIGNATURE).into());
            }
            Some(_) => {}
            None => {
                let text = parts.iter_mut().rev().find(|it| it.text.is_some() && it.thought.is_none());
                if let (Some(text), Some(signature)) = (text, of_message()) {
                    text.thought_signature = Some(signature.into());
                }
            }
        }
    }

    fn result(&mut self, message: &'a Message, at: &str) -> Result<(), TransformError> {
        let (id, _) = split_id(message.tool_call_id().unwrap_or_default());
        let name = self.called.get(id).copied().or(message.name());
        let name = name.ok_or_else(|| invalid(format!("{at}.tool_call_id"), "answers no call of this conversation"))?;
        let mut text = String::new();
        let mut parts = Vec::new();
        for (index, part) in message.parts().enumerate() {
            match part.kind {
                PartKind::Text(more) => text.push_str(more),
                _ => parts.push(self.medium(part, Place::Answer, &format!("{at}.content[{index}]"))?),
            }
        }
        if let SentContent::Unknown(other) = message.content() {
            text = other.to_string();
        }
        let response = serde_json::from_str::<Object>(&text).unwrap_or_else(|_| {
            let mut wrapped = Object::new();
            wrapped.insert("content".into(), text.into());
            wrapped
        });
        let answer = FunctionResponse { name: name.into(), response, id: self.id(id), parts };
        let part = Part { function_response: Some(answer), ..Part::default() };
        self.say(Speaker::Function, vec![part]);
        Ok(())
    }

    /// Calls have ids from Gemini 3 on; earlier models refuse the field.
    fn id(&self, id: &'a str) -> Option<Cow<'a, str>> {
        (self.is_third && !id.is_empty()).then_some(Cow::Borrowed(id))
    }

    fn say(&mut self, speaker: Speaker, parts: Vec<Part<'a>>) {
        match self.turns.last_mut() {
            Some((last, said)) if *last == speaker => said.extend(parts),
            _ => self.turns.push((speaker, parts)),
        }
    }

    fn end(mut self, may_change: bool) -> Result<Conversation<'a>, TransformError> {
        if self.turns.is_empty() {
            if self.system.is_empty() || !may_change {
                return Err(invalid("messages", "needs a message besides the system's"));
            }
            self.say(Speaker::User, vec![Part::text(".")]);
        }
        let contents = self.turns.into_iter().map(|(speaker, mut parts)| {
            // "Unable to submit request because it must have a text parameter."
            if speaker == Speaker::User && !parts.iter().any(Part::has_text) {
                parts.push(Part::text(" "));
            }
            let role = if speaker == Speaker::Model { "model" } else { "user" };
            Content { role: Some(role.into()), parts }
        });
        let level = RESOLUTIONS.get(self.resolution).map(|(_, level)| *level).filter(|it| !it.is_empty());
        Ok(Conversation { contents: contents.collect(), system: self.system, resolution: level, dropped: self.dropped })
    }
}

/// A call's own signature, where LiteLLM or Google's OpenAI-compatible API keeps it.
fn signature(call: &Object) -> Option<&str> {
    let own = call.get("provider_specific_fields").and_then(|it| it.get("thought_signature"));
    let inner = || call.get("function")?.get("provider_specific_fields")?.get("thought_signature");
    let google = || call.get("extra_content")?.get("google")?.get("thought_signature");
    own.or_else(inner).or_else(google)?.as_str()
}

/// An id as it was before a signature was hung on it, and the signature.
fn split_id(id: &str) -> (&str, Option<&str>) {
    id.split_once(SIGNATURE_MARK).map_or((id, None), |(id, signature)| (id, Some(signature)))
}

/// What Google's own tools wrote in an earlier answer.
fn server_parts<'a>(fields: Option<&'a Value>) -> impl Iterator<Item = Part<'a>> {
    let parts = fields.and_then(|it| it.get(SERVER_PARTS)).and_then(Value::as_array);
    let parts = parts.into_iter().flatten().filter_map(Value::as_object);
    parts.map(|it| Part { rest: it.clone(), ..Part::default() })
}

fn sound<'a>(data: &'a str, format: Option<&'a str>, at: &str) -> Result<Part<'a>, TransformError> {
    let format = format.ok_or_else(|| invalid(format!("{at}.input_audio.format"), "missing"))?;
    let media_type = if format.contains('/') { format.into() } else { format!("audio/{format}").into() };
    Ok(media::inline(media_type, data.into()))
}

/// Anthropic's document of plain text.
fn text_document(part: Sent<'_>) -> Option<&str> {
    let PartKind::Other("document") = part.kind else { return None };
    let source = part.raw?.get("source")?;
    (source.get("type")? == "text").then(|| source.get("data")?.as_str()).flatten()
}

fn unknown(part: Sent<'_>, at: &str) -> TransformError {
    let kind = part.raw.and_then(|it| it.get("type")).and_then(Value::as_str).unwrap_or("text");
    invalid(format!("{at}.type"), format!("Google has no part for `{kind}` here"))
}

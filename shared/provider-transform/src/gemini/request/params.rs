//! Parameters other than the conversation and the tools, in Google's names (`GenerationConfig`).

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::gemini::models;
use crate::gemini::wire::snake;
use crate::provider::GoogleService;
use crate::rules::Prepared;
use crate::{Cx, Object, TransformError};

use super::{invalid, note, thinking};

/// Which tier serves a call at Vertex AI ("Flex PayGo", "Priority PayGo"); its bodies have no field for it.
const TIER: HeaderName = HeaderName::from_static("x-vertex-ai-llm-shared-request-type");

/// What the parameters become.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// `generationConfig`.
    pub(super) config: Object,
    /// `toolConfig` as sent.
    pub(super) tool_config: Object,
    /// Other fields of the body.
    pub(super) top: Object,
    pub(super) headers: HeaderMap,
    pub(super) dropped: Vec<String>,
}

/// Fields of `GenerationConfig` that pass as they are, in either spelling.
static CONFIG: &[&str] = &[
    "audio_timestamp",
    "candidate_count",
    "enable_affective_dialog",
    "enable_enhanced_civic_answers",
    "frequency_penalty",
    "image_config",
    "max_output_tokens",
    "media_resolution",
    "model_selection_config",
    "presence_penalty",
    "response_json_schema",
    "response_logprobs",
    "response_mime_type",
    "response_modalities",
    "response_schema",
    "routing_config",
    "seed",
    "speech_config",
    "stop_sequences",
    "temperature",
    "thinking_config",
    "top_k",
    "top_p",
];

/// Fields of the body that pass as they are; LiteLLM's names of them, and Google's.
static TOP: &[(&str, &str)] = &[
    ("cached_content", "cachedContent"),
    ("labels", "labels"),
    ("model_armor_config", "modelArmorConfig"),
    ("safety_settings", "safetySettings"),
];

/// OpenAI parameters that have a form in Google's API for this model.
pub(super) fn is_supported(cx: &Cx<'_>, service: GoogleService, name: &str) -> bool {
    match name {
        "function_call" | "functions" | "logprobs" | "max_completion_tokens" | "max_tokens" | "modalities" => true,
        "n" | "parallel_tool_calls" | "response_format" | "seed" | "service_tier" | "stop" | "stream" => true,
        "stream_options" | "temperature" | "tool_choice" | "tools" | "top_p" | "web_search_options" => true,
        // Read for its labels at Vertex AI.
        "metadata" => service == GoogleService::VertexAi,
        "top_logprobs" => service == GoogleService::VertexAi,
        "audio" => service == GoogleService::VertexAi || cx.model.contains("tts"),
        // Gemini 3 answers 400 to penalties.
        "frequency_penalty" | "presence_penalty" => !models::is_third(cx.model),
        "reasoning_effort" | "thinking" => {
            cx.info.supports.reasoning == Some(true)
                || (cx.info.supports.reasoning.is_none() && models::is_third(cx.model))
        }
        _ => false,
    }
}

/// Sorts the parameters. Errors on values of a wrong type.
pub(super) fn own(cx: &Cx<'_>, service: GoogleService, prepared: &mut Prepared<'_>) -> Result<Fields, TransformError> {
    let mut fields = Fields::default();
    let mut unknown = Vec::new();
    for (name, value) in &prepared.params {
        if !fields.known(service, name, value)? && !fields.passes(service, name, value) {
            unknown.push(name.clone());
        }
    }
    // Google refuses what it does not know: it goes only where the client has not allowed to drop it.
    for name in unknown {
        let is_forced = prepared.is_allowed(&name);
        match prepared.params.get(&name) {
            Some(value) if !prepared.drop_params && !is_forced => drop(fields.top.insert(name, value.clone())),
            _ => note(&mut fields.dropped, &name),
        }
    }
    let sent = |name: &str| prepared.params.get(name).filter(|it| !it.is_null());
    let config = thinking::decide(cx, sent("reasoning_effort"), sent("thinking"), &mut fields.dropped)?;
    fields.config.extend(config.map(|it| ("thinkingConfig".to_owned(), Value::Object(it))));
    let limits = ["max_completion_tokens", "max_tokens"];
    if let Some(name) = limits.into_iter().find(|it| sent(it).is_some()) {
        let tokens = sent(name).and_then(whole);
        let tokens = tokens.ok_or_else(|| invalid(name, "must be a whole number, zero or more"))?;
        fields.config.insert("max_output_tokens".into(), tokens.into());
    }
    fields.speak();
    if models::is_third(cx.model) {
        // "We strongly recommend keeping temperature at its default value of 1.0" ("Gemini 3").
        fields.config.entry("temperature").or_insert_with(|| json!(1.0));
    }
    Ok(fields)
}

impl Fields {
    /// Whether the parameter is OpenAI's (or LiteLLM's) and has been dealt with.
    fn known(&mut self, service: GoogleService, name: &str, value: &Value) -> Result<bool, TransformError> {
        let mut set = |name: &str, value: Value| drop(self.config.insert(name.to_owned(), value));
        match name {
            // Translated elsewhere, or meant for the way the answer is sent.
            "function_call" | "functions" | "include_server_side_tool_invocations" | "max_completion_tokens" => {}
            "max_tokens" | "parallel_tool_calls" | "reasoning_effort" | "response_format" | "stream" => {}
            "stream_options" | "thinking" | "tool_choice" | "tools" | "web_search_options" => {}
            "n" => set("candidate_count", value.clone()),
            "stop" => set("stop_sequences", stop(value)?),
            "logprobs" if value.is_boolean() => set("responseLogprobs", value.clone()),
            "logprobs" => set("logprobs", value.clone()),
            "top_logprobs" => set("logprobs", value.clone()),
            "modalities" => set("responseModalities", modalities(value)?),
            "audio" => set("speechConfig", speech(value)?),
            "service_tier" => self.tier(service, value)?,
            "metadata" => self.label(value),
            "tool_config" | "toolConfig" => self.tool_config.extend(value.as_object().cloned().unwrap_or_default()),
            "generation_config" | "generationConfig" => {
                self.config.extend(value.as_object().cloned().unwrap_or_default());
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether the parameter is Google's own.
    fn passes(&mut self, service: GoogleService, name: &str, value: &Value) -> bool {
        let spelled = snake(name);
        if let Some((_, theirs)) = TOP.iter().find(|(ours, _)| *ours == spelled) {
            // "Labels" exist at Vertex AI alone.
            if *theirs == "labels" && service == GoogleService::AiStudio {
                note(&mut self.dropped, name);
            } else {
                self.top.insert((*theirs).to_owned(), value.clone());
            }
            return true;
        }
        let is_config = CONFIG.contains(&spelled.as_str());
        if is_config {
            let name = if spelled == "thinking_config" { "thinkingConfig" } else { name };
            self.config.insert(name.to_owned(), value.clone());
        }
        is_config
    }

    /// Google's default tier is what OpenAI calls `auto` and `default`.
    fn tier(&mut self, service: GoogleService, value: &Value) -> Result<(), TransformError> {
        let tier = value.as_str().ok_or_else(|| invalid("service_tier", "must be a word"))?.to_lowercase();
        let tier = tier.strip_prefix("service_tier_").unwrap_or(&tier);
        match (service, tier) {
            (_, "auto" | "unspecified") => {}
            (GoogleService::AiStudio, "default") => drop(self.top.insert("serviceTier".into(), "standard".into())),
            (GoogleService::AiStudio, tier) => drop(self.top.insert("serviceTier".into(), tier.into())),
            (GoogleService::VertexAi, "default" | "standard") => {}
            (GoogleService::VertexAi, "flex") => drop(self.headers.insert(TIER, HeaderValue::from_static("flex"))),
            (GoogleService::VertexAi, "priority") => {
                drop(self.headers.insert(TIER, HeaderValue::from_static("priority")))
            }
            (GoogleService::VertexAi, _) => {
                return Err(invalid("service_tier", "must be auto, default, flex or priority"));
            }
        }
        Ok(())
    }

    /// What a client of the gateway says of a call, as labels of Google's bill; labels that are set come first.
    fn label(&mut self, metadata: &Value) {
        let Some(sent) = metadata.get("requester_metadata").and_then(Value::as_object) else {
            return note(&mut self.dropped, "metadata");
        };
        let words = sent.iter().filter(|(_, it)| it.is_string());
        let labels: Object = words.map(|(name, it)| (name.clone(), it.clone())).collect();
        if !labels.is_empty() {
            self.top.entry("labels").or_insert(Value::Object(labels));
        }
    }

    /// A voice is heard only in an answer that may be sound.
    fn speak(&mut self) {
        if !self.config.contains_key("speechConfig") {
            return;
        }
        let spoken = self.config.entry("responseModalities").or_insert_with(|| json!([]));
        if let Some(spoken) = spoken.as_array_mut()
            && !spoken.iter().any(|it| it == "AUDIO")
        {
            spoken.push("AUDIO".into());
        }
    }
}

fn stop(sent: &Value) -> Result<Value, TransformError> {
    let list = match sent {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    if !list.iter().all(Value::is_string) {
        return Err(invalid("stop", "must be a string or a list of strings"));
    }
    Ok(list.into())
}

fn modalities(sent: &Value) -> Result<Value, TransformError> {
    let list = sent.as_array().ok_or_else(|| invalid("modalities", "must be a list"))?;
    let modality = |it: &Value| match it.as_str().map(str::to_lowercase).as_deref() {
        Some("text") => Ok("TEXT"),
        Some("image") => Ok("IMAGE"),
        Some("audio") => Ok("AUDIO"),
        Some("video") => Ok("VIDEO"),
        _ => Err(invalid("modalities", "must be text, image, audio or video")),
    };
    list.iter().map(modality).collect::<Result<Vec<_>, _>>().map(Value::from)
}

/// "Speech generation": 16-bit PCM is all there is.
fn speech(sent: &Value) -> Result<Value, TransformError> {
    let format = sent.get("format").filter(|it| !it.is_null());
    if format.is_some_and(|it| it != "pcm16") {
        return Err(invalid("audio.format", "must be pcm16, the only format that Gemini speaks"));
    }
    let voice = sent.get("voice").filter(|it| !it.is_null());
    Ok(voice.map_or_else(|| json!({}), |it| json!({"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": it}}})))
}

fn whole(sent: &Value) -> Option<u64> {
    let float = || sent.as_f64().filter(|it| it.fract() == 0.0 && (0.0..1e15).contains(it)).map(|it| it as u64);
    sent.as_u64().or_else(float)
}

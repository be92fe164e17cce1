//! `GenerationConfig` in OpenAI's words.

use serde_json::{Value, json};

use crate::TransformError;

use super::{Hub, Thinking, camel, field, invalid, schema, text};

/// Fields that are the same under another name.
static SAME: &[(&str, &str)] = &[
    ("frequencyPenalty", "frequency_penalty"),
    ("logprobs", "top_logprobs"),
    ("maxOutputTokens", "max_tokens"),
    ("presencePenalty", "presence_penalty"),
    ("responseLogprobs", "logprobs"),
    ("seed", "seed"),
    ("stopSequences", "stop"),
    ("temperature", "temperature"),
    ("topK", "top_k"),
    ("topP", "top_p"),
];

impl Hub {
    pub(super) fn configure(&mut self, config: &Value) -> Result<(), TransformError> {
        let config = config.as_object().ok_or_else(|| invalid("generationConfig", "must be an object"))?;
        let form = ["responseJsonSchema", "_responseJsonSchema"].iter().find_map(|it| field(config, it)).cloned();
        let form = form.or_else(|| field(config, "responseSchema").map(schema::json_schema));
        for (name, value) in config.iter().filter(|(_, value)| !value.is_null()) {
            let at = || format!("generationConfig.{name}");
            let spelled = camel(name);
            if let Some((_, ours)) = SAME.iter().find(|(theirs, _)| *theirs == spelled) {
                if *ours != "stop" || value.as_array().is_none_or(|it| !it.is_empty()) {
                    self.set(ours, value.clone());
                }
                continue;
            }
            match &*spelled {
                "candidateCount" if *value == 1 => {}
                "candidateCount" => self.set("n", value.clone()),
                "responseSchema" | "responseJsonSchema" | "_responseJsonSchema" => {}
                "responseMimeType" => match value.as_str() {
                    Some("application/json") if form.is_none() => {
                        self.set("response_format", json!({"type": "json_object"}));
                    }
                    Some("application/json" | "text/plain" | "") => {}
                    Some(_) => self.losses.refused.push(at()),
                    None => return Err(invalid(at(), "must be a media type")),
                },
                "responseModalities" => self.modalities(value, &at())?,
                "speechConfig" => self.speak(value, at()),
                "thinkingConfig" => self.think(value, &at())?,
                _ => self.losses.dropped.push(at()),
            }
        }
        if let Some(form) = form {
            let form = json!({"name": "response", "schema": form});
            self.set("response_format", json!({"type": "json_schema", "json_schema": form}));
        }
        Ok(())
    }

    fn modalities(&mut self, value: &Value, at: &str) -> Result<(), TransformError> {
        let list = value.as_array().ok_or_else(|| invalid(at, "must be a list"))?;
        let words: Vec<_> = list.iter().filter_map(Value::as_str).map(str::to_lowercase).collect();
        if words.iter().any(|it| it != "text" && it != "modality_unspecified") {
            self.set("modalities", words.into());
        }
        Ok(())
    }

    /// One voice; conversations of several are Google's alone ("Speech generation").
    fn speak(&mut self, value: &Value, at: String) {
        let voice = value.as_object().and_then(|it| field(it, "voiceConfig")?.as_object());
        let voice = voice.and_then(|it| field(it, "prebuiltVoiceConfig")?.as_object());
        match voice.and_then(|it| text(it, "voiceName")) {
            Some(name) => self.set("audio", json!({"voice": name, "format": "pcm16"})),
            None => self.losses.refused.push(at),
        }
    }

    fn think(&mut self, value: &Value, at: &str) -> Result<(), TransformError> {
        let config = value.as_object().ok_or_else(|| invalid(at, "must be an object"))?;
        let budget = match field(config, "thinkingBudget") {
            None => None,
            Some(it) => {
                Some(it.as_i64().ok_or_else(|| invalid(format!("{at}.thinkingBudget"), "must be a whole number"))?)
            }
        };
        let level = match text(config, "thinkingLevel").map(str::to_lowercase).as_deref() {
            None | Some("thinking_level_unspecified") => None,
            Some("minimal") => Some("minimal"),
            Some("low") => Some("low"),
            Some("medium") => Some("medium"),
            Some("high") => Some("high"),
            Some(_) => return Err(invalid(format!("{at}.thinkingLevel"), "must be MINIMAL, LOW, MEDIUM or HIGH")),
        };
        self.thinking = match (level, budget) {
            (Some(level), _) => Some(Thinking::Level(level)),
            (None, Some(0)) => Some(Thinking::Off),
            (None, Some(budget)) => Some(u64::try_from(budget).map_or(Thinking::Dynamic, Thinking::Budget)),
            (None, None) => {
                field(config, "includeThoughts").filter(|it| **it == Value::Bool(true)).map(|_| Thinking::Dynamic)
            }
        };
        Ok(())
    }
}

//! Anthropic's token counts ("Prompt caching", "Tracking cache performance"): `input_tokens` leaves out what was read
//! from or written to a cache, and compactions are counted apart.

use serde::Deserialize;
use serde_json::Value;

use crate::{Object, Usage};

/// Counts as Anthropic reports them, complete in an answer, in pieces in a stream.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Counts {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation: Option<CacheCreation>,
    output_tokens_details: Option<OutputDetails>,
    server_tool_use: Option<Object>,
    iterations: Option<Vec<Iteration>>,
    service_tier: Option<String>,
    inference_geo: Option<String>,
    speed: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct CacheCreation {
    ephemeral_1h_input_tokens: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct OutputDetails {
    #[serde(alias = "reasoning_tokens")]
    thinking_tokens: Option<u64>,
}

/// One pass of the model; the outer counts leave compactions out ("Compaction", "Understanding usage").
#[derive(Clone, Debug, Deserialize)]
struct Iteration {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
}

/// What a host counts that reports the same parts under other names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    /// Fresh prompt tokens, without those read from or written to a cache.
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) cache_read: u64,
    pub(crate) cache_write: u64,
    /// The part of `cache_write` that is kept for an hour, where the host tells.
    pub(crate) cache_write_1h: Option<u64>,
    /// The part of `output` that was thinking, where the host tells.
    pub(crate) thinking: Option<u64>,
    pub(crate) service_tier: Option<String>,
}

/// What is known of the part of the answer that was thinking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thought {
    /// There was none.
    None,
    /// Thinking text of this many characters.
    Chars(u64),
    /// There was some, but its text is withheld.
    Hidden,
}

impl Counts {
    /// The counts of these parts.
    pub(crate) fn from_parts(parts: Parts) -> Self {
        let details = OutputDetails { thinking_tokens: parts.thinking };
        Self {
            input_tokens: Some(parts.input),
            output_tokens: Some(parts.output),
            cache_creation_input_tokens: Some(parts.cache_write),
            cache_read_input_tokens: Some(parts.cache_read),
            cache_creation: parts.cache_write_1h.map(|it| CacheCreation { ephemeral_1h_input_tokens: Some(it) }),
            output_tokens_details: parts.thinking.map(|_| details),
            service_tier: parts.service_tier,
            ..Self::default()
        }
    }

    /// Later counts replace earlier ones, field by field.
    pub(super) fn update(&mut self, later: Self) {
        fn newer<T>(old: &mut Option<T>, new: Option<T>) {
            if new.is_some() {
                *old = new;
            }
        }
        newer(&mut self.input_tokens, later.input_tokens);
        newer(&mut self.output_tokens, later.output_tokens);
        newer(&mut self.cache_creation_input_tokens, later.cache_creation_input_tokens);
        newer(&mut self.cache_read_input_tokens, later.cache_read_input_tokens);
        newer(&mut self.cache_creation, later.cache_creation);
        newer(&mut self.output_tokens_details, later.output_tokens_details);
        newer(&mut self.server_tool_use, later.server_tool_use);
        newer(&mut self.iterations, later.iterations);
        newer(&mut self.service_tier, later.service_tier);
        newer(&mut self.inference_geo, later.inference_geo);
        newer(&mut self.speed, later.speed);
    }

    /// What a stream's start counts: its output is a placeholder that says nothing of an answer that breaks off.
    pub(super) fn of_prompt(self) -> Self {
        Self { output_tokens: None, ..self }
    }

    /// The counts in the meaning that holds for every provider.
    pub(crate) fn usage(&self, thought: Thought) -> Usage {
        let written = self.total(self.cache_creation_input_tokens, |it| it.cache_creation_input_tokens);
        let split = self.cache_creation.unwrap_or_default();
        let one_hour = split.ephemeral_1h_input_tokens.unwrap_or_default().min(written);
        let read = self.total(self.cache_read_input_tokens, |it| it.cache_read_input_tokens);
        let completion = self.total(self.output_tokens, |it| Some(it.output_tokens));
        Usage {
            prompt_tokens: self.fresh().saturating_add(written).saturating_add(read),
            completion_tokens: completion,
            cache_read_tokens: read,
            cache_write_5m_tokens: written - one_hour,
            cache_write_1h_tokens: one_hour,
            reasoning_tokens: self.reasoning(thought).unwrap_or_default().min(completion),
            web_search_requests: self.searches(),
            service_tier: self.service_tier.clone(),
            inference_geo: self.inference_geo.clone(),
            speed: self.speed.clone(),
            ..Usage::default()
        }
    }

    /// The counts as the client sees them.
    pub(crate) fn wire(&self, usage: &Usage, thought: Thought) -> Object {
        let written = usage.cache_write_5m_tokens.saturating_add(usage.cache_write_1h_tokens);
        let mut details = Object::new();
        if self.reasoning(thought).is_some() {
            details.insert("reasoning_tokens".into(), usage.reasoning_tokens.into());
            let text = usage.completion_tokens - usage.reasoning_tokens;
            details.insert("text_tokens".into(), text.into());
        }
        let mut prompt = Object::new();
        prompt.insert("cached_tokens".into(), usage.cache_read_tokens.into());
        prompt.insert("cache_write_tokens".into(), written.into());
        prompt.insert("cache_creation_tokens".into(), written.into());
        if self.cache_creation.is_some() {
            let mut split = Object::new();
            split.insert("ephemeral_5m_input_tokens".into(), usage.cache_write_5m_tokens.into());
            split.insert("ephemeral_1h_input_tokens".into(), usage.cache_write_1h_tokens.into());
            prompt.insert("cache_creation_token_details".into(), Value::Object(split));
        }
        prompt.insert("text_tokens".into(), self.fresh().into());
        let mut wire = Object::new();
        wire.insert("completion_tokens".into(), usage.completion_tokens.into());
        wire.insert("prompt_tokens".into(), usage.prompt_tokens.into());
        wire.insert("total_tokens".into(), usage.prompt_tokens.saturating_add(usage.completion_tokens).into());
        wire.insert("completion_tokens_details".into(), Value::Object(details));
        wire.insert("prompt_tokens_details".into(), Value::Object(prompt));
        wire.insert("cache_creation_input_tokens".into(), written.into());
        wire.insert("cache_read_input_tokens".into(), usage.cache_read_tokens.into());
        wire.extend(self.server_tool_use.clone().map(|it| ("server_tool_use".to_owned(), Value::Object(it))));
        let words = [("inference_geo", &self.inference_geo), ("speed", &self.speed)];
        for (name, value) in words {
            wire.extend(value.clone().map(|it| (name.to_owned(), Value::String(it))));
        }
        wire
    }

    fn fresh(&self) -> u64 {
        self.total(self.input_tokens, |it| Some(it.input_tokens))
    }

    fn total(&self, outer: Option<u64>, of: impl Fn(&Iteration) -> Option<u64>) -> u64 {
        let compactions = self.iterations.iter().flatten().filter(|it| it.kind.as_deref() == Some("compaction"));
        compactions.filter_map(of).fold(outer.unwrap_or_default(), u64::saturating_add)
    }

    fn searches(&self) -> u64 {
        let count = self.server_tool_use.as_ref().and_then(|it| it.get("web_search_requests"));
        count.and_then(Value::as_u64).unwrap_or_default()
    }

    /// Thinking tokens: as reported, else estimated from the text at four characters a token; `None` when nobody knows.
    fn reasoning(&self, thought: Thought) -> Option<u64> {
        let reported = self.output_tokens_details.and_then(|it| it.thinking_tokens);
        reported.or(match thought {
            Thought::None => Some(0),
            Thought::Chars(chars) => Some(chars.div_ceil(4)),
            Thought::Hidden => None,
        })
    }
}

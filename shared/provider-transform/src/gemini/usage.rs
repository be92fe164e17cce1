//! Google's token counts (`UsageMetadata`): the cache is part of the prompt, what tools read is not, and thoughts are
//! counted apart from the answer by most models.

use serde_json::Value;

use crate::{Object, Usage};

use super::wire::answer::{ModalityCount, UsageMetadata};

/// Counts as Google reports them, with the searches that the answer names.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// The latest counts; each event of a stream counts everything so far.
    pub(super) tokens: UsageMetadata,
    /// Queries sent to a search engine.
    pub(super) searches: u64,
}

impl Counts {
    /// The counts in the meaning that holds for every provider.
    pub(super) fn usage(&self) -> Usage {
        let tokens = &self.tokens;
        let prompt = tokens.prompt_token_count.unwrap_or_default();
        Usage {
            prompt_tokens: prompt.saturating_add(tokens.tool_use_prompt_token_count.unwrap_or_default()),
            completion_tokens: self.completion(),
            cache_read_tokens: tokens.cached_content_token_count.unwrap_or_default().min(prompt),
            reasoning_tokens: tokens.thoughts_token_count.unwrap_or_default(),
            audio_input_tokens: sum(&tokens.prompt_tokens_details, AUDIO),
            image_input_tokens: sum(&tokens.prompt_tokens_details, IMAGE),
            video_input_tokens: sum(&tokens.prompt_tokens_details, VIDEO),
            text_input_tokens: sum(&tokens.prompt_tokens_details, TEXT),
            cached_audio_tokens: sum(&tokens.cache_tokens_details, AUDIO),
            audio_output_tokens: sum(&tokens.candidates_tokens_details, AUDIO),
            image_output_tokens: sum(&tokens.candidates_tokens_details, IMAGE),
            video_output_tokens: sum(&tokens.candidates_tokens_details, VIDEO),
            text_output_tokens: self.text_output(),
            web_search_requests: self.searches,
            service_tier: self.tier(),
            ..Usage::default()
        }
    }

    /// The counts as the client sees them; `reasoning` is shown where Google counts none.
    pub(super) fn wire(&self, usage: &Usage, reasoning: Option<u64>) -> Object {
        let tokens = &self.tokens;
        let fresh = |names| sum(&tokens.prompt_tokens_details, names).map(|it| it.saturating_sub(self.cached(names)));
        let counted = |name: &str, count: Option<u64>| count.map(|it| (name.to_owned(), Value::from(it)));
        let completion: Object = [
            counted("reasoning_tokens", tokens.thoughts_token_count.or(reasoning)),
            counted("audio_tokens", usage.audio_output_tokens),
            counted("text_tokens", usage.text_output_tokens),
            counted("image_tokens", usage.image_output_tokens),
            counted("video_tokens", usage.video_output_tokens),
        ]
        .into_iter()
        .flatten()
        .collect();
        let prompt: Object = [
            counted("audio_tokens", fresh(AUDIO)),
            counted("cached_tokens", tokens.cached_content_token_count),
            counted("text_tokens", fresh(TEXT)),
            counted("image_tokens", fresh(IMAGE)),
            counted("video_tokens", fresh(VIDEO)),
            counted("tool_use_tokens", tokens.tool_use_prompt_token_count),
            counted("web_search_requests", Some(self.searches).filter(|it| *it > 0)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let total = usage.prompt_tokens.saturating_add(usage.completion_tokens);
        let mut wire = Object::new();
        wire.insert("completion_tokens".into(), usage.completion_tokens.into());
        wire.insert("prompt_tokens".into(), usage.prompt_tokens.into());
        wire.insert("total_tokens".into(), tokens.total_token_count.unwrap_or(total).into());
        wire.insert("completion_tokens_details".into(), Value::Object(completion));
        wire.insert("prompt_tokens_details".into(), Value::Object(prompt));
        wire.extend(counted("cache_read_input_tokens", tokens.cached_content_token_count));
        wire
    }

    /// Thoughts belong to the completion; models that count them with the candidates show it in the total.
    fn completion(&self) -> u64 {
        let tokens = &self.tokens;
        let candidates = tokens.candidates_token_count.unwrap_or_default();
        let thoughts = tokens.thoughts_token_count.unwrap_or_default();
        let tools = tokens.tool_use_prompt_token_count.unwrap_or_default();
        let read = tokens.prompt_token_count.unwrap_or_default().saturating_add(tools);
        let includes_thoughts = tokens.total_token_count == Some(read.saturating_add(candidates));
        if includes_thoughts { candidates } else { candidates.saturating_add(thoughts) }
    }

    /// As reported, else what of the candidates is no other medium.
    fn text_output(&self) -> Option<u64> {
        let tokens = &self.tokens;
        let details = &tokens.candidates_tokens_details;
        let media: u64 = [AUDIO, IMAGE, VIDEO].iter().filter_map(|it| sum(details, it)).sum();
        let candidates = tokens.candidates_token_count.unwrap_or_default();
        let rest = || (candidates > 0 || tokens.thoughts_token_count.is_some()).then_some(candidates);
        sum(details, TEXT).or_else(|| rest().map(|it| it.saturating_sub(media)))
    }

    /// Cached tokens of some modalities; where Google does not split them they are text.
    fn cached(&self, names: &[&str]) -> u64 {
        let details = &self.tokens.cache_tokens_details;
        if details.is_empty() && names == TEXT {
            return self.tokens.cached_content_token_count.unwrap_or_default();
        }
        sum(details, names).unwrap_or_default()
    }

    /// The tier that served the call (`trafficType` in "Flex PayGo" and "Priority PayGo").
    fn tier(&self) -> Option<String> {
        match self.tokens.traffic_type.as_deref() {
            Some("ON_DEMAND_PRIORITY") => Some("priority".to_owned()),
            Some("ON_DEMAND_FLEX") => Some("flex".to_owned()),
            _ => self.tokens.service_tier.as_ref().map(|it| it.to_lowercase()),
        }
    }
}

const TEXT: &[&str] = &["TEXT", "DOCUMENT"];
const AUDIO: &[&str] = &["AUDIO"];
const IMAGE: &[&str] = &["IMAGE"];
const VIDEO: &[&str] = &["VIDEO"];

fn sum(details: &[ModalityCount], names: &[&str]) -> Option<u64> {
    let is_named = |it: &&ModalityCount| names.iter().any(|name| it.modality.eq_ignore_ascii_case(name));
    let mut counts = details.iter().filter(is_named).map(|it| it.token_count).peekable();
    counts.peek()?;
    Some(counts.fold(0, u64::saturating_add))
}

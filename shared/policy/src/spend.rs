//! What one call cost and who pays: the message from a gateway function to the spend writer, and the spend row.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::money::Usd;

mod clip;
mod id;
mod sight;
#[cfg(test)]
mod tests;

pub use clip::clip;
pub use id::pair;
pub use sight::{Sight, Spender};

/// The version that [`SpendEvent::new`] writes, and the newest that [`SpendEvent::parse`] reads.
pub const VERSION: u32 = 1;

/// The kind of the scope that every event counts for, whether listed or not.
pub const GLOBAL: &str = "global";

/// One call to a provider, as it is charged. Its `id` makes it count once, however often it arrives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpendEvent {
    /// Format version.
    pub v: u32,
    /// Made by the gateway for this call, never chosen by a client; also the id of its reservation.
    pub id: String,
    /// How the call ended.
    pub status: Status,
    /// LiteLLM's name of the operation, e.g. `acompletion`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub call_type: String,
    /// The route that was called, e.g. `/chat/completions`; the daily rollups' `endpoint`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
    /// When the request arrived, milliseconds since the Unix epoch. Its UTC date is the rollups' date.
    pub started: u64,
    /// When the last byte had gone, milliseconds since the Unix epoch.
    #[serde(default)]
    pub ended: u64,
    /// When the first content had come, milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token: Option<u64>,

    /// What the call cost; zero for a call that produced nothing.
    pub spend: Usd,
    /// What `spend` is made of.
    #[serde(default, skip_serializing_if = "CostParts::is_empty")]
    pub breakdown: CostParts,
    /// What was counted.
    #[serde(default, skip_serializing_if = "Tokens::is_empty")]
    pub tokens: Tokens,
    /// The provider gave no usage: tokens and spend are our estimate.
    #[serde(default, skip_serializing_if = "is_false")]
    pub estimated: bool,
    /// No price is known for the model: the spend of zero says nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unpriced: bool,

    /// The answer's id, which the client saw.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// `x-litellm-call-id`; a client may choose it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub call_id: String,
    /// LiteLLM's session id of related calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,

    /// Hash of the key that called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub api_key: String,
    /// The key's alias at the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_alias: Option<String>,
    /// User of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Team of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    /// Organization of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// The customer that the caller named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_user: Option<String>,
    /// The agent that the caller named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Tags of the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,

    /// The provider's name of the model, or `unknown-model`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The name that the caller asked for, as configured.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model_group: String,
    /// Id of the deployment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model_id: String,
    /// `custom_llm_provider`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// Base address of the provider.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub api_base: String,

    /// Answered from the response cache.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cache_hit: bool,
    /// Key of the response cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_key: Option<String>,
    /// How many calls were repeated to the same group.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
    /// How many other groups were tried.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fallbacks: u32,
    /// Why the call failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<CallError>,
    /// Address of the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester_ip: Option<String>,
    /// Program of the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Anything else that LiteLLM shows under `metadata`; keep it small.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,

    /// Everything that pays for this call, one entry for each budget period that it falls in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Scope>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The caller was answered.
    Success,
    /// The caller got an error, or left.
    Failure,
}

impl Status {
    /// LiteLLM's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// Someone or something with a running total: a key, a user, a team, a tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// `key`, `user`, `team`, `team_member`, `organization`, `end_user`, `tag`, `model_per_key`, … or [`GLOBAL`].
    pub kind: String,
    /// Which one; for a key its `origin`, which outlives a change of the secret. Empty for [`GLOBAL`].
    pub id: String,
    /// First second of the budget period, seconds since the Unix epoch; none for a total over all time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<u64>,
}

/// What a cost is made of, each part in dollars.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostParts {
    /// Prompt tokens outside any cache.
    #[serde(default, skip_serializing_if = "unpaid")]
    pub input: Usd,
    /// Produced tokens.
    #[serde(default, skip_serializing_if = "unpaid")]
    pub output: Usd,
    /// Prompt tokens read from the provider's cache.
    #[serde(default, skip_serializing_if = "unpaid")]
    pub cache_read: Usd,
    /// Prompt tokens written to the provider's cache.
    #[serde(default, skip_serializing_if = "unpaid")]
    pub cache_creation: Usd,
    /// The share of `output` that was reasoning.
    #[serde(default, skip_serializing_if = "unpaid")]
    pub reasoning: Usd,
    /// The provider's own tools, e.g. web search.
    #[serde(default, skip_serializing_if = "unpaid")]
    pub tool_usage: Usd,
    /// Subtracted by a configured discount.
    #[serde(default, skip_serializing_if = "unpaid")]
    pub discount: Usd,
    /// Added by a configured margin.
    #[serde(default, skip_serializing_if = "unpaid")]
    pub margin: Usd,
}

/// Counted tokens; `prompt` includes what was read from and written to a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Sent.
    #[serde(default)]
    pub prompt: u64,
    /// Produced.
    #[serde(default)]
    pub completion: u64,
    /// As reported; usually the sum.
    #[serde(default)]
    pub total: u64,
    /// Part of `prompt` that came from a cache.
    #[serde(default, skip_serializing_if = "none_counted")]
    pub cache_read: u64,
    /// Part of `prompt` that went into a cache.
    #[serde(default, skip_serializing_if = "none_counted")]
    pub cache_write: u64,
    /// Part of `completion` that was reasoning.
    #[serde(default, skip_serializing_if = "none_counted")]
    pub reasoning: u64,
}

/// Why a call failed, as shown in a spend row's `error_information`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallError {
    /// LiteLLM's class, e.g. `RateLimitError`.
    pub class: String,
    /// HTTP status or code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// For the operator; no secret in it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// A text is not a spend event that this version can read.
#[derive(Debug, thiserror::Error)]
pub enum ParseEventError {
    /// Not JSON, or fields are missing or of another type.
    #[error("malformed spend event")]
    Malformed(#[source] serde_json::Error),
    /// Written by a newer release.
    #[error("spend event of version {version}, newer than {VERSION}")]
    Newer {
        /// The event's version.
        version: u32,
    },
    /// The id is empty, so that nothing could make it count once.
    #[error("spend event without an id")]
    NoId,
}

impl SpendEvent {
    /// A successful call that cost nothing yet; everything else is for the caller to fill in.
    #[must_use]
    pub fn new(id: impl Into<String>, started: u64) -> Self {
        Self {
            v: VERSION,
            id: id.into(),
            status: Status::Success,
            call_type: String::new(),
            endpoint: String::new(),
            started,
            ended: started,
            first_token: None,
            spend: Usd::ZERO,
            breakdown: CostParts::default(),
            tokens: Tokens::default(),
            estimated: false,
            unpriced: false,
            request_id: String::new(),
            call_id: String::new(),
            session_id: None,
            api_key: String::new(),
            key_alias: None,
            user: None,
            team_id: None,
            organization_id: None,
            end_user: None,
            agent_id: None,
            tags: Vec::new(),
            model: String::new(),
            model_group: String::new(),
            model_id: String::new(),
            provider: String::new(),
            api_base: String::new(),
            cache_hit: false,
            cache_key: None,
            retries: 0,
            fallbacks: 0,
            error: None,
            requester_ip: None,
            user_agent: None,
            metadata: Map::new(),
            scopes: Vec::new(),
        }
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// Not an event, or of a newer version than this program knows.
    pub fn parse(text: &str) -> Result<Self, ParseEventError> {
        let event: Self = serde_json::from_str(text).map_err(ParseEventError::Malformed)?;
        if event.v > VERSION {
            return Err(ParseEventError::Newer { version: event.v });
        }
        if event.id.is_empty() {
            return Err(ParseEventError::NoId);
        }
        Ok(event)
    }

    /// Milliseconds from the request to its last byte.
    #[must_use]
    pub fn duration(&self) -> u64 {
        self.ended.saturating_sub(self.started)
    }

    /// The entities that pay, each once, whatever number of periods it has: those of the scopes, and everyone whom the
    /// call names. [`GLOBAL`] is the last.
    #[must_use]
    pub fn entities(&self) -> Vec<(&str, Cow<'_, str>)> {
        let scopes = self.scopes.iter().map(|it| (it.kind.as_str(), Cow::from(it.id.as_str())));
        let owners = [
            ("user", &self.user),
            ("team", &self.team_id),
            ("organization", &self.organization_id),
            ("end_user", &self.end_user),
            ("agent", &self.agent_id),
        ];
        let named = owners.into_iter().filter_map(|(kind, id)| Some((kind, Cow::from(id.as_deref()?))));
        let member = self.team_id.as_ref().zip(self.user.as_ref());
        let member = member.map(|(team, user)| ("team_member", Cow::from(pair(team, user))));
        let tags = self.tags.iter().map(|tag| ("tag", Cow::from(tag.as_str())));
        let mut entities: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(self.scopes.len() + 1);
        for entity in scopes.chain(named).chain(member).chain(tags) {
            if entity.0 != GLOBAL && !entity.1.is_empty() && !entities.contains(&entity) {
                entities.push(entity);
            }
        }
        entities.push((GLOBAL, Cow::from("")));
        entities
    }
}

impl Scope {
    /// A total over all time.
    #[must_use]
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { kind: kind.into(), id: id.into(), period: None }
    }

    /// The same entity within the period that begins at `start`, in seconds since the Unix epoch.
    #[must_use]
    pub fn within(self, start: u64) -> Self {
        Self { period: Some(start), ..self }
    }
}

impl CostParts {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Tokens {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn unpaid(amount: &Usd) -> bool {
    amount.is_zero()
}

fn none_counted(count: &u64) -> bool {
    *count == 0
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

//! Virtual keys: the entity, its secret, and the rules by which one is made and changed. Reads no clock and no
//! randomness: both come as arguments.

mod admit;
mod answer;
mod around;
mod bounds;
mod fields;
mod list;
mod make;
mod rights;
mod set;
mod settings;
mod shares;
#[cfg(test)]
mod tests;
mod within;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub use admit::{Before, Change, admit};
pub use around::Around;
pub use bounds::UpperBounds;
pub(crate) use fields::is_enforced;
pub use fields::{Effect, FIELDS, effect};
pub use list::{Filter, Order, OrderField, Page, View};
pub use make::{Generated, Maker, generate, regenerate, rotate, update};
pub use rights::{Act, Standing, Who};

use crate::config::hex;
use crate::duration::{Calendar, Period};
use crate::entity::{Limits, ObjectPermission};
use crate::money::Usd;
use crate::request;

/// A virtual key. The secret itself is nowhere in it: `token` is its hash.
///
/// Serialises to what the store keeps; attributes that this version does not know stay in `rest`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Key {
    /// SHA-256 of the secret, as 64 hex digits: the key's id now.
    pub token: String,
    /// `token` when the key was first made: stays the same when the secret changes, so spend and counters go by it.
    pub origin: String,
    /// `sk-...` and the secret's last four characters.
    pub key_name: String,
    /// A name of the owner's choice, unique among keys.
    pub key_alias: Option<String>,
    /// Models that the key may use: names, access groups, wildcards, specials; empty means every one.
    pub models: Vec<String>,
    /// Other names for models, for this key alone.
    pub aliases: BTreeMap<String, String>,
    /// Routes that the key may call: paths, prefixes, wildcards, groups; empty means every one its role may.
    pub allowed_routes: Vec<String>,
    /// What its requests may say of the cache in `cache`, such as `no-store`; empty means everything.
    pub allowed_cache_controls: Vec<String>,
    /// LiteLLM's extra permissions, such as `get_spend_routes`.
    pub permissions: Map<String, Value>,
    /// The owner's own data, and the settings that LiteLLM keeps there (`tags`, `temp_budget_increase`, …).
    pub metadata: Map<String, Value>,
    /// What the key has spent, in US dollars, as far as the reader of this value has been told.
    pub spend: Usd,
    /// Its budgets and limits.
    pub limits: Limits,
    /// Id of the budget that sets what `limits` leaves open.
    pub budget_id: Option<String>,
    /// The user who owns the key.
    pub user_id: Option<String>,
    /// The team that the key belongs to.
    pub team_id: Option<String>,
    /// The organization that the key belongs to.
    pub organization_id: Option<String>,
    /// The project that the key belongs to.
    pub project_id: Option<String>,
    /// The agent that the key belongs to.
    pub agent_id: Option<String>,
    /// Access groups whose models the key may use, whatever its team's list says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access_group_ids: Vec<String>,
    /// What it may reach beside models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_permission: Option<ObjectPermission>,
    /// Models to use instead of one whose own budget is used up, in order.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub budget_fallbacks: BTreeMap<String, Vec<String>>,
    /// Whether a job gives the key a new secret every `rotation_interval`.
    pub auto_rotate: bool,
    /// Time between two secrets, such as `30d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation_interval: Option<String>,
    /// When the key is due for a new secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_rotation_at: Option<Timestamp>,
    /// When the job last gave it one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_rotation_at: Option<Timestamp>,
    /// How often the job has given it one.
    pub rotation_count: u64,
    /// Other secrets that open the key for a while.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<OtherSecret>,
    /// What `allowed_routes` was made from: `default`, `llm_api`, `management` or `read_only`.
    pub key_type: Option<String>,
    /// Whether the key is refused.
    pub blocked: bool,
    /// From this moment on the key is refused.
    pub expires: Option<Timestamp>,
    /// When the key was made.
    pub created_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: Option<String>,
    /// When the key was last changed.
    pub updated_at: Option<Timestamp>,
    /// Who changed it.
    pub updated_by: Option<String>,
    /// When the key was last used.
    pub last_active: Option<Timestamp>,
    /// Every other attribute, kept as found.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The record of a secret that opens a key for a while although it is not its own any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OldSecret {
    /// SHA-256 of the secret, as 64 hex digits.
    pub token: String,
    /// The token of the key that it opens.
    pub active: String,
    /// The key's `origin`: another key that happens to get the token is not opened.
    pub origin: String,
    /// From this moment on it opens nothing.
    pub revoke_at: Option<Timestamp>,
}

impl OldSecret {
    /// Whether it still opens its key at `now`.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoke_at.is_some_and(|end| now < end)
    }
}

/// A secret that opens a key beside its own: an earlier one in its grace period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherSecret {
    /// SHA-256 of the secret, as 64 hex digits.
    pub token: String,
    /// From this moment on it opens nothing.
    pub revoke_at: Timestamp,
}

impl Key {
    /// The hash that a key is stored under: SHA-256 of the whole secret, as lower-case hex.
    #[must_use]
    pub fn hash(secret: &str) -> String {
        hex(Sha256::digest(secret.as_bytes()).as_slice())
    }

    /// A secret's short form for display: `sk-...` and the last four characters.
    #[must_use]
    pub fn name(secret: &str) -> String {
        let skipped = secret.chars().count().saturating_sub(4);
        format!("sk-...{}", secret.chars().skip(skipped).collect::<String>())
    }

    /// A new secret: `sk-` and 22 characters that spell out 16 random bytes.
    #[must_use]
    pub fn secret(random: [u8; 16]) -> String {
        format!("sk-{}", URL_SAFE_NO_PAD.encode(random))
    }

    /// Whether the key has expired at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| end <= now)
    }

    /// LiteLLM's word for what the key is good for: `active`, `expired` or `revoked`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> &'static str {
        if self.blocked {
            "revoked"
        } else if self.is_expired(now) {
            "expired"
        } else {
            "active"
        }
    }

    /// The budget period that holds `now`; `None` when the budget is for the key's whole life.
    #[must_use]
    pub fn budget_period(&self, calendar: &Calendar, now: Timestamp) -> Option<Period> {
        self.limits.period(calendar, now)
    }

    /// The most that the key may spend at `now`: `max_budget` and a temporary increase that has not run out.
    #[must_use]
    pub fn budget_at(&self, now: Timestamp) -> Option<Usd> {
        let max = self.limits.max_budget_at(now)?;
        let increase = self.metadata.get("temp_budget_increase");
        let increase = increase.and_then(|value| request::money("temp_budget_increase", value).ok()?);
        let expiry = self.metadata.get("temp_budget_expiry").and_then(Value::as_str).and_then(request::timestamp);
        match (increase, expiry) {
            (Some(increase), Some(expiry)) if now < expiry => Some(max + increase),
            _ => Some(max),
        }
    }
}

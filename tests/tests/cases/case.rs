//! A case as its file states it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One story: an application of its own, and calls one after the other.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What it shows, in a sentence.
    pub(crate) about: String,
    /// The configuration; without it `gpt-4o` and `claude` on the stand-in, without retries.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(crate) config: Value,
    /// The calls.
    pub(crate) steps: Vec<Step>,
}

/// One call, and what must come of it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// `METHOD /path?query`.
    pub(crate) call: String,
    /// The key, sent as a bearer; without it the master key, an empty one sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// A token of the identity provider, sent as a bearer: see `tests::identity::Identity::token`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(crate) token: Value,
    /// What becomes of the identity provider before the call.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(crate) idp: Value,
    /// Another process of the same installation serves the call.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) elsewhere: bool,
    /// The address that the call comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) headers: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(crate) body: Value,
    /// A body that is no JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) raw_body: Option<String>,
    /// Answers of the provider by the model that it is asked for, as the stand-in's replay takes them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) provider: Map<String, Value>,
    /// The tables and the queue go away before the call, for good.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) store_down: bool,
    /// Time to pass before the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wait_ms: Option<u64>,
    /// Keeps the key that is made under this name: `{name}` is its secret, `{name.hash}` its hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) save: Option<String>,
    /// The parts of the body that matter, as JSON pointers; without it all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) look: Vec<String>,
    /// The provider is called several times at once: what it receives and the rows are compared in a fixed order.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) unordered: bool,
    /// Everything that comes of it; without it the call must only succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expect: Option<Value>,
    /// Asks for an expectation where there is none yet.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) new: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

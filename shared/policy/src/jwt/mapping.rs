//! Which virtual key a token stands for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Tokens with a claim of this value, and the virtual key that they stand for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyMapping {
    /// Its id.
    pub id: String,
    /// Whose tokens; everyone's when empty.
    pub jwt_issuer: String,
    /// The claim.
    pub jwt_claim_name: String,
    /// The claim's value.
    pub jwt_claim_value: String,
    /// The key, by its hash.
    pub token: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it holds.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: Option<String>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// Who changed it.
    pub updated_by: Option<String>,
    /// Every other attribute, kept as found.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Default for KeyMapping {
    fn default() -> Self {
        Self {
            id: String::new(),
            jwt_issuer: String::new(),
            jwt_claim_name: String::new(),
            jwt_claim_value: String::new(),
            token: String::new(),
            description: None,
            is_active: true,
            created_at: None,
            created_by: None,
            updated_at: None,
            updated_by: None,
            rest: Map::new(),
        }
    }
}

impl KeyMapping {
    /// The name under which no two mappings may be: whose tokens, which claim, which value. None runs into another.
    #[must_use]
    pub fn name(issuer: &str, claim: &str, value: &str) -> String {
        serde_json::to_string(&[issuer, claim, value]).unwrap_or_default()
    }
}

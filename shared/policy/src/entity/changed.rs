//! Settings that are changed at run time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A setting that was changed at run time; it goes before the configuration's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Setting {
    /// Its name in the configuration, such as `cost_margin_config`.
    pub name: String,
    /// Its value, in the configuration's form.
    pub value: Value,
    /// When it was first changed.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// The user who changed it.
    pub updated_by: Option<String>,
}

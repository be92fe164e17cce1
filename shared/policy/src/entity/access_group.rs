use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Limits;

/// Models under one name, which lists of models may hold in their stead.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessGroup {
    /// Its name.
    pub access_group: String,
    /// Names of models.
    pub model_names: Vec<String>,
    /// Ids of deployments, whose models it holds; instead of names.
    pub model_ids: Vec<String>,
    /// Id of the budget that all calls share which a list of models allows by the group's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_id: Option<String>,
    /// What that budget sets, where someone has filled it in.
    #[serde(skip)]
    pub limits: Limits,
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

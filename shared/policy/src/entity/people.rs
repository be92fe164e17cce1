//! Users, customers and tags.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Limits, ObjectPermission};
use crate::access::Role;

/// Someone who has keys and signs in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    /// Its id.
    pub user_id: String,
    /// A name for display.
    pub user_alias: Option<String>,
    /// The address, unique among users.
    pub user_email: Option<String>,
    /// What the user may do; LiteLLM's word.
    pub user_role: Option<Role>,
    /// Models that the user's own keys may use; empty means every one.
    pub models: Vec<String>,
    /// Budgets and limits of the user's own keys together.
    pub limits: Limits,
    /// Id of the budget that sets what `limits` leaves open.
    pub budget_id: Option<String>,
    /// The organization that the user was made in.
    pub organization_id: Option<String>,
    /// What it may reach beside models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_permission: Option<ObjectPermission>,
    /// Id at the identity provider.
    pub sso_user_id: Option<String>,
    /// The admin's own data.
    pub metadata: Map<String, Value>,
    /// When the user was made.
    pub created_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: Option<String>,
    /// When the user was last changed.
    pub updated_at: Option<Timestamp>,
    /// Who changed it.
    pub updated_by: Option<String>,
    /// Every other attribute, kept as found.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// An end user of the product that calls the gateway: known by the id that calls carry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Customer {
    /// The id in the calls' `user` field.
    pub user_id: String,
    /// A name for display.
    pub alias: Option<String>,
    /// Whether the customer's calls are refused.
    pub blocked: bool,
    /// The one region that may serve the customer: `eu` or `us`.
    pub allowed_model_region: Option<String>,
    /// The model of calls that name none.
    pub default_model: Option<String>,
    /// Models that the customer may use; empty means every one.
    pub models: Vec<String>,
    /// Budgets and limits.
    pub limits: Limits,
    /// Id of the budget that sets what `limits` leaves open.
    pub budget_id: Option<String>,
    /// When the customer was made, by an admin or by a first call.
    pub created_at: Option<Timestamp>,
    /// When the customer was last changed.
    pub updated_at: Option<Timestamp>,
    /// Every other attribute, kept as found.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A label of calls, with a budget of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tag {
    /// The label.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Ids or names of the deployments that alone serve it; empty means every one.
    pub models: Vec<String>,
    /// Budgets and limits.
    pub limits: Limits,
    /// Id of the budget that sets what `limits` leaves open.
    pub budget_id: Option<String>,
    /// When the tag was made.
    pub created_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: Option<String>,
    /// When the tag was last changed.
    pub updated_at: Option<Timestamp>,
    /// Every other attribute, kept as found.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

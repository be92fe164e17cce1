//! Organizations, their teams and projects, and who belongs to them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Limits, ObjectPermission};
use crate::access::Role;

/// Keys and users that share budgets, limits and models.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Team {
    /// Its id.
    pub team_id: String,
    /// A name for display.
    pub team_alias: Option<String>,
    /// The organization that the team belongs to.
    pub organization_id: Option<String>,
    /// Models that the team's keys may use; empty means every one.
    pub models: Vec<String>,
    /// Other names for models, for the team's keys.
    pub model_aliases: BTreeMap<String, String>,
    /// Budgets and limits of all its keys together.
    pub limits: Limits,
    /// Id of the budget that sets what `limits` leaves open.
    pub budget_id: Option<String>,
    /// Budgets and limits of every member, where it has none of its own.
    pub member_limits: Limits,
    /// Models of members that are added without any of their own.
    pub default_team_member_models: Vec<String>,
    /// What members who are not admins may do, such as `/key/generate`.
    pub team_member_permissions: Vec<String>,
    /// Whether the team's keys are refused.
    pub blocked: bool,
    /// What it may reach beside models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_permission: Option<ObjectPermission>,
    /// The admin's own data, and the settings that LiteLLM keeps there (`model_rpm_limit`, `tags`, …).
    pub metadata: Map<String, Value>,
    /// When the team was made.
    pub created_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: Option<String>,
    /// When the team was last changed.
    pub updated_at: Option<Timestamp>,
    /// Who changed it.
    pub updated_by: Option<String>,
    /// Every other attribute, kept as found.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What a member of a team may do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TeamRole {
    /// Manages the team.
    Admin,
    /// Uses it.
    #[default]
    User,
}

/// A user in a team.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Member {
    /// The team.
    pub team_id: String,
    /// The user.
    pub user_id: String,
    /// The user's address, as it was when the member was added.
    pub user_email: Option<String>,
    /// What the member may do in the team.
    pub role: TeamRole,
    /// Budgets and limits of the member in this team.
    pub limits: Limits,
    /// Id of the budget that sets what `limits` leaves open.
    pub budget_id: Option<String>,
    /// Models that the member may use in this team; empty means the team's.
    pub allowed_models: Vec<String>,
    /// When the member was added.
    pub created_at: Option<Timestamp>,
    /// When the member was last changed.
    pub updated_at: Option<Timestamp>,
    /// Every other attribute, kept as found.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Teams that share budgets, limits and models.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Organization {
    /// Its id.
    pub organization_id: String,
    /// A name for display.
    pub organization_alias: Option<String>,
    /// Models that its teams may use; empty means every one.
    pub models: Vec<String>,
    /// Budgets and limits of all its calls together.
    pub limits: Limits,
    /// Id of the budget that sets what `limits` leaves open.
    pub budget_id: Option<String>,
    /// What it may reach beside models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_permission: Option<ObjectPermission>,
    /// The admin's own data, and the settings that LiteLLM keeps there.
    pub metadata: Map<String, Value>,
    /// When the organization was made.
    pub created_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: Option<String>,
    /// When the organization was last changed.
    pub updated_at: Option<Timestamp>,
    /// Who changed it.
    pub updated_by: Option<String>,
    /// Every other attribute, kept as found.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A user in an organization.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrganizationMember {
    /// The organization.
    pub organization_id: String,
    /// The user.
    pub user_id: String,
    /// What the member may do there: `org_admin`, `internal_user` or `internal_user_viewer`.
    pub user_role: Role,
    /// Budgets and limits of the member in this organization.
    pub limits: Limits,
    /// Id of the budget that sets what `limits` leaves open.
    pub budget_id: Option<String>,
    /// When the member was added.
    pub created_at: Option<Timestamp>,
    /// When the member was last changed.
    pub updated_at: Option<Timestamp>,
    /// Every other attribute, kept as found.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A part of a team's work, with keys, budgets and limits of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Project {
    /// Its id.
    pub project_id: String,
    /// A name for display.
    pub project_alias: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The team that it belongs to.
    pub team_id: Option<String>,
    /// Models that its keys may use; empty means the team's.
    pub models: Vec<String>,
    /// Budgets and limits of all its keys together.
    pub limits: Limits,
    /// Id of the budget that sets what `limits` leaves open.
    pub budget_id: Option<String>,
    /// Whether the project's keys are refused.
    pub blocked: bool,
    /// What it may reach beside models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_permission: Option<ObjectPermission>,
    /// The admin's own data, and the settings that LiteLLM keeps there (`model_rpm_limit`, …).
    pub metadata: Map<String, Value>,
    /// When the project was made.
    pub created_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: Option<String>,
    /// When the project was last changed.
    pub updated_at: Option<Timestamp>,
    /// Who changed it.
    pub updated_by: Option<String>,
    /// Every other attribute, kept as found.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

//! Skills as callers see them: the fields of both of Anthropic's versions of this API.

use policy::skill::{Skill, SkillVersion};
use serde_json::{Value, json};

pub(crate) fn skill(skill: &Skill) -> Value {
    json!({
        "id": skill.id,
        "type": "skill",
        "display_title": skill.display_title,
        "display_name": skill.display_title,
        "source": "custom",
        "latest_version": skill.latest_version,
        "latest_version_id": skill.latest_version,
        "created_at": skill.created_at,
        "updated_at": skill.updated_at,
    })
}

pub(crate) fn version(version: &SkillVersion) -> Value {
    json!({
        "id": version.version,
        "type": "skill_version",
        "skill_id": version.skill_id,
        "version": version.version,
        "name": version.name,
        "description": version.description,
        "directory": version.directory,
        "created_at": version.created_at,
    })
}

/// A page; `next` is where the next one begins.
pub(crate) fn page(data: Vec<Value>, next: Option<String>) -> Value {
    json!({"data": data, "has_more": next.is_some(), "next_page": next})
}

pub(crate) fn deleted(id: &str, what: &str) -> Value {
    json!({"id": id, "type": what})
}

//! Skills that callers may use: whose they are, and what models are told of them.

use http::StatusCode;
use policy::skill::{Owner, Skill, SkillVersion};
use store::{RecordId, membership};

use crate::{ApiError, App, Caller, Identity};

/// The entities in whose name a caller owns skills: new ones belong to the first.
#[must_use]
pub fn skill_owners(caller: &Caller) -> Vec<Owner> {
    // A key that the master key made for nobody bears the admin's name, and is nobody's.
    let user = match &caller.identity {
        Identity::Master => caller.user_id(),
        _ => caller.manager().user_id,
    };
    let key = caller.key();
    let team = key.and_then(|it| it.team_id.as_deref());
    let organization = key.and_then(|it| it.organization_id.as_deref());
    let own = key.map(|it| it.origin.as_str()).filter(|it| !it.is_empty());
    let named = [("USER", user), ("TEAM", team), ("ORGANIZATION", organization), ("KEY", own)];
    named.into_iter().filter_map(|(kind, id)| Some(Owner::new(kind, id?))).collect()
}

/// Whether a caller may see, use and change a skill.
#[must_use]
pub fn may_use_skill(caller: &Caller, skill: &Skill) -> bool {
    caller.is_admin() || skill_owners(caller).contains(&skill.owner)
}

/// The refusal of a skill that is not there, or not the caller's: which of the two is nobody's business.
#[must_use]
pub fn unknown_skill(id: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found_error", format!("Skill not found: {id}"))
}

/// A skill as a request names it.
pub(crate) struct NamedSkill {
    pub(crate) id: String,
    /// The newest without one, or with `latest`.
    pub(crate) version: Option<String>,
}

/// The versions that a caller names, in two round trips for all.
///
/// # Errors
/// 404 for one that is not there or not the caller's, 503 when the store cannot be asked.
pub(crate) async fn named_versions(
    app: &App,
    caller: &Caller,
    named: &[NamedSkill],
) -> Result<Vec<SkillVersion>, ApiError> {
    let ids: Vec<RecordId> = named.iter().map(|it| RecordId::of::<Skill>(&it.id)).collect();
    let skills = app.store.find_records(&ids).await.map_err(ApiError::unavailable)?;
    let mut places = Vec::with_capacity(named.len());
    for NamedSkill { id, version } in named {
        let skill = skills.get::<Skill>(id).map_err(ApiError::internal)?.map(|it| it.value);
        let skill = skill.filter(|it| may_use_skill(caller, it)).ok_or_else(|| unknown_skill(id))?;
        let version = version.as_deref().filter(|it| *it != "latest").unwrap_or(&skill.latest_version);
        places.push(membership(id, version));
    }
    let ids: Vec<RecordId> = places.iter().map(RecordId::of::<SkillVersion>).collect();
    let versions = app.store.find_records(&ids).await.map_err(ApiError::unavailable)?;
    let mut found = Vec::with_capacity(named.len());
    for (place, named) in places.iter().zip(named) {
        let version = versions.get::<SkillVersion>(place).map_err(ApiError::internal)?;
        found.push(version.ok_or_else(|| unknown_skill(&named.id))?.value);
    }
    Ok(found)
}

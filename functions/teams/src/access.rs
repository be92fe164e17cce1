//! The team that a request names, and whether the caller may manage it.

use gateway::{ApiError, App, Caller};
use http::StatusCode;
use policy::entity::{Budget, Limits, Member, Organization, Team};
use policy::within::Frame;
use serde_json::{Map, Value};
use store::{RecordId, StoreError, Stored, membership};

/// A team as the caller meets it.
pub(crate) struct Met {
    /// The team.
    pub(crate) team: Stored<Team>,
    /// The caller's place in it.
    pub(crate) own: Option<Member>,
}

/// The team with this id.
pub(crate) async fn find(app: &App, caller: &Caller, team_id: &str) -> Result<Option<Met>, ApiError> {
    let mut ids = vec![RecordId::of::<Team>(team_id)];
    let place = caller.manager().user_id.map(|user| membership(team_id, user));
    ids.extend(place.as_deref().map(RecordId::of::<Member>));
    let found = app.store.find_records(&ids).await.map_err(failed)?;
    let Some(team) = found.get::<Team>(team_id).map_err(failed)? else { return Ok(None) };
    let own = match place {
        Some(place) => found.get::<Member>(&place).map_err(failed)?.map(|it| it.value),
        None => None,
    };
    Ok(Some(Met { team, own }))
}

/// The team with this id, which the caller manages. To others a team that is not theirs looks like one that is not there.
pub(crate) async fn managed(app: &App, caller: &Caller, team_id: &str) -> Result<Met, ApiError> {
    match find(app, caller, team_id).await? {
        Some(met) if caller.manager().may_manage_team(&met.team.value, met.own.as_ref()) => Ok(met),
        None if caller.is_admin() => Err(missing(team_id)),
        _ => Err(denied("Only a proxy admin, an admin of the team or of its organization may do this.")),
    }
}

pub(crate) fn missing(team_id: &str) -> ApiError {
    let message = format!("Team not found, passed team_id={team_id}");
    ApiError::new(StatusCode::NOT_FOUND, "invalid_request_error", message).param("team_id")
}

pub(crate) fn denied(message: &str) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param("team_id")
}

pub(crate) fn failed(error: StoreError) -> ApiError {
    ApiError::stored(error, "Team", "team_id")
}

/// Checks a team against the organization that it belongs to: what `asked` sets, or everything.
pub(crate) async fn check_organization(
    app: &App,
    team: &Team,
    asked: Option<&Map<String, Value>>,
) -> Result<(), ApiError> {
    let Some(id) = &team.organization_id else { return Ok(()) };
    let organization = app.store.find::<Organization>(id).await.map_err(failed)?;
    let unknown =
        || ApiError::invalid(format!("Organization not found for organization_id={id}")).param("organization_id");
    let organization = organization.ok_or_else(unknown)?.value;
    let limits = limits(app, &organization.limits, organization.budget_id.as_deref()).await?;
    let frame = Frame { what: "organization", id, limits: &limits, models: &organization.models };
    Ok(frame.check(&team.limits, &team.models, asked)?)
}

/// Limits, with what a linked budget sets.
async fn limits(app: &App, own: &Limits, budget_id: Option<&str>) -> Result<Limits, ApiError> {
    let Some(id) = budget_id else { return Ok(own.clone()) };
    let budget = app.store.find::<Budget>(id).await.map_err(failed)?;
    Ok(budget.map_or_else(|| own.clone(), |budget| own.over(&budget.value.limits)))
}

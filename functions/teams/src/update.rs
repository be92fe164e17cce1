//! POST `/team/update` and PATCH `/team/{team_id}`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::access::Role;
use policy::answer::Answer;
use policy::entity::{OrganizationMember, Team};
use policy::team::Reach;
use serde_json::{Map, Value};
use store::{RecordId, StoreError, membership};

use crate::access::{Met, check_organization, failed, managed};
use crate::show;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let met = managed(app, caller, gateway::required(&body, "team_id")?).await?;
    let team = change(app, caller, &met, &body).await?;
    let shown = show::team(app, &team).await?;
    let answer = Answer::new().with("team_id", &team.team_id).with("data", &shown);
    Ok(Reply::json(StatusCode::OK, &answer))
}

pub(crate) async fn patch(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let mut body = gateway::json_object(app, req)?;
    let id = req.path_param("team_id").unwrap_or_default();
    match body.shift_remove("team_id") {
        None | Some(Value::Null) => {}
        Some(Value::String(named)) if named == id => {}
        Some(_) => {
            let message = "The team_id of the body is not the one of the path.";
            return Err(ApiError::invalid(message).param("team_id"));
        }
    }
    let met = managed(app, caller, id).await?;
    let body = policy::team::patch(&met.team.value, body);
    let team = change(app, caller, &met, &body).await?;
    show::reply(app, &team).await
}

/// Changes a team, as far as the caller may.
pub(crate) async fn change(app: &App, caller: &Caller, met: &Met, body: &Map<String, Value>) -> Result<Team, ApiError> {
    let (team, editor, manager) = (&met.team.value, gateway::editor(app, caller), caller.manager());
    let fields = &app.config.general_settings.team_admin_editable_team_fields;
    let reach = Reach::of(&manager, team, met.own.as_ref(), fields).unwrap_or(Reach::Fields(&[]));
    let changed = policy::team::update(team, body, &editor)?;
    policy::team::permit(reach, team, &changed, body, &editor)?;
    let moves = changed.organization_id != team.organization_id;
    if moves && !manager.is_admin() {
        check_move(app, caller, &changed).await?;
    }
    check_organization(app, &changed, (!moves).then_some(body)).await?;
    let stored = app.store.update(&met.team, &changed).await.map_err(failed)?;
    if moves && manager.is_admin() {
        bring_along(app, &changed).await?;
    }
    app.forget_entities();
    Ok(stored.value)
}

/// Makes the members of a team that a proxy admin moves members of its new organization.
async fn bring_along(app: &App, team: &Team) -> Result<(), ApiError> {
    let Some(organization) = &team.organization_id else { return Ok(()) };
    for member in show::members(app, &team.team_id).await? {
        // The master key's name stands for no user.
        if member.user_id == gateway::ADMIN_USER {
            continue;
        }
        let place = OrganizationMember {
            organization_id: organization.clone(),
            user_id: member.user_id,
            user_role: Role::InternalUser,
            created_at: team.updated_at,
            updated_at: team.updated_at,
            ..OrganizationMember::default()
        };
        match app.store.create(&place).await {
            Ok(_) | Err(StoreError::Exists) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// An admin of organizations moves a team only to another of these, and only when the team's members are there already.
async fn check_move(app: &App, caller: &Caller, team: &Team) -> Result<(), ApiError> {
    let refused =
        |message: &str| Err(ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param("organization_id"));
    let Some(organization) = team.organization_id.as_deref() else { return refused("Only a proxy admin does this.") };
    if !caller.manager().may_manage_organization(Some(organization)) {
        return refused("Moving a team needs an admin of the organization that it goes to.");
    }
    let places: Vec<String> = show::members(app, &team.team_id)
        .await?
        .iter()
        .filter(|it| it.user_id != gateway::ADMIN_USER)
        .map(|it| membership(organization, &it.user_id))
        .collect();
    let ids: Vec<RecordId> = places.iter().map(RecordId::of::<OrganizationMember>).collect();
    let found = app.store.find_records(&ids).await.map_err(failed)?;
    for place in &places {
        if found.get::<OrganizationMember>(place).map_err(failed)?.is_none() {
            return refused("A member of the team is no member of the organization that it goes to.");
        }
    }
    Ok(())
}

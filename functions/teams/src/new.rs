//! POST `/team/new`.

use gateway::{ApiError, App, Caller, Identity, Reply, Request};
use http::StatusCode;
use policy::entity::{Member, TeamRole};
use policy::member::Named;
use policy::money::Usd;
use policy::team::{Defaults, NewTeam};
use serde_json::Map;
use store::StoreError;

use crate::access::{check_organization, denied, failed};

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let settings = &app.config.litellm_settings;
    let defaults = Defaults { params: &settings.default_team_params, settings: &settings.default_team_settings };
    let editor = gateway::editor(app, caller);
    let NewTeam { team, mut members } = policy::team::new(&body, gateway::new_id().to_string(), &defaults, &editor)?;
    if !caller.manager().may_manage_organization(team.organization_id.as_deref()) {
        return Err(denied("Only proxy admins make teams, and admins of an organization teams of their organization."));
    }
    check_organization(app, &team, None).await?;
    members.extend(founder(app, caller, &members));

    // Users first: whoever cannot be found or made must not leave half a team.
    let mut users = Vec::new();
    for member in &members {
        users.push(match member.user_id.as_deref() {
            Some(own) if caller.user_id() == Some(own) => {
                let user = caller.known().and_then(|known| known.entities.user.as_ref());
                (own.to_owned(), user.and_then(|user| user.user_email.clone()))
            }
            id => {
                let user = gateway::enrol(app, caller, id, member.user_email.as_deref()).await?;
                (user.user_id, user.user_email)
            }
        });
    }
    app.store.create(&team).await.map_err(taken)?;
    let mut joined: Vec<Member> = Vec::new();
    for (member, (user_id, user_email)) in members.iter().zip(users) {
        if joined.iter().any(|it| it.user_id == user_id) {
            continue;
        }
        let new = policy::team::join(&team, &user_id, user_email.as_deref(), member.role, &Map::new(), &editor)?;
        app.store.create(&new).await.map_err(failed)?;
        joined.push(new);
    }
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &team.answer(&joined, Usd::ZERO)))
}

/// Whoever makes a team administers it, unless the configuration keeps proxy admins out.
fn founder(app: &App, caller: &Caller, members: &[Named<TeamRole>]) -> Option<Named<TeamRole>> {
    let user = match caller.identity {
        Identity::Master => caller.user_id(),
        _ => caller.manager().user_id,
    }?;
    let stays_out = caller.is_admin() && app.config.general_settings.disable_auto_add_proxy_admin_to_teams;
    if stays_out || members.iter().any(|it| it.user_id.as_deref() == Some(user)) {
        return None;
    }
    Some(Named { user_id: Some(user.to_owned()), user_email: None, role: TeamRole::Admin })
}

fn taken(error: StoreError) -> ApiError {
    match error {
        StoreError::Exists => {
            ApiError::invalid("Team id already exists. Please use a different team id.").param("team_id")
        }
        error => failed(error),
    }
}

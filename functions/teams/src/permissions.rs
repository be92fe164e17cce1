//! GET `/team/permissions_list` and POST `/team/permissions_update`: what members who are no admins may do.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::team::{BASELINE_PERMISSIONS, PERMISSIONS};
use serde_json::{Map, Value, json};

use crate::access::{denied, failed, find, managed, missing};
use crate::{available, show};

pub(crate) async fn list(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let id = req.query_param("team_id").filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| ApiError::invalid("`team_id` is required.").param("team_id"))?;
    let manager = caller.manager();
    let team = match find(app, caller, id).await? {
        Some(met)
            if manager.sees_all()
                || manager.may_manage_team(&met.team.value, met.own.as_ref())
                || available::open(app).iter().any(|it| it == id) =>
        {
            met.team.value
        }
        None if manager.sees_all() => return Err(missing(id)),
        _ => return Err(denied("Only admins of the team and of its organization may see this.")),
    };
    let own: Vec<&str> = match team.team_member_permissions.as_slice() {
        [] => BASELINE_PERMISSIONS.to_vec(),
        own => own.iter().map(String::as_str).collect(),
    };
    let answer = json!({"team_id": id, "team_member_permissions": own, "all_available_permissions": PERMISSIONS});
    Ok(Reply::json(StatusCode::OK, &answer))
}

pub(crate) async fn update(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let met = managed(app, caller, gateway::required(&body, "team_id")?).await?;
    let asked = body.get("team_member_permissions").filter(|it| !it.is_null());
    let asked = asked
        .ok_or_else(|| ApiError::invalid("`team_member_permissions` is required.").param("team_member_permissions"))?;
    // An admin of the team may change this whatever else it may not.
    let body = Map::from_iter([("team_member_permissions".to_owned(), Value::clone(asked))]);
    let changed = policy::team::update(&met.team.value, &body, &gateway::editor(app, caller))?;
    let stored = app.store.update(&met.team, &changed).await.map_err(failed)?;
    app.forget_entities();
    show::reply(app, &stored.value).await
}

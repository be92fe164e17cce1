//! POST `/team/member_delete`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::key::Key;
use store::Listing;

use super::{find, unknown};
use crate::access::{failed, managed};
use crate::show;

/// Takes a member out of a team, and its keys of the team with it.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let named = policy::member::named(&body)?;
    let team = managed(app, caller, gateway::required(&body, "team_id")?).await?.team.value;
    let member = find(app, &team.team_id, &named).await?.ok_or_else(|| unknown(&named))?;
    // The keys go first, so that what fails half-way can be asked for again.
    let listing = Listing::Of("USER", member.value.user_id.clone());
    let deletion = gateway::deletion(app, req, caller);
    let keys = app.store.list_whole::<Key>(&listing).await.map_err(failed)?;
    for key in keys.into_iter().filter(|it| it.value.team_id.as_deref() == Some(team.team_id.as_str())) {
        gateway::remove_key(app, &key, &deletion).await.map_err(failed)?;
    }
    gateway::remove_member(app, Some(&team), &member).await.map_err(failed)?;
    app.forget_entities();
    // The list of members may still know this one.
    let mut roster = show::members(app, &team.team_id).await?;
    roster.retain(|it| it.user_id != member.value.user_id);
    let account = gateway::account(app, &team).await?;
    Ok(Reply::json(StatusCode::OK, &team.answer(&roster, account.spend)))
}

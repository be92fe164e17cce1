//! GET `/team/available`: teams that anyone may join.

use gateway::{ApiError, App, Caller, Reply};
use http::StatusCode;
use policy::answer::Answer;
use serde_json::Value;

use crate::list::{find_all, joined};
use crate::show;

pub(crate) async fn handle(app: &App, caller: &Caller) -> Result<Reply, ApiError> {
    let mut open = open(app);
    if let Some(user) = caller.manager().user_id {
        let joined: Vec<String> = joined(app, user).await?.into_iter().map(|it| it.team_id).collect();
        open.retain(|it| !joined.contains(it));
    }
    let teams = find_all(app, &open).await?;
    let members = show::members_of(app, &teams).await?;
    let accounts = gateway::accounts(app, &teams).await?;
    let each = teams.iter().zip(&members).zip(accounts);
    let shown: Vec<Answer> = each.map(|((team, members), account)| team.answer(members, account.spend)).collect();
    Ok(Reply::json(StatusCode::OK, &shown))
}

/// Ids of the teams that anyone may join.
pub(crate) fn open(app: &App) -> Vec<String> {
    let configured = app.config.litellm_settings.default_internal_user_params.get("available_teams");
    let ids = configured.and_then(Value::as_array).into_iter().flatten();
    ids.filter_map(Value::as_str).map(str::to_owned).collect()
}

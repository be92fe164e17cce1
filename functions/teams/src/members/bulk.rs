//! POST `/team/bulk_member_add`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::{TeamRole, User};
use policy::member::Named;
use serde_json::Value;
use store::Listing;

use super::add::{Added, add, answer, user_answer};
use crate::access::{denied, failed};
use crate::show;

/// The most members of a request.
const MOST: usize = 500;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let mut named = policy::team::requested(&body, "members")?;
    if body.get("all_users").is_some_and(|it| *it == true) {
        if !caller.is_admin() {
            return Err(denied("`all_users` is for proxy admins: name the members."));
        }
        let users = app.store.list_whole::<User>(&Listing::All).await.map_err(failed)?;
        let everyone = users.into_iter().map(|it| it.value);
        named =
            everyone.map(|it| Named { user_id: Some(it.user_id), user_email: None, role: TeamRole::User }).collect();
    }
    if named.is_empty() {
        return Err(ApiError::invalid("At least one member is required.").param("members"));
    }
    if named.len() > MOST {
        return Err(ApiError::invalid(format!("At most {MOST} members can be added at once.")).param("members"));
    }
    // As LiteLLM does it: a refusal is told of each member.
    let (added, refusal) = match add(app, caller, &body, &named).await {
        Ok(added) => (Some(added), None),
        Err(error) if error.status.is_client_error() => (None, Some(error.message)),
        Err(error) => return Err(error),
    };
    let mut results = Vec::new();
    for asked in &named {
        results.push(result(app, asked, added.as_ref(), refusal.as_deref()).await?);
    }
    let successful = if added.is_some() { named.len() } else { 0 };
    let updated = match &added {
        Some(added) => Some(answer(app, added).await?),
        None => None,
    };
    let shown = Answer::new()
        .with("team_id", body.get("team_id").unwrap_or(&Value::Null))
        .with("results", &results)
        .with("total_requested", &named.len())
        .with("successful_additions", &successful)
        .with("failed_additions", &(named.len() - successful))
        .with("updated_team", &updated);
    Ok(Reply::json(StatusCode::OK, &shown))
}

async fn result(
    app: &App,
    asked: &Named<TeamRole>,
    added: Option<&Added>,
    refusal: Option<&str>,
) -> Result<Answer, ApiError> {
    let is_asked = |user: &User| match (&asked.user_id, &asked.user_email) {
        (Some(id), _) => user.user_id == *id,
        (None, email) => user.user_email == *email,
    };
    let known = added.and_then(|it| it.members.iter().find(|(_, user)| is_asked(user)).map(|found| (it, found)));
    let (user, membership) = match known {
        Some((added, (member, user))) => {
            let places = show::memberships(app, &added.team, std::slice::from_ref(member)).await?;
            (Some(user_answer(app, user).await?), places.into_iter().next())
        }
        None => (None, None),
    };
    let answer = Answer::new().with("user_id", &asked.user_id).with("user_email", &asked.user_email);
    let answer = answer.with("success", &refusal.is_none()).with("error", &refusal);
    Ok(answer.with("updated_user", &user).with("updated_team_membership", &membership))
}

//! GET `/v2/team/list`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::Team;
use policy::team::List;
use serde_json::Value;

use crate::access::denied;
use crate::deleted::visible as visible_deleted;
use crate::list::{joined, visible};
use crate::show;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let query = req.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let list = List::parse(query)?;
    if list.deleted {
        return deleted(app, caller, &list).await;
    }
    let mut teams = candidates(app, caller, &list).await?;
    teams.retain(|team| list.matches(team));
    teams.sort_by(|one, other| list.compare(one, other));
    let total = teams.len();
    let teams = list.page.cut(teams);
    let members = show::members_of(app, &teams).await?;
    let keys = show::key_counts(app, &teams).await?;
    let accounts = gateway::accounts(app, &teams).await?;
    let each = teams.iter().zip(&members).zip(keys).zip(accounts);
    let shown: Vec<Answer> = each
        .map(|(((team, members), keys), account)| {
            let shown = team.answer(members, account.spend).with("access_group_models", &Value::Null);
            shown.with("members_count", &members.len()).with("keys_count", &keys)
        })
        .collect();
    Ok(reply(&list, &shown, total))
}

fn reply(list: &List, shown: &[Answer], total: usize) -> Reply {
    let answer = Answer::new()
        .with("teams", shown)
        .with("total", &total)
        .with("page", &list.page.number)
        .with("page_size", &list.page.size)
        .with("total_pages", &list.page.count(total));
    Reply::json(StatusCode::OK, &answer)
}

async fn deleted(app: &App, caller: &Caller, list: &List) -> Result<Reply, ApiError> {
    let mut teams = visible_deleted(app, caller, list.user_id.as_deref(), list.organization_id.as_deref()).await?;
    teams.retain(|it| list.matches(&it.value));
    teams.sort_by(|one, other| list.compare(&one.value, &other.value));
    let total = teams.len();
    let shown: Vec<Answer> = list.page.cut(teams).iter().map(policy::entity::Deleted::answer).collect();
    Ok(reply(list, &shown, total))
}

/// The teams of the narrowest index that holds all that the caller may see. Whoever asks for no one's teams gets the
/// own ones, and those of the organizations that it administers.
async fn candidates(app: &App, caller: &Caller, list: &List) -> Result<Vec<Team>, ApiError> {
    let (manager, organization) = (caller.manager(), list.organization_id.as_deref());
    if manager.sees_all() {
        return visible(app, caller, list.user_id.as_deref(), organization).await;
    }
    if organization
        .is_some_and(|it| !manager.organizations.is_empty() && !manager.organizations.iter().any(|own| own == it))
    {
        return Err(denied("You can only view teams within your organizations."));
    }
    let user = list.user_id.as_deref().filter(|it| manager.user_id != Some(it));
    let mut teams = match (user, manager.organizations) {
        (Some(_), _) | (None, [_, ..]) => visible(app, caller, user, organization).await?,
        (None, []) => Vec::new(),
    };
    if let (None, Some(own)) = (user, manager.user_id) {
        let known: Vec<String> = teams.iter().map(|it| it.team_id.clone()).collect();
        teams.extend(joined(app, own).await?.into_iter().filter(|it| !known.contains(&it.team_id)));
    }
    Ok(teams)
}

//! GET `/access_group/list` and `/access_group/{access_group}/info`.

use gateway::{ApiError, App, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::AccessGroup;
use store::Listing;

use super::{failed, find};

pub(crate) async fn list(app: &App) -> Result<Reply, ApiError> {
    let mut groups = app.store.list_whole::<AccessGroup>(&Listing::All).await.map_err(failed)?;
    groups.sort_by(|one, other| one.value.access_group.cmp(&other.value.access_group));
    let groups: Vec<AccessGroup> = groups.into_iter().map(|it| it.value).collect();
    let accounts = gateway::accounts(app, &groups).await?;
    let show = |(group, account): (&AccessGroup, gateway::Account)| {
        group.answer(&app.config.model_list, account.budget.as_ref(), account.spend)
    };
    let shown: Vec<Answer> = groups.iter().zip(accounts).map(show).collect();
    Ok(Reply::json(StatusCode::OK, &Answer::new().with("access_groups", &shown)))
}

pub(crate) async fn one(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let group = find(app, req).await?.value;
    let account = gateway::account(app, &group).await?;
    let shown = group.answer(&app.config.model_list, account.budget.as_ref(), account.spend);
    Ok(Reply::json(StatusCode::OK, &shown))
}

//! GET `/user/list`.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use gateway::{ApiError, App, Caller, Reply, Request, accounts};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::{Member, OrganizationMember, User};
use policy::key::Key;
use policy::money::Usd;
use policy::user::List;
use store::{Listing, RecordId};

use crate::places::of;
use crate::places::teams_of;
use crate::{forbidden, stored};

/// Questions about single users that are under way at once.
const AT_ONCE: usize = 16;

/// A page of users. Admins of organizations see those of their organizations.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let query = req.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut list = List::parse(query)?;
    narrow(&mut list, caller)?;
    let (users, total) = if list.is_plain() {
        let page = &list.page;
        let users = app.store.list_after::<User>(&Listing::All, page.skip(), page.size).await.map_err(stored)?;
        let users = with_spend(app, users.into_iter().map(|it| it.value).collect()).await?;
        (users, app.store.count::<User>(&Listing::All).await.map_err(stored)?)
    } else {
        select(app, &list).await?
    };
    let questions: Vec<_> = users.iter().map(|(user, spend)| show(app, user, *spend)).collect();
    let shown: Vec<Answer> = stream::iter(questions).buffered(AT_ONCE).try_collect().await?;
    let answer = Answer::new()
        .with("users", &shown)
        .with("total", &total)
        .with("page", &list.page.number)
        .with("page_size", &list.page.size)
        .with("total_pages", &list.page.count(total));
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// Holds everyone who may not see all to the organizations that they administer.
fn narrow(list: &mut List, caller: &Caller) -> Result<(), ApiError> {
    if caller.manager().sees_all() {
        return Ok(());
    }
    if caller.organizations.is_empty() {
        let message = "Only proxy admins and organization admins can list users.";
        return Err(forbidden(message, "organization_ids"));
    }
    let asked = &mut list.filter.organization_ids;
    if asked.is_empty() {
        asked.clone_from(&caller.organizations);
    }
    asked.retain(|id| caller.organizations.contains(id));
    if asked.is_empty() {
        let message = "You do not administer the requested organization(s).";
        return Err(forbidden(message, "organization_ids"));
    }
    Ok(())
}

/// The page of a list with filters or an order of its own, and how many users are on all its pages.
async fn select(app: &App, list: &List) -> Result<(Vec<(User, Usd)>, usize), ApiError> {
    let mut users = read(app, list).await?;
    users.retain(|user| list.filter.matches(user));
    let total = users.len();
    if list.needs_spend() {
        let mut users = with_spend(app, users).await?;
        list.sort(&mut users);
        return Ok((list.page.cut(users), total));
    }
    let mut users: Vec<(User, Usd)> = users.into_iter().map(|user| (user, Usd::ZERO)).collect();
    list.sort(&mut users);
    let users = list.page.cut(users).into_iter().map(|(user, _)| user).collect();
    Ok((with_spend(app, users).await?, total))
}

/// The users of the narrowest index that holds all that the list may show.
async fn read(app: &App, list: &List) -> Result<Vec<User>, ApiError> {
    let filter = &list.filter;
    let mut ids: Option<BTreeSet<String>> = None;
    let mut keep = |found: BTreeSet<String>| {
        ids = Some(match ids.take() {
            None => found,
            Some(known) => known.intersection(&found).cloned().collect(),
        });
    };
    if let Some(team) = &filter.team {
        let members = app.store.list_whole::<Member>(&Listing::Of("TEAM", team.clone())).await.map_err(stored)?;
        keep(members.into_iter().map(|it| it.value.user_id).collect());
    }
    if !filter.organization_ids.is_empty() {
        let mut found = BTreeSet::new();
        for id in &filter.organization_ids {
            let listing = Listing::Of("ORGANIZATION", id.clone());
            let members = app.store.list_whole::<OrganizationMember>(&listing).await.map_err(stored)?;
            found.extend(members.into_iter().map(|it| it.value.user_id));
        }
        keep(found);
    }
    if filter.user_ids.len() > 1 {
        keep(filter.user_ids.iter().cloned().collect());
    }
    match ids {
        Some(ids) => by_id(app, &ids).await,
        None => {
            let users = app.store.list_whole::<User>(&Listing::All).await.map_err(stored)?;
            Ok(users.into_iter().map(|it| it.value).collect())
        }
    }
}

async fn by_id(app: &App, ids: &BTreeSet<String>) -> Result<Vec<User>, ApiError> {
    let records: Vec<RecordId> = ids.iter().map(RecordId::of::<User>).collect();
    let found = app.store.find_records(&records).await.map_err(stored)?;
    let mut users = Vec::new();
    for id in ids {
        users.extend(found.get::<User>(id).map_err(stored)?.map(|it| it.value));
    }
    Ok(users)
}

async fn with_spend(app: &App, users: Vec<User>) -> Result<Vec<(User, Usd)>, ApiError> {
    let accounts = accounts(app, &users).await?;
    Ok(users.into_iter().zip(accounts).map(|(user, account)| (user, account.spend)).collect())
}

async fn show(app: &App, user: &User, spend: Usd) -> Result<Answer, ApiError> {
    let teams = teams_of(app, &user.user_id).await?;
    let keys = app.store.count::<Key>(&of(&user.user_id)).await.map_err(stored)?;
    Ok(user.answer(spend, &teams).with("key_count", &keys))
}

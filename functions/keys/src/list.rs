//! GET `/key/list`.

use std::collections::BTreeSet;

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::{Deleted, User};
use policy::key::{Filter, Key, OrderField, Page, View};
use policy::money::Usd;
use serde::Serialize;
use store::{Found, Listing, RecordId};

use crate::access::who;
use crate::around::{around, unread, values};
use crate::show::{add_spend, budgets, with_budget};
use crate::{deleted, views};

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let query = req.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut page = Page::parse(query)?;
    let views = views::views(app, caller, &mut page).await?;
    if page.deleted {
        let (keys, total) = deleted::select(app, &page, &views).await?;
        let show = |it: Deleted<Key>| if page.full { Entry::Full(it.full()) } else { Entry::Token(it.value.token) };
        return Ok(reply(&page, keys.into_iter().map(show).collect(), total));
    }
    let (mut keys, total) = match exact(&page, &views) {
        Some(listing) => of_index(app, &page, &listing).await?,
        None => select(app, caller, &page, &views).await?,
    };
    let shown = if page.full {
        add_spend(app, &mut keys).await?;
        full(app, &page, keys).await?
    } else {
        keys.into_iter().map(|key| Entry::Token(key.token)).collect()
    };
    Ok(reply(&page, shown, total))
}

fn reply(page: &Page, keys: Vec<Entry>, total_count: usize) -> Reply {
    let (current_page, total_pages) = (page.number.number, page.number.count(total_count));
    Reply::json(StatusCode::OK, &Shown { keys, total_count, current_page, total_pages })
}

#[derive(Serialize)]
struct Shown {
    keys: Vec<Entry>,
    total_count: usize,
    current_page: usize,
    total_pages: usize,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Token(String),
    Full(Answer),
}

/// The one list of the store that holds just the page's keys, in its order.
fn exact(page: &Page, views: &[View]) -> Option<Listing> {
    let [view] = views else { return None };
    let filter = &page.filter;
    let mut left = Filter { substring: filter.substring, ..filter.clone() };
    let listing = match view {
        View::OfUser(user) => {
            left.user_id = None;
            Listing::Of("USER", user.clone())
        }
        View::OfOrganization(organization) => {
            left.organization_id = None;
            Listing::Of("ORGANIZATION", organization.clone())
        }
        View::All => {
            let narrow = [
                ("TEAM", left.team_id.take()),
                ("ORGANIZATION", left.organization_id.take()),
                ("PROJECT", left.project_id.take()),
            ];
            let mut narrow = narrow.into_iter().filter_map(|(kind, id)| Some((kind, id?)));
            match (narrow.next(), narrow.next()) {
                (None, _) => Listing::All,
                (Some((kind, id)), None) => Listing::Of(kind, id),
                _ => return None,
            }
        }
        _ => return None,
    };
    let nothing = Filter { substring: left.substring, ..Filter::default() };
    (page.is_newest_first() && left == nothing).then_some(listing)
}

async fn of_index(app: &App, page: &Page, listing: &Listing) -> Result<(Vec<Key>, usize), ApiError> {
    let total = app.store.count::<Key>(listing).await.map_err(unread)?;
    let keys = app.store.list_after::<Key>(listing, page.number.skip(), page.number.size).await.map_err(unread)?;
    Ok((values(keys), total))
}

/// The page's keys out of all that its filters leave.
async fn select(app: &App, caller: &Caller, page: &Page, views: &[View]) -> Result<(Vec<Key>, usize), ApiError> {
    let mut keys = match one(app, &page.filter).await? {
        Some(found) => visible(app, caller, found, views).await?,
        None => {
            let mut keys = Vec::new();
            let mut seen = BTreeSet::new();
            for view in views {
                let found = views::read(app, view, page).await?;
                keys.extend(found.into_iter().filter(|key| seen.insert(key.token.clone())));
            }
            keys
        }
    };
    if page.order.field == OrderField::Spend {
        add_spend(app, &mut keys).await?;
    }
    Ok(page.select(keys, gateway::timestamp(app)))
}

/// The key that the filter names, if it names one.
async fn one(app: &App, filter: &Filter) -> Result<Option<Vec<Key>>, ApiError> {
    let found = match (&filter.key_hash, &filter.key_alias) {
        (Some(token), _) => app.store.find::<Key>(token).await,
        (None, Some(alias)) if !filter.substring => app.store.find_by::<Key>("alias", alias).await,
        _ => return Ok(None),
    };
    Ok(Some(values(found.map_err(unread)?.into_iter().collect())))
}

/// A key that is named is listed where it could be seen, too.
async fn visible(app: &App, caller: &Caller, found: Vec<Key>, views: &[View]) -> Result<Vec<Key>, ApiError> {
    let mut keys = Vec::new();
    for key in found {
        let in_view = views.iter().any(|view| view.holds(&key));
        let around = around(app, caller, &key).await?;
        if in_view || who(caller).may(policy::key::Act::See, &key, &around).is_ok() {
            keys.push(key);
        }
    }
    Ok(keys)
}

async fn full(app: &App, page: &Page, keys: Vec<Key>) -> Result<Vec<Entry>, ApiError> {
    let budget = budgets(app, &keys).await?;
    let users = if page.users { users(app, &keys).await? } else { Found::default() };
    let mut entries = Vec::new();
    for key in keys {
        let mut answer = with_budget(key.full(key.spend), budget(&key).as_ref());
        if page.users {
            answer.set("user", &user(&users, key.user_id.as_deref())?.map(|user| user.short(Usd::ZERO, &[])));
            let maker = user(&users, key.created_by.as_deref())?;
            answer.set("created_by_user", &maker.map(|user| maker_of(&user)));
        }
        entries.push(Entry::Full(answer));
    }
    Ok(entries)
}

async fn users(app: &App, keys: &[Key]) -> Result<Found, ApiError> {
    let ids: BTreeSet<&str> =
        keys.iter().flat_map(|key| [key.user_id.as_deref(), key.created_by.as_deref()]).flatten().collect();
    let ids: Vec<RecordId> = ids.into_iter().map(RecordId::of::<User>).collect();
    app.store.find_records(&ids).await.map_err(unread)
}

fn user(users: &Found, id: Option<&str>) -> Result<Option<User>, ApiError> {
    let Some(id) = id else { return Ok(None) };
    Ok(users.get::<User>(id).map_err(unread)?.map(|it| it.value))
}

fn maker_of(user: &User) -> Answer {
    Answer::new()
        .with("user_id", &user.user_id)
        .with("user_email", &user.user_email)
        .with("user_alias", &user.user_alias)
}

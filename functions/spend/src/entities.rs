//! GET `/spend/keys` and `/spend/users`: everyone with what they have spent, the dearest first.

use gateway::{ApiError, Reply, Request, current_scope};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::User;
use policy::key::Key;
use policy::money::Usd;
use policy::spend::Scope;
use store::{Listing, Record, Stored};

use crate::query::text;
use crate::sight::{View, store};

/// Entries of one answer; a Lambda answer holds 6 MB.
const MOST: usize = 1000;

/// GET `/spend/keys`.
pub(crate) async fn keys(view: &View<'_>) -> Result<Reply, ApiError> {
    let keys: Vec<Key> = match &view.sight {
        sight if sight.everything => all(view, &Listing::All).await?,
        sight if !sight.user.is_empty() => all(view, &Listing::Of("USER", sight.user.clone())).await?,
        sight => {
            let own = view.app.store.find::<Key>(&sight.api_key).await.map_err(store)?;
            own.into_iter().map(|it| it.value).collect()
        }
    };
    let scopes: Vec<Scope> = keys.iter().map(|key| current_scope(view.app, "key", &key.origin, &key.limits)).collect();
    answer(view, keys, &scopes, Key::full).await
}

/// GET `/spend/users`.
pub(crate) async fn users(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let own = Some(view.sight.user.as_str()).filter(|_| !view.sight.everything);
    let users: Vec<User> = match text(req, "user_id").or(own) {
        Some(id) => {
            view.check_user(id)?;
            view.app.store.find::<User>(id).await.map_err(store)?.into_iter().map(|it| it.value).collect()
        }
        None => all(view, &Listing::All).await?,
    };
    let scopes: Vec<Scope> =
        users.iter().map(|user| current_scope(view.app, "user", &user.user_id, &user.limits)).collect();
    answer(view, users, &scopes, shown).await
}

fn shown(user: &User, spend: Usd) -> Answer {
    Answer::new()
        .with("user_id", &user.user_id)
        .with("user_alias", &user.user_alias)
        .with("user_email", &user.user_email)
        .with("user_role", &user.user_role)
        .with("organization_id", &user.organization_id)
        .with("models", &user.models)
        .with("max_budget", &user.limits.max_budget)
        .with("soft_budget", &user.limits.soft_budget)
        .with("budget_duration", &user.limits.budget_duration)
        .with("budget_reset_at", &user.limits.budget_reset_at)
        .with("tpm_limit", &user.limits.tpm_limit)
        .with("rpm_limit", &user.limits.rpm_limit)
        .with("max_parallel_requests", &user.limits.max_parallel_requests)
        .with("metadata", &user.metadata)
        .with("created_at", &user.created_at)
        .with("updated_at", &user.updated_at)
        .with("spend", &spend)
}

async fn all<T: Record>(view: &View<'_>, listing: &Listing) -> Result<Vec<T>, ApiError> {
    let records: Vec<Stored<T>> = view.app.store.list_whole(listing).await.map_err(store)?;
    Ok(records.into_iter().map(|it| it.value).collect())
}

async fn answer<T>(
    view: &View<'_>,
    entities: Vec<T>,
    scopes: &[Scope],
    shown: fn(&T, Usd) -> Answer,
) -> Result<Reply, ApiError> {
    let totals = view.app.store.find_totals(scopes).await.map_err(store)?;
    let mut spent: Vec<(T, Usd)> = entities.into_iter().zip(totals.iter().map(|it| it.spend)).collect();
    spent.sort_by_key(|(_, spend)| std::cmp::Reverse(*spend));
    let shown: Vec<Answer> = spent.iter().take(MOST).map(|(entity, spend)| shown(entity, *spend)).collect();
    Ok(Reply::json(StatusCode::OK, &shown))
}

//! What entities are called.

use std::collections::{BTreeMap, BTreeSet};

use gateway::{ApiError, App};
use policy::entity::{Organization, Team, User};
use policy::key::Key;
use store::{Record, RecordId, Rollup};

use crate::sight::store;

/// Names by id; those without one are left out.
pub(crate) type Names = BTreeMap<String, String>;

pub(crate) async fn of_teams<'a>(app: &App, ids: impl Iterator<Item = &'a str>) -> Result<Names, ApiError> {
    names(app, ids, |team: Team| team.team_alias).await
}

pub(crate) async fn of_organizations<'a>(app: &App, ids: impl Iterator<Item = &'a str>) -> Result<Names, ApiError> {
    names(app, ids, |organization: Organization| organization.organization_alias).await
}

pub(crate) async fn emails<'a>(app: &App, ids: impl Iterator<Item = &'a str>) -> Result<Names, ApiError> {
    names(app, ids, |user: User| user.user_email).await
}

/// What is shown of keys' secrets.
pub(crate) async fn of_keys<'a>(app: &App, tokens: impl Iterator<Item = &'a str>) -> Result<Names, ApiError> {
    names(app, tokens, |key: Key| Some(key.key_name)).await
}

/// The aliases that keys had when they were last used, by hash.
pub(crate) fn aliases(rollups: &[Rollup]) -> BTreeMap<&str, &str> {
    let aliased = rollups.iter().filter(|it| !it.key_alias.is_empty());
    aliased.map(|it| (it.api_key.as_str(), it.key_alias.as_str())).collect()
}

async fn names<'a, T: Record>(
    app: &App,
    ids: impl Iterator<Item = &'a str>,
    name: impl Fn(T) -> Option<String>,
) -> Result<Names, ApiError> {
    let ids: BTreeSet<&str> = ids.filter(|id| !id.is_empty()).collect();
    let records: Vec<RecordId> = ids.iter().map(|id| RecordId::of::<T>(*id)).collect();
    let found = app.store.find_records(&records).await.map_err(store)?;
    let mut names = Names::new();
    for id in ids {
        let record = found.get::<T>(id).map_err(store)?;
        if let Some(name) = record.and_then(|it| name(it.value)) {
            names.insert(id.to_owned(), name);
        }
    }
    Ok(names)
}

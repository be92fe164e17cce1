//! What the caller may see of what others spent, and how that is read.

use gateway::{ApiError, App, Caller};
use http::StatusCode;
use policy::entity::{Member, OrganizationMember};
use policy::key::Key;
use policy::spend::{Sight, SpendEvent, Spender};
use store::{Daily, Listing, Rollup, StoreError, Stored};

use crate::query::Days;

/// The caller's view of everybody's spend.
pub(crate) struct View<'a> {
    pub(crate) app: &'a App,
    pub(crate) sight: Sight,
    /// The origin of the caller's key, by which its sums go.
    origin: Option<String>,
}

impl<'a> View<'a> {
    pub(crate) async fn of(app: &'a App, caller: &Caller) -> Result<Self, ApiError> {
        let (key, role) = (caller.key(), caller.role);
        let origin = key.map(|key| key.origin.clone());
        let sight = Sight::of(role, key, &[], &[]);
        if sight.everything || sight.user.is_empty() {
            return Ok(Self { app, sight, origin });
        }
        let own = Listing::Of("USER", sight.user.clone());
        let teams: Vec<Stored<Member>> = app.store.list_whole(&own).await.map_err(store)?;
        let organizations: Vec<Stored<OrganizationMember>> = app.store.list_whole(&own).await.map_err(store)?;
        let teams: Vec<Member> = teams.into_iter().map(|it| it.value).collect();
        let organizations: Vec<OrganizationMember> = organizations.into_iter().map(|it| it.value).collect();
        Ok(Self { app, sight: Sight::of(role, key, &teams, &organizations), origin })
    }

    /// What the caller may see of somebody's rollups.
    pub(crate) async fn rollups(&self, whose: Daily<'_>, days: Days) -> Result<Vec<Rollup>, ApiError> {
        let mut rollups = self.app.store.report(whose, days.from, days.to).await.map_err(store)?;
        rollups.retain(|it| self.sight.sees(&spender(it)));
        Ok(rollups)
    }

    /// All calls, for those who may see them; else the caller's own.
    pub(crate) async fn all_or_own(&self, days: Days) -> Result<Vec<Rollup>, ApiError> {
        if self.sight.everything {
            return self.rollups(Daily::Global, days).await;
        }
        self.own(days).await
    }

    async fn own(&self, days: Days) -> Result<Vec<Rollup>, ApiError> {
        match &self.origin {
            _ if !self.sight.user.is_empty() => self.rollups(Daily::Of("user", &self.sight.user), days).await,
            Some(origin) => self.rollups(Daily::Of("key", origin), days).await,
            None => Ok(Vec::new()),
        }
    }

    /// The rollups of a key by its hash; 403 for one that the caller may not see.
    pub(crate) async fn of_key(&self, hash: &str, days: Days) -> Result<Vec<Rollup>, ApiError> {
        let found = self.app.store.find::<Key>(hash).await.map_err(store)?.map(|it| it.value);
        self.allow_key(hash, found.as_ref())?;
        // The sums of a key that is gone stand under its first hash, which may be this one.
        let origin = found.map_or_else(|| hash.to_owned(), |key| key.origin);
        let mut rollups = self.rollups(Daily::Of("key", &origin), days).await?;
        rollups.retain(|it| it.api_key == hash);
        Ok(rollups)
    }

    pub(crate) async fn check_key(&self, hash: &str) -> Result<(), ApiError> {
        if self.sight.everything || self.sight.api_key == hash {
            return Ok(());
        }
        let found = self.app.store.find::<Key>(hash).await.map_err(store)?.map(|it| it.value);
        self.allow_key(hash, found.as_ref())
    }

    fn allow_key(&self, hash: &str, key: Option<&Key>) -> Result<(), ApiError> {
        let named = |name: fn(&Key) -> &Option<String>| key.and_then(|key| name(key).as_deref()).unwrap_or_default();
        let spender = Spender {
            api_key: hash,
            user: named(|key| &key.user_id),
            team: named(|key| &key.team_id),
            organization: named(|key| &key.organization_id),
        };
        if self.sight.sees(&spender) { Ok(()) } else { Err(forbidden("key", "api_key")) }
    }

    pub(crate) fn check_user(&self, id: &str) -> Result<(), ApiError> {
        let spender = Spender { user: id, ..Spender::default() };
        if self.sight.sees(&spender) { Ok(()) } else { Err(forbidden("user", "user_id")) }
    }

    pub(crate) fn check_team(&self, id: &str) -> Result<(), ApiError> {
        if self.sight.knows_team(id) { Ok(()) } else { Err(forbidden("team", "team_id")) }
    }

    pub(crate) fn check_organization(&self, id: &str) -> Result<(), ApiError> {
        let spender = Spender { organization: id, ..Spender::default() };
        if self.sight.sees(&spender) { Ok(()) } else { Err(forbidden("organization", "organization_id")) }
    }

    pub(crate) fn sees_row(&self, row: &SpendEvent) -> bool {
        self.sight.sees(&Spender {
            api_key: &row.api_key,
            user: row.user.as_deref().unwrap_or_default(),
            team: row.team_id.as_deref().unwrap_or_default(),
            organization: row.organization_id.as_deref().unwrap_or_default(),
        })
    }
}

fn spender(rollup: &Rollup) -> Spender<'_> {
    Spender { api_key: &rollup.api_key, user: &rollup.user, team: &rollup.team, organization: &rollup.organization }
}

fn forbidden(what: &str, param: &'static str) -> ApiError {
    let message = format!("You do not have access to this {what}");
    ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param(param)
}

/// What the store could not do, as the caller sees it.
pub(crate) fn store(error: StoreError) -> ApiError {
    match error {
        StoreError::TooMany { what, most } => {
            let message = format!("More than {most} {what} would have to be read; ask for fewer days.");
            ApiError::invalid(message).param("start_date")
        }
        StoreError::Unavailable { .. } => ApiError::unavailable(error),
        other => ApiError::internal(other),
    }
}

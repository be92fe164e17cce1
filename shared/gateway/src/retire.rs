//! Deletes entities: keys and teams are kept as they were, and whoever gets an id next has spent nothing.

use policy::budget::totals;
use policy::entity::{Budget, Deleted, Deletion, Seat, Spender, Team};
use policy::key::Key;
use policy::money::Usd;
use policy::spend::Scope;
use policy::subject::Holder;
use store::{Record, StoreError, Stored};

use crate::payers::budget_rules;
use crate::{App, Caller, Request, timestamp};

/// Who deletes something now.
#[must_use]
pub fn deletion(app: &App, req: &Request, caller: &Caller) -> Deletion {
    Deletion {
        deleted_at: Some(timestamp(app)),
        deleted_by: caller.user_id().map(str::to_owned),
        deleted_by_api_key: caller.key().map(|key| key.token.clone()),
        litellm_changed_by: req.header("litellm-changed-by").map(str::to_owned),
    }
}

/// What someone has spent in all current periods, and over all time.
#[derive(Debug)]
pub struct Spent(Vec<(Scope, Usd)>);

impl Spent {
    /// Reads what `spender` has spent.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be asked.
    pub async fn find(app: &App, spender: &impl Spender) -> Result<Self, StoreError> {
        let budget = match spender.budget_id() {
            Some(id) => app.store.find::<Budget>(id).await?,
            None => None,
        };
        let own = spender.limits();
        let limits = budget.map_or_else(|| own.clone(), |budget| own.over(&budget.value.limits));
        let holder = Holder { kind: spender.kind(), id: spender.id().into(), limits: &limits };
        let scopes = totals(&holder, &budget_rules(app));
        let spent = app.store.find_totals(&scopes).await?;
        Ok(Self(scopes.into_iter().zip(spent).map(|(scope, spent)| (scope, spent.spend)).collect()))
    }

    /// What has been spent in the main budget's period, in US dollars.
    #[must_use]
    pub fn current(&self) -> Usd {
        self.0.first().map(|(_, spent)| *spent).unwrap_or_default()
    }

    /// Lets everything begin anew at nothing; rows say what calls cost all the same.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be asked.
    pub async fn forget(self, app: &App) -> Result<(), StoreError> {
        for (scope, _) in self.0.iter().filter(|(_, spent)| !spent.is_zero()) {
            app.store.reset_total(scope, Usd::ZERO, app.clock().now_ms()).await?;
        }
        Ok(())
    }
}

/// Deletes an entity and what it has spent.
///
/// # Errors
/// [`StoreError`] when the store cannot be asked, or someone else was faster.
pub async fn remove<T: Record + Spender>(app: &App, stored: &Stored<T>) -> Result<(), StoreError> {
    remove_seat(app, &stored.value, stored).await
}

/// Deletes a membership, and what its holder has spent there.
///
/// # Errors
/// As [`remove`].
pub async fn remove_seat<T: Record>(app: &App, seat: &impl Spender, stored: &Stored<T>) -> Result<(), StoreError> {
    let spent = Box::pin(Spent::find(app, seat)).await?;
    app.store.delete(stored).await?;
    Box::pin(spent.forget(app)).await
}

/// Deletes a member of a team, and what it has spent there.
///
/// # Errors
/// As [`remove`].
pub async fn remove_member(
    app: &App,
    team: Option<&Team>,
    member: &Stored<policy::entity::Member>,
) -> Result<(), StoreError> {
    remove_seat(app, &Seat::in_team(team, &member.value), member).await
}

/// Deletes a key with its secret, wherever that is stored, and keeps the key as it was.
///
/// # Errors
/// As [`remove`].
pub async fn remove_key(app: &App, key: &Stored<Key>, deletion: &Deletion) -> Result<(), StoreError> {
    let spent = Box::pin(Spent::find(app, &key.value)).await?;
    let kept = Deleted { value: key.value.kept(), spend: spent.current(), deletion: deletion.clone() };
    app.store.retire(key, &kept).await?;
    app.forget_key(&key.value.token);
    app.forget_secret(&key.value).await;
    Box::pin(spent.forget(app)).await
}

/// Deletes a team, and keeps it as it was.
///
/// # Errors
/// As [`remove`].
pub async fn remove_team(app: &App, team: &Stored<Team>, deletion: &Deletion) -> Result<(), StoreError> {
    let spent = Box::pin(Spent::find(app, &team.value)).await?;
    let kept = Deleted { value: team.value.clone(), spend: spent.current(), deletion: deletion.clone() };
    app.store.retire(team, &kept).await?;
    Box::pin(spent.forget(app)).await
}

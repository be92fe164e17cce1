//! A caller's key with the entities behind it, as the store had them a moment ago.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use policy::entity::{Budget, Customer, Limits, Member, Organization, OrganizationMember, Project, Tag, Team, User};
use policy::key::{Key, OldSecret};
use policy::money::Usd;
use policy::subject::{Entities, Subject};
use store::{Found, Record, RecordId, StoreError, membership};

use crate::groups::{expand, lists};
use crate::{App, Caller, key_scope, timestamp};

/// How long a key that was read once may be taken as it was, where that is allowed while the tables are unavailable.
const LONGEST_STALE: Duration = Duration::from_secs(3600);

/// A key as the store had it a moment ago, and the entities behind it.
#[derive(Debug)]
pub struct Known {
    /// The key, with what its linked budget sets filled into its limits.
    pub key: Key,
    /// The entities behind it.
    pub entities: Entities,
    /// What the key had spent then, in USD, since its budget period began, and what this process has seen since.
    spend: Mutex<Usd>,
}

impl Known {
    pub(crate) fn new(key: Key, entities: Entities, spend: Usd) -> Self {
        Self { key, entities, spend: Mutex::new(spend) }
    }

    /// Everyone whose rules hold for a call, beside the customer and the tags that it names.
    #[must_use]
    pub fn subject<'a>(&'a self, customer: Option<&'a Customer>, tags: &'a [Tag]) -> Subject<'a> {
        Subject { key: &self.key, entities: &self.entities, customer, tags, groups: &[], agent: None }
    }

    /// What the key has spent in its budget period, in USD, as far as this process knows.
    #[must_use]
    pub fn spend(&self) -> Usd {
        *self.spend.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add_spend(&self, amount: Usd) {
        *self.spend.lock().unwrap_or_else(PoisonError::into_inner) += amount;
    }
}

/// Whoever has no key: nothing limits it.
static NOBODY: LazyLock<Arc<Known>> =
    LazyLock::new(|| Arc::new(Known::new(Key::default(), Entities::default(), Usd::ZERO)));

/// The caller's key with the entities behind it; one that nothing limits for whoever has none.
pub(crate) fn known_or_nobody(caller: &Caller) -> &Arc<Known> {
    caller.known().unwrap_or(&NOBODY)
}

/// The key by the hash of its secret: remembered, or read with what is behind it and what it has spent.
///
/// # Errors
/// [`StoreError`] when the store cannot be asked.
pub(crate) async fn known_key(app: &App, hash: &str) -> Result<Option<Arc<Known>>, StoreError> {
    if let Some(known) = app.keys.get(hash) {
        return Ok(Some(known));
    }
    // Apart, so that calls of a remembered key do not carry the room for reading one.
    match Box::pin(read_key(app, hash)).await {
        Ok(known) => Ok(known),
        Err(error @ StoreError::Unavailable { .. }) if app.config.general_settings.allow_requests_on_db_unavailable => {
            let stale = app.keys.stale(hash, LONGEST_STALE).ok_or(error)?;
            tracing::warn!("keys cannot be read: one that was read some time ago is taken as it was");
            Ok(Some(stale))
        }
        Err(error) => Err(error),
    }
}

/// A key by its own secret, or else by an old one in its grace period.
async fn read_key(app: &App, hash: &str) -> Result<Option<Arc<Known>>, StoreError> {
    if let Some(old) = app.old_secrets.get(hash)
        && let Some(known) = opened(app, &old).await?
    {
        return Ok(Some(known));
    }
    if let Some(known) = current(app, hash).await? {
        return Ok(Some(known));
    }
    let Some(old) = app.store.find::<OldSecret>(hash).await? else { return Ok(None) };
    opened(app, &app.old_secrets.put(hash, old.value)).await
}

async fn opened(app: &App, old: &OldSecret) -> Result<Option<Arc<Known>>, StoreError> {
    if !old.is_good(timestamp(app)) {
        return Ok(None);
    }
    let known = current(app, &old.active).await?;
    Ok(known.filter(|known| known.key.origin == old.origin))
}

/// The key whose own secret has this hash.
async fn current(app: &App, token: &str) -> Result<Option<Arc<Known>>, StoreError> {
    if let Some(known) = app.keys.get(token) {
        return Ok(Some(known));
    }
    let Some(stored) = app.store.find::<Key>(token).await? else { return Ok(None) };
    let known = complete(app, stored.value).await?;
    Ok(Some(app.keys.put(token, known)))
}

/// A key, real or made up for a token, with the entities behind it.
///
/// # Errors
/// [`StoreError`] when the store cannot be asked.
pub(crate) async fn complete(app: &App, key: Key) -> Result<Known, StoreError> {
    let (mut key, mut entities) = Box::pin(entities(app, key)).await?;
    entities.paying_groups = Box::pin(expand(app, lists(app, &mut key, &mut entities))).await?;
    // A token without a key spends in the name of its user or team alone.
    let spend = match key.origin.is_empty() {
        true => Usd::ZERO,
        false => app.store.find_total(&key_scope(app, &key)).await?.spend,
    };
    Ok(Known::new(key, entities, spend))
}

/// Reads what the key names, then what those name: the team's organization, and the linked budgets.
async fn entities(app: &App, mut key: Key) -> Result<(Key, Entities), StoreError> {
    let (user, team) = (key.user_id.as_deref(), key.team_id.as_deref());
    let mut ids = Ids::default();
    ids.add::<User>(user);
    ids.add::<Team>(team);
    ids.add::<Project>(key.project_id.as_deref());
    ids.add::<Budget>(key.budget_id.as_deref());
    if let (Some(user), Some(team)) = (user, team) {
        ids.add::<Member>(Some(&membership(team, user)));
    }
    ids.add_organization(key.organization_id.as_deref(), user);
    let first = app.store.find_records(&ids.0).await?;
    let team = find::<Team>(&first, key.team_id.as_deref())?;
    let mut entities = Entities {
        user: find(&first, key.user_id.as_deref())?,
        member: match (&key.team_id, &key.user_id) {
            (Some(team), Some(user)) => find(&first, Some(&membership(team, user)))?,
            _ => None,
        },
        project: find(&first, key.project_id.as_deref())?,
        ..Entities::default()
    };
    let own = key.organization_id.take();
    key.organization_id = own.clone().or_else(|| team.as_ref().and_then(|team| team.organization_id.clone()));
    let mut ids = Ids::default();
    if own.is_none() {
        ids.add_organization(key.organization_id.as_deref(), key.user_id.as_deref());
    }
    ids.add::<Budget>(entities.user.as_ref().and_then(|it| it.budget_id.as_deref()));
    ids.add::<Budget>(team.as_ref().and_then(|it| it.budget_id.as_deref()));
    ids.add::<Budget>(entities.project.as_ref().and_then(|it| it.budget_id.as_deref()));
    ids.add::<Budget>(entities.member.as_ref().and_then(|it| it.budget_id.as_deref()));
    let organization: Option<Organization> = find(&first, own.as_deref())?;
    ids.add::<Budget>(organization.as_ref().and_then(|it| it.budget_id.as_deref()));
    let second = app.store.find_records(&ids.0).await?;
    let organization = match organization {
        Some(known) => Some(known),
        None => find::<Organization>(&second, key.organization_id.as_deref())?,
    };
    let place = key.organization_id.as_deref().zip(key.user_id.as_deref());
    if let Some(id) = place.map(|(organization, user)| membership(organization, user)) {
        let member = find::<OrganizationMember>(&first, Some(&id))?;
        entities.organization_member = if member.is_some() { member } else { find(&second, Some(&id))? };
    }
    let mut ids = Ids::default();
    if own.is_none() {
        ids.add::<Budget>(organization.as_ref().and_then(|it| it.budget_id.as_deref()));
    }
    ids.add::<Budget>(entities.organization_member.as_ref().and_then(|it| it.budget_id.as_deref()));
    let third = app.store.find_records(&ids.0).await?;
    let budgets = [&first, &second, &third];
    fill(&budgets, &mut key.limits, key.budget_id.as_deref())?;
    if let Some(user) = &mut entities.user {
        fill(&budgets, &mut user.limits, user.budget_id.as_deref())?;
    }
    if let Some(member) = &mut entities.member {
        fill(&budgets, &mut member.limits, member.budget_id.as_deref())?;
        if let Some(team) = &team {
            member.limits = member.limits.over(&team.member_limits);
        }
    }
    if let Some(member) = &mut entities.organization_member {
        fill(&budgets, &mut member.limits, member.budget_id.as_deref())?;
    }
    if let Some(project) = &mut entities.project {
        fill(&budgets, &mut project.limits, project.budget_id.as_deref())?;
    }
    entities.team = team;
    if let Some(team) = &mut entities.team {
        fill(&budgets, &mut team.limits, team.budget_id.as_deref())?;
    }
    entities.organization = organization;
    if let Some(organization) = &mut entities.organization {
        fill(&budgets, &mut organization.limits, organization.budget_id.as_deref())?;
    }
    Ok((key, entities))
}

/// What to read in one go.
#[derive(Default)]
struct Ids(Vec<RecordId>);

impl Ids {
    fn add<T: Record>(&mut self, id: Option<&str>) {
        self.0.extend(id.filter(|id| !id.is_empty()).map(RecordId::of::<T>));
    }

    fn add_organization(&mut self, organization: Option<&str>, user: Option<&str>) {
        self.add::<Organization>(organization);
        if let (Some(organization), Some(user)) = (organization, user) {
            self.add::<OrganizationMember>(Some(&membership(organization, user)));
        }
    }
}

fn find<T: Record>(found: &Found, id: Option<&str>) -> Result<Option<T>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    Ok(found.get::<T>(id)?.map(|it| it.value))
}

/// Fills in what a linked budget sets. A budget that was deleted sets nothing.
fn fill(found: &[&Found], limits: &mut Limits, budget: Option<&str>) -> Result<(), StoreError> {
    for found in found {
        if let Some(budget) = find::<Budget>(found, budget)? {
            *limits = limits.over(&budget.limits);
            break;
        }
    }
    Ok(())
}

/// The customer with this id, with what its linked budget sets filled in: remembered, or read.
///
/// # Errors
/// [`StoreError`] when the store cannot be asked.
pub async fn known_customer(app: &App, id: &str) -> Result<Arc<Option<Customer>>, StoreError> {
    if let Some(known) = app.customers.get(id) {
        return Ok(known);
    }
    let mut customer = app.store.find::<Customer>(id).await?.map(|it| it.value);
    if let Some(customer) = &mut customer {
        fill_alone(app, &mut customer.limits, customer.budget_id.as_deref()).await?;
        expand(app, vec![&mut customer.models]).await?;
    }
    Ok(app.customers.put(id, customer))
}

/// The tag with this name, with what its linked budget sets filled in: remembered, or read.
///
/// # Errors
/// [`StoreError`] when the store cannot be asked.
pub async fn known_tag(app: &App, name: &str) -> Result<Arc<Option<Tag>>, StoreError> {
    if let Some(known) = app.tags.get(name) {
        return Ok(known);
    }
    let mut tag = app.store.find::<Tag>(name).await?.map(|it| it.value);
    if let Some(tag) = &mut tag {
        fill_alone(app, &mut tag.limits, tag.budget_id.as_deref()).await?;
    }
    Ok(app.tags.put(name, tag))
}

pub(crate) async fn fill_alone(app: &App, limits: &mut Limits, budget: Option<&str>) -> Result<(), StoreError> {
    let Some(id) = budget else { return Ok(()) };
    if let Some(budget) = known_budget(app, id).await?.as_ref() {
        *limits = limits.over(&budget.limits);
    }
    Ok(())
}

/// The budget with this id: remembered, or read.
///
/// # Errors
/// [`StoreError`] when the store cannot be asked.
pub(crate) async fn known_budget(app: &App, id: &str) -> Result<Arc<Option<Budget>>, StoreError> {
    if let Some(known) = app.budgets.get(id) {
        return Ok(known);
    }
    let budget = app.store.find::<Budget>(id).await?.map(|it| it.value);
    Ok(app.budgets.put(id, budget))
}

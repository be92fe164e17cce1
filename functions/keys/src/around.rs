//! Reads the entities that a key names, as far as a change of it depends on them.

use gateway::{ApiError, App, Caller};
use policy::entity::{Budget, Member, Organization, OrganizationMember, Project, Team};
use policy::key::{Around, Key};
use store::{Found, Listing, Record, RecordId, StoreError, Stored, membership};

/// The entities that `key` names, and the caller's place among them.
pub(crate) async fn around(app: &App, caller: &Caller, key: &Key) -> Result<Around, ApiError> {
    Box::pin(read(app, caller.user_id(), key)).await.map_err(unread)
}

async fn read(app: &App, caller: Option<&str>, key: &Key) -> Result<Around, StoreError> {
    let within = |group: Option<&str>, user: Option<&str>| Some(membership(group?, user?));
    let (team, member) = (key.team_id.as_deref(), within(key.team_id.as_deref(), caller));
    let owner = within(team, key.user_id.as_deref());
    let mut ids = Ids::default();
    ids.add::<Team>(team);
    ids.add::<Member>(member.as_deref());
    ids.add::<Member>(owner.as_deref().filter(|it| Some(*it) != member.as_deref()));
    ids.add::<Project>(key.project_id.as_deref());
    ids.add::<Budget>(key.budget_id.as_deref());
    ids.add::<Budget>(key.end_user_budget_id().filter(|it| Some(*it) != key.budget_id.as_deref()));
    let found = app.store.find_records(&ids.0).await?;
    let mut around = Around {
        team: find(&found, team)?,
        member: find(&found, member.as_deref())?,
        owner: find(&found, owner.as_deref())?,
        project: find(&found, key.project_id.as_deref())?,
        budget: find(&found, key.budget_id.as_deref())?,
        customer_budget: find(&found, key.end_user_budget_id())?,
        ..Around::default()
    };
    let organization = around.organization_id(key).map(str::to_owned);
    let place = within(organization.as_deref(), caller);
    let mut ids = Ids::default();
    ids.add::<Organization>(organization.as_deref());
    ids.add::<OrganizationMember>(place.as_deref());
    ids.add::<Budget>(around.project.as_ref().and_then(|it| it.budget_id.as_deref()));
    let found = app.store.find_records(&ids.0).await?;
    around.organization = find(&found, organization.as_deref())?;
    around.organization_member = find(&found, place.as_deref())?;
    if let Some(project) = &mut around.project
        && let Some(budget) = find::<Budget>(&found, project.budget_id.as_deref())?
    {
        project.limits = project.limits.over(&budget.limits);
    }
    if key.is_guaranteed() {
        read_others(app, key, &mut around).await?;
    }
    Ok(around)
}

/// What a guaranteed share is a share of, and everyone who has one.
async fn read_others(app: &App, key: &Key, around: &mut Around) -> Result<(), StoreError> {
    let budget = |id: Option<String>| async move {
        match id {
            Some(id) => Ok(app.store.find::<Budget>(&id).await?.map(|it| it.value)),
            None => Ok::<_, StoreError>(None),
        }
    };
    if let Some(team) = &mut around.team {
        if let Some(budget) = budget(team.budget_id.clone()).await? {
            team.limits = team.limits.over(&budget.limits);
        }
        around.of_team = keys_of(app, "TEAM", &team.team_id).await?;
    }
    if let Some(organization) = &mut around.organization {
        if let Some(budget) = budget(organization.budget_id.clone()).await? {
            organization.limits = organization.limits.over(&budget.limits);
        }
        around.of_organization = keys_of(app, "ORGANIZATION", &organization.organization_id).await?;
    }
    around.of_team.retain(|other| other.origin != key.origin);
    around.of_organization.retain(|other| other.origin != key.origin);
    Ok(())
}

/// Every key on the list of an entity.
pub(crate) async fn keys_of(app: &App, kind: &'static str, id: &str) -> Result<Vec<Key>, StoreError> {
    Ok(values(app.store.list_whole::<Key>(&Listing::Of(kind, id.to_owned())).await?))
}

pub(crate) fn values<T>(stored: Vec<Stored<T>>) -> Vec<T> {
    stored.into_iter().map(|it| it.value).collect()
}

/// What the store answers about keys.
pub(crate) fn unread(error: StoreError) -> ApiError {
    match error {
        StoreError::Exists => ApiError::invalid("A key with this value exists already.").param("key"),
        StoreError::NameTaken { name: alias, .. } => {
            let message =
                format!("Key with alias '{alias}' already exists. Unique key aliases across all keys are required.");
            ApiError::invalid(message).param("key_alias")
        }
        error => ApiError::stored(error, "Key", "key"),
    }
}

#[derive(Default)]
struct Ids(Vec<RecordId>);

impl Ids {
    fn add<T: Record>(&mut self, id: Option<&str>) {
        self.0.extend(id.map(RecordId::of::<T>));
    }
}

fn find<T: Record>(found: &Found, id: Option<&str>) -> Result<Option<T>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    Ok(found.get::<T>(id)?.map(|it| it.value))
}

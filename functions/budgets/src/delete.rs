//! POST `/budget/delete`.

use gateway::{ApiError, App, Reply, Request, json_object, required};
use http::StatusCode;
use policy::entity::{
    AccessGroup, Budget, Customer, Member, Organization, OrganizationMember, Project, Tag, Team, User,
};
use policy::key::Key;
use store::{BUDGET, Listing, Record};

use crate::{find, stored};

/// A budget that something is linked to stays: else that would be held to nothing, or to the next budget of this id.
pub(crate) async fn handle(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let found = find(app, required(&body, "id")?).await?;
    let id = &found.value.budget_id;
    let holders = [
        linked::<Key>(app, id, "key").await?,
        linked::<User>(app, id, "user").await?,
        linked::<Team>(app, id, "team").await?,
        linked::<Member>(app, id, "member of a team").await?,
        linked::<Organization>(app, id, "organization").await?,
        linked::<OrganizationMember>(app, id, "member of an organization").await?,
        linked::<Project>(app, id, "project").await?,
        linked::<Customer>(app, id, "customer").await?,
        linked::<Tag>(app, id, "tag").await?,
        linked::<AccessGroup>(app, id, "group of models").await?,
    ];
    if let Some(holder) = holders.into_iter().flatten().next() {
        let message = format!("Budget {id} is in use by a {holder}. Take it away there, then delete it.");
        return Err(ApiError::invalid(message).param("id"));
    }
    app.store.delete::<Budget>(&found).await.map_err(stored)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &found.value.answer()))
}

/// `what`, if any of it is linked to the budget.
async fn linked<T: Record>(app: &App, budget: &str, what: &'static str) -> Result<Option<&'static str>, ApiError> {
    let listing = Listing::Of(BUDGET, budget.to_owned());
    let first = app.store.list::<T>(&listing, 1, None).await.map_err(stored)?;
    // The list may still know someone who has another budget by now.
    let holds = |record: &T| record.owners().iter().any(|(kind, id)| *kind == BUDGET && id == budget);
    Ok(first.records.iter().any(|it| holds(&it.value)).then_some(what))
}

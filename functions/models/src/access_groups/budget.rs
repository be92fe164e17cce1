//! `/access_group/{access_group}/budget`: one budget that all calls share which lists of models allow by the group's name.

use gateway::{ApiError, App, Caller, Reply, Request, Spent};
use http::StatusCode;
use policy::access_group::{BudgetAsked, budget};
use policy::answer::Answer;
use policy::entity::{AccessGroup, Budget};
use policy::money::Usd;
use store::Stored;

use super::{failed, find};

pub(crate) async fn get(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let group = find(app, req).await?.value;
    reply(app, &group).await
}

/// Links the group to a budget, or gives it one of its own. A budget that it has stays and is changed.
pub(crate) async fn put(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let group = find(app, req).await?;
    let own = own(app, &group.value).await?;
    let id = gateway::new_id().to_string();
    let asked = budget(&body, own.as_ref().map(|it| &it.value), &id, &gateway::editor(app, caller))?;
    let budget_id = match asked {
        BudgetAsked::Linked(id) => {
            gateway::check_budget(app, Some(&id)).await?;
            id
        }
        BudgetAsked::Own(budget) => {
            match &own {
                Some(own) => app.store.update(own, budget.as_ref()).await,
                None => app.store.create(budget.as_ref()).await,
            }
            .map_err(failed)?
            .value
            .budget_id
        }
    };
    let changed = AccessGroup { budget_id: Some(budget_id), ..group.value.clone() };
    if changed != group.value {
        app.store.update(&group, &changed).await.map_err(failed)?;
    }
    app.forget_entities();
    reply(app, &changed).await
}

/// Takes the budget away, with what was spent of it. The budget's own record stays, as others may be linked to it.
pub(crate) async fn delete(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let group = find(app, req).await?;
    let had = own(app, &group.value).await?.is_some();
    let name = &group.value.access_group;
    let message = match had {
        true => format!("Budget for access group '{name}' deleted successfully"),
        false => format!("Access group '{name}' has no budget to delete"),
    };
    if group.value.budget_id.is_some() {
        let spent = Spent::find(app, &group.value).await.map_err(failed)?;
        let changed = AccessGroup { budget_id: None, ..group.value.clone() };
        app.store.update(&group, &changed).await.map_err(failed)?;
        app.forget_entities();
        spent.forget(app).await.map_err(failed)?;
    }
    let answer = Answer::new().with("access_group", name).with("budget_deleted", &had).with("message", &message);
    Ok(Reply::json(StatusCode::OK, &answer))
}

async fn own(app: &App, group: &AccessGroup) -> Result<Option<Stored<Budget>>, ApiError> {
    match &group.budget_id {
        Some(id) => app.store.find::<Budget>(id).await.map_err(failed),
        None => Ok(None),
    }
}

async fn reply(app: &App, group: &AccessGroup) -> Result<Reply, ApiError> {
    let account = gateway::account(app, group).await?;
    let spend = if account.budget.is_some() { account.spend } else { Usd::ZERO };
    Ok(Reply::json(StatusCode::OK, &group.budget_answer(account.budget.as_ref(), spend)))
}

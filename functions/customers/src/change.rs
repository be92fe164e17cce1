//! POST `/customer/new` and `/customer/update`.

use gateway::{ApiError, App, Caller, Reply, Request, account, check_budget, editor, json_object, required, set_spend};
use http::StatusCode;
use policy::customer;
use policy::entity::Customer;

use crate::{find, missing, stored};

pub(crate) async fn new(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let customer = customer::new(&body, &editor(app, caller), |model| is_model(app, model))?;
    check_budget(app, customer.budget_id.as_deref()).await?;
    app.store.create(&customer).await.map_err(stored)?;
    set_spend(app, &customer, &body).await?;
    done(app, &customer).await
}

pub(crate) async fn update(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let id = required(&body, "user_id")?;
    let found = find(app, id).await?.ok_or_else(|| missing(&[id], "user_id"))?;
    let changed = customer::update(&found.value, &body, &editor(app, caller), |model| is_model(app, model))?;
    if changed.budget_id != found.value.budget_id {
        check_budget(app, changed.budget_id.as_deref()).await?;
    }
    app.store.update(&found, &changed).await.map_err(stored)?;
    set_spend(app, &changed, &body).await?;
    done(app, &changed).await
}

async fn done(app: &App, customer: &Customer) -> Result<Reply, ApiError> {
    app.forget_entities();
    let account = account(app, customer).await?;
    Ok(Reply::json(StatusCode::OK, &customer.answer(account.budget.as_ref(), account.spend)))
}

fn is_model(app: &App, model: &str) -> bool {
    let aliases = &app.config.router_settings.model_group_alias;
    aliases.contains_key(model) || app.models.iter().any(|served| served.deployment.model_name == model)
}

//! POST `/customer/block` and `/customer/unblock`.

use gateway::{ApiError, App, Caller, Reply, Request, accounts, editor, json_object, required_list};
use http::StatusCode;
use policy::answer::Answer;
use policy::customer;
use policy::entity::Customer;

use crate::{find, stored};

/// Blocks also ids that no call has named yet, so that none of theirs is ever served.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller, blocked: bool) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let editor = editor(app, caller);
    let mut changed = Vec::new();
    for id in required_list(&body, "user_ids")? {
        let found = find(app, id).await?;
        let known = found.as_ref().map_or_else(|| customer::blank(id, &editor), |it| it.value.clone());
        let customer = Customer { blocked, updated_at: Some(editor.now), ..known };
        match &found {
            Some(found) => app.store.update(found, &customer).await.map_err(stored)?,
            None => app.store.create(&customer).await.map_err(stored)?,
        };
        changed.push(customer);
    }
    app.forget_entities();
    let accounts = accounts(app, &changed).await?;
    let shown = changed.iter().zip(&accounts).map(|(it, account)| it.answer(account.budget.as_ref(), account.spend));
    Ok(Reply::json(StatusCode::OK, &Answer::new().with("blocked_users", &shown.collect::<Vec<_>>())))
}

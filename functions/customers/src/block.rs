//! POST `/customer/block` and `/customer/unblock`.

use gateway::{ApiError, App, Caller, Reply, Request, accounts, editor, json_object, required_list};
use http::StatusCode;
use policy::answer::Answer;
use policy::customer;
use policy::entity::{Customer, Editor};
use store::StoreError;

use crate::{find, stored};

/// How often a change is tried when someone else changes the customer at the same time, as its first call does.
const TRIES: usize = 4;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller, blocked: bool) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let editor = editor(app, caller);
    let mut changed = Vec::new();
    for id in required_list(&body, "user_ids")? {
        changed.push(set(app, id, blocked, &editor).await?);
    }
    app.forget_entities();
    let accounts = accounts(app, &changed).await?;
    let shown = changed.iter().zip(&accounts).map(|(it, account)| it.answer(account.budget.as_ref(), account.spend));
    Ok(Reply::json(StatusCode::OK, &Answer::new().with("blocked_users", &shown.collect::<Vec<_>>())))
}

/// Blocks also an id that no call has named yet, so that none with it is ever served.
async fn set(app: &App, id: &str, blocked: bool, editor: &Editor<'_>) -> Result<Customer, ApiError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let found = find(app, id).await?;
        let known = found.as_ref().map_or_else(|| customer::blank(id, editor), |it| it.value.clone());
        let customer = Customer { blocked, updated_at: Some(editor.now), ..known };
        let written = match &found {
            Some(found) => app.store.update(found, &customer).await,
            None => app.store.create(&customer).await,
        };
        match written {
            Ok(_) => return Ok(customer),
            Err(StoreError::Exists | StoreError::Changed) if tries < TRIES => {}
            Err(error) => return Err(stored(error)),
        }
    }
}

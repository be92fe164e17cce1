//! GET `/customer/info` and `/customer/list`.

use gateway::{ApiError, App, Caller, Reply, Request, account, accounts, editor};
use http::StatusCode;
use policy::answer::Answer;
use policy::customer;
use policy::entity::Customer;
use policy::page::Page;
use store::{Listing, Stored};

use crate::{find, missing, stored};

/// The most customers of a page.
const MOST: usize = 1000;

/// A customer that calls named and nobody made is shown with what it has spent.
pub(crate) async fn info(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let id = req.query_param("end_user_id").filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| ApiError::invalid("`end_user_id` is required.").param("end_user_id"))?;
    let found = find(app, id).await?.map(|it| it.value);
    let is_made = found.is_some();
    let customer = found.unwrap_or_else(|| Customer { created_at: None, ..customer::blank(id, &editor(app, caller)) });
    let account = account(app, &customer).await?;
    if !is_made && account.spend.is_zero() {
        return Err(missing(&[id], "end_user_id"));
    }
    Ok(Reply::json(StatusCode::OK, &customer.answer(account.budget.as_ref(), account.spend)))
}

/// All of them, as LiteLLM's callers expect, or the page that the query asks for.
pub(crate) async fn list(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let mut page = Page::first(MOST);
    let mut asked = false;
    for (name, value) in req.query.iter().filter(|(_, value)| !value.is_empty()) {
        asked |= page.set(name, value, MOST)?;
    }
    let customers: Vec<Stored<Customer>> = match asked {
        true => app.store.list_after(&Listing::All, page.skip(), page.size).await.map_err(stored)?,
        false => app.store.list_whole(&Listing::All).await.map_err(stored)?,
    };
    let customers: Vec<Customer> = customers.into_iter().map(|it| it.value).collect();
    let accounts = accounts(app, &customers).await?;
    let shown = customers.iter().zip(&accounts).map(|(it, account)| it.answer(account.budget.as_ref(), account.spend));
    Ok(Reply::json(StatusCode::OK, &shown.collect::<Vec<Answer>>()))
}

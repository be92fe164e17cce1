//! GET `/organization/list`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::entity::{Organization, OrganizationMember};
use store::{Listing, RecordId};

use crate::access::failed;
use crate::show;

/// All organizations for those who see everything, for others those that they are members of.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let query = |name| req.query_param(name).filter(|it| !it.is_empty());
    let (id, alias) = (query("org_id"), query("org_alias").map(str::to_lowercase));
    let manager = caller.manager();
    let mut organizations = if manager.sees_all() {
        match id {
            Some(id) => find(app, &[id.to_owned()]).await?,
            None => show::all::<Organization>(app, &Listing::All).await?,
        }
    } else {
        match manager.user_id {
            Some(user) => find(app, &own(app, user).await?).await?,
            None => Vec::new(),
        }
    };
    organizations.retain(|it| {
        let named = it.organization_alias.as_deref().unwrap_or_default().to_lowercase();
        id.is_none_or(|id| it.organization_id == id) && alias.as_ref().is_none_or(|part| named.contains(part))
    });
    Ok(Reply::json(StatusCode::OK, &show::wholes(app, &organizations).await?))
}

/// Ids of the organizations that a user is a member of.
async fn own(app: &App, user: &str) -> Result<Vec<String>, ApiError> {
    let listing = Listing::Of("USER", user.to_owned());
    let places = show::all::<OrganizationMember>(app, &listing).await?;
    Ok(places.into_iter().map(|it| it.organization_id).collect())
}

async fn find(app: &App, ids: &[String]) -> Result<Vec<Organization>, ApiError> {
    let records: Vec<RecordId> = ids.iter().map(RecordId::of::<Organization>).collect();
    let found = app.store.find_records(&records).await.map_err(failed)?;
    let mut organizations = Vec::new();
    for id in ids {
        organizations.extend(found.get::<Organization>(id).map_err(failed)?.map(|it| it.value));
    }
    Ok(organizations)
}

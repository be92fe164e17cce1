//! Teams that were deleted: GET `/team/list` and `/v2/team/list` with `status=deleted`.

use gateway::{ApiError, App, Caller};
use policy::entity::{Deleted, Team};
use store::Listing;

use crate::access::failed;

/// The deleted teams that the caller may see: those who see everything all of them, admins of organizations those that
/// were in these.
pub(crate) async fn visible(
    app: &App,
    caller: &Caller,
    user: Option<&str>,
    organization: Option<&str>,
) -> Result<Vec<Deleted<Team>>, ApiError> {
    if user.is_some() {
        let message = "Who belonged to a team is not kept when it is deleted.";
        return Err(ApiError::invalid(message).param("user_id"));
    }
    let manager = caller.manager();
    let of = |id: &str| Listing::Of("ORGANIZATION", id.to_owned());
    let listings: Vec<Listing> = match organization {
        Some(id) if manager.sees_all() || manager.organizations.iter().any(|own| own == id) => vec![of(id)],
        None if manager.sees_all() => vec![Listing::All],
        None if !manager.organizations.is_empty() => manager.organizations.iter().map(|id| of(id)).collect(),
        _ => return Err(ApiError::unauthorized("Only admin users can query deleted teams.")),
    };
    let mut teams = Vec::new();
    for listing in listings {
        let found = app.store.list_whole::<Deleted<Team>>(&listing).await.map_err(failed)?;
        teams.extend(found.into_iter().map(|it| it.value));
    }
    Ok(teams)
}

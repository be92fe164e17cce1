//! POST `/organization/member_add`.

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::{Member, OrganizationMember};
use store::{Listing, StoreError};

use crate::access::{failed, managed};
use crate::show;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let organization = managed(app, caller, gateway::required(&body, "organization_id")?).await?.value;
    let id = &organization.organization_id;
    let named = policy::organization::requested(&body)?;
    if named.is_empty() {
        return Err(ApiError::invalid("`member` is required.").param("member"));
    }
    let editor = gateway::editor(app, caller);
    let (mut users, mut members): (Vec<Answer>, Vec<OrganizationMember>) = (Vec::new(), Vec::new());
    for asked in named {
        let member = policy::organization::join(id, "", asked.role, &body, &editor)?;
        let user = gateway::enrol(app, caller, asked.user_id.as_deref(), asked.user_email.as_deref()).await?;
        let member = OrganizationMember { user_id: user.user_id.clone(), ..member };
        match app.store.create(&member).await {
            Ok(_) => {}
            Err(StoreError::Exists) => {
                let message = format!("User {} is a member of the organization already.", user.user_id);
                return Err(ApiError::invalid(message).param("member"));
            }
            Err(error) => return Err(failed(error)),
        }
        let teams = show::all::<Member>(app, &Listing::Of("USER", user.user_id.clone())).await?;
        let teams: Vec<String> = teams.into_iter().map(|it| it.team_id).collect();
        users.push(user.answer(gateway::account(app, &user).await?.spend, &teams));
        members.push(member);
    }
    app.forget_entities();
    let answer = Answer::new()
        .with("organization_id", id)
        .with("updated_users", &users)
        .with("updated_organization_memberships", &show::members(app, &members).await?);
    Ok(Reply::json(StatusCode::OK, &answer))
}

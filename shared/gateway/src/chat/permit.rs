//! Whether a call's caller may use the model that it asks for, and which deployments may serve it.

use http::StatusCode;
use policy::access::{self, Catalog, ModelDecision};
use policy::config::Deployment;
use policy::routing::{Group, find_group, region};
use policy::subject::Kind;

use super::ChatCall;
use super::party::Party;
use crate::{ApiError, App, Caller, Param};

/// Refuses whoever may not call models at all, and fallbacks that the caller names and may not use.
pub(super) fn permit(app: &App, call: &ChatCall, party: &Party) -> Result<(), ApiError> {
    let customer = party.subject().customer;
    if let Some(customer) = customer.filter(|it| it.blocked) {
        let message = format!("User blocked from making LLM API Calls. User={}", customer.user_id);
        return Err(ApiError { kind: "auth_error", ..ApiError::invalid(message) });
    }
    for fallback in call.extras.fallbacks.named() {
        allowed(app, party, &fallback.model)?;
    }
    Ok(())
}

/// The model group that a call of `asked` goes to, if its caller may use it.
pub(super) fn group<'a>(app: &'a App, call: &ChatCall, party: &Party, asked: &str) -> Result<Group<'a>, ApiError> {
    let model = allowed(app, party, asked)?;
    if let Some(group) = find(app, call, party, &model) {
        return Ok(group);
    }
    let of_tags = |group: &Group<'_>| group.candidates.iter().any(|it| serves_tags(party, it.deployment));
    if find_in_config(app, &call.caller, &model).is_some_and(|group| !of_tags(&group)) {
        let message = format!("Not allowed to access model due to tags configuration. Tried to access {asked}");
        return Err(ApiError { param: Param::Name("tags".to_owned()), ..ApiError::unauthorized(message) });
    }
    // A customer may be bound to a region, with a model of its own for where the one asked for is not served there.
    let customer = party.subject().customer.filter(|it| it.allowed_model_region.is_some());
    let Some(customer) = customer.filter(|_| find_in_config(app, &call.caller, &model).is_some()) else {
        return Err(unknown_model(asked));
    };
    let elsewhere = customer.default_model.as_deref().and_then(|model| find(app, call, party, model));
    elsewhere.ok_or_else(|| {
        let region = customer.allowed_model_region.as_deref().unwrap_or_default();
        ApiError::invalid(format!("No deployment of {asked} is in the customer's region, {region}.")).param("model")
    })
}

/// The name to route by, if everyone behind the call allows the model.
pub(super) fn allowed(app: &App, party: &Party, model: &str) -> Result<String, ApiError> {
    let decision = access::model(&party.subject(), model, implied_provider(model), &Catalog::of(&app.config));
    let (whose, kind) = match decision {
        ModelDecision::Allowed(routed) => return Ok(routed),
        ModelDecision::Denied(denier) => match denier {
            Kind::Team | Kind::TeamMember => ("team", "team_model_access_denied"),
            Kind::User => ("user", "user_model_access_denied"),
            Kind::Organization | Kind::OrganizationMember => ("organization", "org_model_access_denied"),
            Kind::EndUser => ("customer", "customer_model_access_denied"),
            Kind::Project => ("project", "project_model_access_denied"),
            Kind::Key | Kind::Tag | Kind::AccessGroup => ("key", "key_model_access_denied"),
        },
    };
    let message = format!("{whose} not allowed to access model. Tried to access {model}");
    Err(ApiError::new(StatusCode::FORBIDDEN, kind, message).param("model"))
}

/// The group of this name with the deployments that may serve the call; `None` when there are none.
pub(super) fn find<'a>(app: &'a App, call: &ChatCall, party: &Party, model: &str) -> Option<Group<'a>> {
    let mut group = find_in_config(app, &call.caller, model)?;
    if let Some(id) = &call.pinned {
        group.candidates.retain(|it| it.deployment.id == *id);
    }
    group.candidates.retain(|it| serves_tags(party, it.deployment));
    if let Some(allowed) = party.subject().customer.and_then(|it| it.allowed_model_region.as_deref()) {
        group.candidates.retain(|it| region(it.deployment).is_some_and(|own| own.eq_ignore_ascii_case(allowed)));
    }
    Some(group).filter(|it| !it.candidates.is_empty())
}

/// Whether every tag of the call that names deployments names this one.
fn serves_tags(party: &Party, deployment: &Deployment) -> bool {
    let named = |list: &[String]| list.iter().any(|it| *it == deployment.id || *it == deployment.model_name);
    party.subject().tags.iter().all(|tag| tag.models.is_empty() || named(&tag.models))
}

/// Whether calls of `model` may go to the deployment `id`.
pub(super) fn is_served_by(app: &App, caller: &Caller, model: &str, id: &str) -> bool {
    let group = find_in_config(app, caller, model);
    group.is_some_and(|it| it.candidates.iter().any(|it| it.deployment.id == id))
}

fn find_in_config<'a>(app: &'a App, caller: &Caller, model: &str) -> Option<Group<'a>> {
    let team = caller.key().and_then(|key| key.team_id.as_deref());
    let settings = &app.config.router_settings;
    find_group(model, &app.config.model_list, &settings.model_group_alias, implied_provider(model), team)
}

/// The provider that a bare model name implies.
pub(super) fn implied_provider(model: &str) -> Option<&'static str> {
    provider_transform::resolve(model, None, None).ok().map(|(provider, _)| provider.slug)
}

fn unknown_model(model: &str) -> ApiError {
    ApiError::invalid(format!(
        "Invalid model name passed in model={model}. Call `/v1/models` to view available models for your key."
    ))
}

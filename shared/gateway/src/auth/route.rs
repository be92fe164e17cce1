use policy::access::{Role, RouteCaller, RouteDecision, caller_address, is_inference, is_management, is_model_list};
use policy::config::Config;
use policy::entity::{OrganizationMember, Team};
use policy::key::Key;
use serde_json::{Map, Value};
use store::Listing;

use super::refusal::{detail, masked};
use super::{Caller, Identity, forbidden, rules};
use crate::{ApiError, App, Environment, Request, json_object};

/// Parts of the API that this process does not serve.
#[derive(Debug)]
pub(super) struct Disabled {
    management: bool,
    inference: bool,
}

impl Disabled {
    pub(super) fn new(config: &Config, env: &Environment) -> Self {
        let is_set = |name: &str| {
            let value = config.variable(name, &|name| env.get(name));
            value.is_some_and(|it| it.expose().trim().eq_ignore_ascii_case("true"))
        };
        Self { management: is_set("DISABLE_ADMIN_ENDPOINTS"), inference: is_set("DISABLE_LLM_API_ENDPOINTS") }
    }

    pub(super) fn permit(&self, path: &str) -> Result<(), ApiError> {
        if self.management && is_management(path) {
            return Err(detail("Management routes are disabled for this instance."));
        }
        if self.inference && is_inference(path) && !is_model_list(path) {
            return Err(detail("LLM API routes are disabled for this instance."));
        }
        Ok(())
    }
}

/// Refuses callers from addresses that are not in `allowed_ips`.
pub(super) fn permit_address(app: &App, req: &Request) -> Result<(), ApiError> {
    let settings = &app.config.general_settings;
    let Some(allowed) = &settings.allowed_ips else { return Ok(()) };
    // Several headers are one list; what is not text is nobody's address.
    let forwarded: Vec<&str> =
        req.headers.get_all("x-forwarded-for").iter().map(|it| it.to_str().unwrap_or("?")).collect();
    let forwarded = (settings.use_x_forwarded_for && !forwarded.is_empty()).then(|| forwarded.join(","));
    let address = caller_address(req.client_ip, forwarded.as_deref(), &settings.trusted_proxy_ranges);
    match address {
        Some(address) if allowed.contains(address) => Ok(()),
        _ => Err(forbidden("Access forbidden: IP address not allowed.")),
    }
}

/// Refuses a route that the caller may not call. Reads which organizations the caller administers, where that may
/// matter.
pub(super) async fn permit(app: &App, req: &Request, caller: &mut Caller) -> Result<(), ApiError> {
    let mut decision = decide(app, req, caller, caller.role);
    if !is_inference(&req.path) && !caller.is_admin() {
        caller.organizations = Box::pin(organizations(app, caller)).await?;
    }
    if decision == RouteDecision::AdminOnly
        && !caller.organizations.is_empty()
        && caller.role == Role::InternalUser
        && decide(app, req, caller, Role::OrgAdmin) == RouteDecision::Allowed
        && Box::pin(is_within(app, req, &caller.organizations)).await?
    {
        decision = RouteDecision::Allowed;
    }
    if let Some(error) = refusal(decision, req, caller) {
        return Err(error);
    }
    if caller.role == Role::ProxyAdminViewer && req.path.trim_end_matches('/') == "/user/update" {
        permit_own_address(&json_object(app, req)?, caller)?;
    }
    Ok(())
}

fn decide(app: &App, req: &Request, caller: &Caller, role: Role) -> RouteDecision {
    let nobody = Key::default();
    let route_caller = match &caller.identity {
        Identity::Master => RouteCaller::Master,
        Identity::Key(known) | Identity::Token(known) => RouteCaller::Key(&known.key, role),
        // Where no master key is set, anyone is what a key without an owner is.
        Identity::Anonymous => RouteCaller::Key(&nobody, role),
    };
    policy::access::route(req.method.as_str(), &req.path, route_caller, &rules(app))
}

/// The organizations that the caller's user administers.
async fn organizations(app: &App, caller: &Caller) -> Result<Vec<String>, ApiError> {
    let Some(user) = caller.known().and_then(|it| it.key.user_id.clone()) else { return Ok(Vec::new()) };
    let listing = Listing::Of("USER", user);
    let places = app.store.list_whole::<OrganizationMember>(&listing).await.map_err(ApiError::unavailable)?;
    let places = places.into_iter().map(|it| it.value).filter(|it| it.user_role == Role::OrgAdmin);
    Ok(places.map(|it| it.organization_id).collect())
}

/// Whether a request names organizations, or teams of organizations, and none but these.
async fn is_within(app: &App, req: &Request, own: &[String]) -> Result<bool, ApiError> {
    let body = json_object(app, req)?;
    let names = |fields: &[&str]| -> Option<Vec<String>> {
        let in_query = req.query.iter().chain(&req.path_params).filter(|(name, _)| fields.contains(&name.as_str()));
        let mut found: Vec<String> = in_query.flat_map(|(_, it)| it.split(',').map(str::to_owned)).collect();
        for field in fields {
            match body.get(*field) {
                None | Some(Value::Null) => {}
                Some(Value::String(name)) => found.push(name.clone()),
                Some(Value::Array(names)) => {
                    for name in names {
                        found.push(name.as_str()?.to_owned());
                    }
                }
                // What cannot be read here may still mean something to the handler.
                Some(_) => return None,
            }
        }
        Some(found)
    };
    let organizations = names(&["organization_id", "organization_ids", "organizations", "org_id"]);
    let teams = names(&["team_id", "team_ids", "teams"]);
    let (Some(mut organizations), Some(teams)) = (organizations, teams) else { return Ok(false) };
    for team in teams {
        let team = app.store.find::<Team>(&team).await.map_err(ApiError::unavailable)?;
        // One that is not there, or is about to be made, is nobody's.
        let Some(team) = team else { continue };
        match team.value.organization_id {
            Some(organization) => organizations.push(organization),
            None => return Ok(false),
        }
    }
    Ok(!organizations.is_empty() && organizations.iter().all(|it| own.contains(it)))
}

/// A viewer changes its own address and password, and nothing else.
fn permit_own_address(body: &Map<String, Value>, caller: &Caller) -> Result<(), ApiError> {
    let is_own = body.get("user_id").and_then(Value::as_str).is_some_and(|it| caller.user_id() == Some(it));
    let other = body.keys().find(|it| !matches!(it.as_str(), "user_id" | "user_email" | "password"));
    match other {
        None if is_own => Ok(()),
        None => Err(forbidden("A viewer may update its own user alone.")),
        Some(field) => {
            let message = format!("A viewer may update its user_email and password alone, not {field}.");
            Err(forbidden(message))
        }
    }
}

fn refusal(decision: RouteDecision, req: &Request, caller: &Caller) -> Option<ApiError> {
    let path = &req.path;
    let error = match decision {
        RouteDecision::Allowed => return None,
        RouteDecision::NotInKeyRoutes => {
            detail(format!("Virtual key is not allowed to call this route. Tried to call route: {path}"))
        }
        RouteDecision::NotInGatewayRoutes => {
            detail(format!("This gateway's allowed_routes do not hold this route. Tried to call route: {path}"))
        }
        RouteDecision::NoInference => detail(format!("A viewer may not call models. Tried to call route: {path}")),
        RouteDecision::AdminOnly | RouteDecision::MasterOnly => {
            let who = caller.user_id().map_or_else(|| "unknown".to_owned(), masked);
            let role = caller.role.as_str();
            ApiError::unauthorized(format!(
                "Authentication Error, Only proxy admin can call this route. Route={path}. Your role={role}. Your user_id={who}"
            ))
        }
    };
    Some(error)
}

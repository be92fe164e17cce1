//! What the bearer of a token may call by the rules for tokens, beside the rules for everybody.

use super::Principal;
use crate::access::{Role, covers};
use crate::config::{JwtSettings, RolePermission};

/// Why a bearer may not make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The token belongs to no admin, team or user, and `enforce_rbac` is set.
    NoRole,
    /// `role_permissions` do not give the role this route.
    RoleRoute(Role),
    /// `role_permissions` do not give the role this model.
    RoleModel(Role),
    /// No scope of the token holds the route.
    ScopeRoute,
    /// No scope of the token holds the model.
    ScopeModel,
    /// `admin_allowed_routes` do not hold the route.
    AdminRoute,
    /// `team_allowed_routes` do not hold the route.
    TeamRoute,
}

/// The rules of `enforce_rbac` and `role_permissions`.
///
/// # Errors
/// [`Denied`].
pub fn permit_role(
    settings: &JwtSettings,
    permissions: &[RolePermission],
    principal: &Principal,
    path: &str,
    model: Option<&str>,
) -> Result<(), Denied> {
    if !settings.enforce_rbac {
        return Ok(());
    }
    let role = principal.kind.ok_or(Denied::NoRole)?;
    let Some(permission) = permissions.iter().find(|it| it.role == role) else { return Ok(()) };
    if let (Some(models), Some(model)) = (&permission.models, model)
        && !models.iter().any(|it| it == model)
    {
        return Err(Denied::RoleModel(role));
    }
    match &permission.routes {
        Some(routes) if !covers(routes, path) => Err(Denied::RoleRoute(role)),
        _ => Ok(()),
    }
}

/// The rules of `enforce_scope_based_access` and `scope_mappings`.
///
/// # Errors
/// [`Denied`].
pub fn permit_model(
    settings: &JwtSettings,
    principal: &Principal,
    path: &str,
    model: Option<&str>,
) -> Result<(), Denied> {
    if !settings.enforce_scope_based_access || settings.scope_mappings.is_empty() {
        return Ok(());
    }
    let own = || settings.scope_mappings.iter().filter(|it| principal.scopes.contains(&it.scope));
    if let Some(model) = model
        && !own().any(|it| it.models.iter().any(|it| it == model))
    {
        return Err(Denied::ScopeModel);
    }
    let restricted = own().next().is_some() && !own().any(|it| it.routes.is_empty() || covers(&it.routes, path));
    if restricted { Err(Denied::ScopeRoute) } else { Ok(()) }
}

/// The rules of `admin_allowed_routes` for admins, and of `team_allowed_routes` for those who call as a team: for a team
/// of its own every route, for a user in a team the routes of inference, since the user's role decides the others.
///
/// # Errors
/// [`Denied`].
pub fn permit_route(settings: &JwtSettings, principal: &Principal, path: &str, in_team: bool) -> Result<(), Denied> {
    if principal.is_admin() {
        return if covers(&settings.admin_allowed_routes, path) { Ok(()) } else { Err(Denied::AdminRoute) };
    }
    let bound = in_team && (principal.user_id.is_none() || crate::access::is_inference(path));
    if bound && !covers(&settings.team_allowed_routes, path) { Err(Denied::TeamRoute) } else { Ok(()) }
}

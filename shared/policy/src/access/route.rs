//! Whether a caller may call a route.

use super::Role;
use super::table::{GRANTS, Group, LLM_API, MANAGEMENT, MASTER_ONLY, NAMED, PUBLIC, SPEND_PERMISSION};
use crate::config::GeneralSettings;
use crate::key::Key;

/// The operator's rules about routes, from `general_settings`.
#[derive(Debug, Clone, Copy, Default)]
pub struct RouteRules<'a> {
    /// `public_routes`
    pub public: &'a [String],
    /// `admin_only_routes`
    pub admin_only: &'a [String],
    /// `allowed_routes`; empty allows every route.
    pub allowed: &'a [String],
}

impl<'a> From<&'a GeneralSettings> for RouteRules<'a> {
    fn from(settings: &'a GeneralSettings) -> Self {
        Self {
            public: &settings.public_routes,
            admin_only: &settings.admin_only_routes,
            allowed: &settings.allowed_routes,
        }
    }
}

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub enum RouteCaller<'a> {
    /// The master key.
    Master,
    /// A virtual key, with the role of its user.
    Key(&'a Key, Role),
    /// Someone without a key, where none is needed.
    Anonymous(Role),
}

/// Whether a caller may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteDecision {
    /// It may.
    Allowed,
    /// The key's `allowed_routes` do not hold the route.
    NotInKeyRoutes,
    /// The operator's `allowed_routes` do not hold the route.
    NotInGatewayRoutes,
    /// The role may not call the route.
    AdminOnly,
    /// The role may look but not infer.
    NoInference,
    /// Only the master key itself may call the route.
    MasterOnly,
}

/// Whether `path` needs no key. What opens a route opens nothing below or beside it.
#[must_use]
pub fn is_public(path: &str, rules: &RouteRules<'_>) -> bool {
    let path = trim(path);
    PUBLIC.iter().any(|pattern| fits(pattern, path))
        || rules.public.iter().any(|entry| match entry.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => group_fits(entry, path).unwrap_or_else(|| fits(trim(entry), path)),
        })
}

/// Whether `path` is inference, whatever its spelling.
#[must_use]
pub fn is_inference(path: &str) -> bool {
    in_groups(LLM_API, trim(path))
}

/// Whether `path` manages something: keys, users, teams, models, settings.
#[must_use]
pub fn is_management(path: &str) -> bool {
    in_groups(&[MANAGEMENT], trim(path))
}

/// Whether `path` only tells which models there are, though it counts as inference.
#[must_use]
pub fn is_model_list(path: &str) -> bool {
    in_groups(READABLE, trim(path))
}

/// Whether `path` tells about the caller and the models.
#[must_use]
pub fn is_info(path: &str) -> bool {
    entry_fits("info_routes", trim(path))
}

/// Whether a list of routes (paths, beginnings of paths, wildcards, names of groups) holds `path`.
#[must_use]
pub fn covers(entries: &[String], path: &str) -> bool {
    let path = trim(path);
    entries.iter().any(|entry| entry_fits(entry, path))
}

/// Whether `caller` may call `path` with `method`.
#[must_use]
pub fn route(method: &str, path: &str, caller: RouteCaller<'_>, rules: &RouteRules<'_>) -> RouteDecision {
    let path = trim(path);
    let (key, role) = match caller {
        RouteCaller::Master => return RouteDecision::Allowed,
        RouteCaller::Key(key, role) => (Some(key), role),
        RouteCaller::Anonymous(role) => (None, role),
    };
    let own = key.map(|key| key.allowed_routes.as_slice()).unwrap_or_default();
    if !own.is_empty() && !own.iter().any(|entry| entry_fits(entry, path)) {
        return RouteDecision::NotInKeyRoutes;
    }
    if MASTER_ONLY.iter().any(|pattern| fits(pattern, path)) {
        return RouteDecision::MasterOnly;
    }
    if role == Role::ProxyAdmin {
        return RouteDecision::Allowed;
    }
    if rules.admin_only.iter().any(|entry| entry_fits(entry, path)) {
        return RouteDecision::AdminOnly;
    }
    if !rules.allowed.is_empty() && !rules.allowed.iter().any(|entry| entry_fits(entry, path)) {
        return RouteDecision::NotInGatewayRoutes;
    }
    let Some(grant) = GRANTS.iter().find(|grant| grant.role == role) else { return RouteDecision::AdminOnly };
    let read = matches!(method, "GET" | "HEAD" | "OPTIONS");
    let inference = in_groups(LLM_API, path);
    let spend = key.and_then(|key| key.permissions.get("get_spend_routes")).is_some_and(|flag| flag == true);
    if (inference && grant.inference)
        || (grant.reads && read && (!inference || in_groups(READABLE, path)))
        || in_groups(grant.groups, path)
        || (spend && in_groups(SPEND_PERMISSION, path))
    {
        RouteDecision::Allowed
    } else if inference {
        RouteDecision::NoInference
    } else {
        RouteDecision::AdminOnly
    }
}

/// Routes that count as inference for keys, but only tell which models there are.
const READABLE: &[Group] = &[Group { name: "model_lists", patterns: &["/models/**", "/v1/models/**"] }];

/// `/v1/models/` is `/v1/models`.
fn trim(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        trimmed => trimmed,
    }
}

/// Whether an entry of a list of routes covers `path`: a group's name, a path or the beginning of one, or a wildcard.
fn entry_fits(entry: &str, path: &str) -> bool {
    if let Some(fits) = group_fits(entry, path) {
        return fits;
    }
    if let Some(prefix) = entry.strip_suffix('*') {
        return path.starts_with(prefix) || operation(path).is_some_and(|short| short.starts_with(prefix));
    }
    let entry = trim(entry);
    let below = |path: &str| {
        path.strip_prefix(entry).is_some_and(|rest| rest.is_empty() || (entry != "/" && rest.starts_with('/')))
    };
    below(path) || fits(entry, path) || same_operation(entry, path)
}

/// Whether `path` is in the group that an entry names, if it names one: `openai_routes`, or as LiteLLM's own lists write
/// it, `LiteLLMRoutes.openai_routes`.
fn group_fits(entry: &str, path: &str) -> Option<bool> {
    let name = entry.strip_prefix("LiteLLMRoutes.").unwrap_or(entry);
    if name == "llm_api_routes" {
        return Some(in_groups(LLM_API, path));
    }
    NAMED.iter().find(|group| group.name == name).map(|group| in_groups(&[*group], path))
}

/// Whether two paths are spellings of one inference operation.
fn same_operation(entry: &str, path: &str) -> bool {
    let short = |path| operation(path).unwrap_or(path);
    in_groups(LLM_API, path) && short(entry) == short(path)
}

fn in_groups(groups: &[Group], path: &str) -> bool {
    let any = |path: &str| groups.iter().any(|group| group.patterns.iter().any(|pattern| fits(pattern, path)));
    any(path) || (operation(path).is_some_and(|short| in_llm_groups(groups, short)))
}

/// Only inference has spellings: `/v1/key/generate` is not `/key/generate`.
fn in_llm_groups(groups: &[Group], short: &str) -> bool {
    let llm = groups.iter().filter(|group| LLM_API.contains(group));
    llm.into_iter().any(|group| group.patterns.iter().any(|pattern| fits(pattern, short)))
}

/// `/chat/completions` for each of its spellings; `None` for a path that is not spelt in one of these ways.
fn operation(path: &str) -> Option<&str> {
    const OPERATIONS: &[&str] = &[
        "/audio/speech",
        "/audio/transcriptions",
        "/chat/completions",
        "/completions",
        "/embeddings",
        "/images/edits",
        "/images/generations",
    ];
    if let Some(rest) = path.strip_prefix("/engines/").or_else(|| path.strip_prefix("/openai/deployments/")) {
        let ends = |operation: &&&str| rest.strip_suffix(**operation).is_some_and(|model| !model.is_empty());
        return OPERATIONS.iter().find(ends).copied();
    }
    let rest = path.strip_prefix("/openai/v1").or_else(|| path.strip_prefix("/v1"))?;
    rest.starts_with('/').then_some(rest)
}

/// Whether `path` fits a pattern of the table.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, open) = match pattern.strip_suffix("/**") {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut segments = path.split('/');
    for part in pattern.split('/') {
        match (part, segments.next()) {
            (_, None) => return false,
            ("{path}", Some(segment)) => return !segment.is_empty(),
            (part, Some(segment)) if part.starts_with('{') => {
                if segment.is_empty() {
                    return false;
                }
            }
            (part, Some(segment)) => {
                if part != segment {
                    return false;
                }
            }
        }
    }
    open || segments.next().is_none()
}

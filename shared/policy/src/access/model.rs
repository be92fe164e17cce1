//! Which models a key may use.

use std::collections::BTreeMap;

use super::glob;
use crate::config::{Config, Deployment};
use crate::key::Key;
use crate::routing::GroupAlias;

/// The models that there are.
#[derive(Debug, Clone, Copy)]
pub struct Catalog<'a> {
    /// Every deployment.
    pub deployments: &'a [Deployment],
    /// `router_settings.model_group_alias`.
    pub aliases: &'a BTreeMap<String, GroupAlias>,
    /// The models of the key's team; `None` when the key has no team, or none that is known.
    pub team_models: Option<&'a [String]>,
}

/// Whether a key may use a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelDecision {
    /// It may: this is the name to route by, the key's alias resolved.
    Allowed(String),
    /// It may not.
    Denied,
}

impl<'a> Catalog<'a> {
    /// The models of a configuration, for a key without a team.
    #[must_use]
    pub fn of(config: &'a Config) -> Self {
        Self { deployments: &config.model_list, aliases: &config.router_settings.model_group_alias, team_models: None }
    }

    /// Whether one of the access groups in `names` holds `model`.
    fn in_access_group(&self, model: &str, names: &[String]) -> bool {
        let holds =
            |deployment: &&Deployment| deployment.model_name == model || glob::matches(&deployment.model_name, model);
        let mut groups = self.deployments.iter().filter(holds).flat_map(Deployment::access_groups);
        groups.any(|group| names.iter().any(|name| name == group))
    }
}

/// Whether `key` may use the model that the request names.
///
/// `provider` is the provider that the name implies (`openai` for `gpt-4o`), so that `openai/*` covers it.
#[must_use]
pub fn model(key: &Key, requested: &str, provider: Option<&str>, catalog: &Catalog<'_>) -> ModelDecision {
    let routed = key.aliases.get(requested).map_or(requested, String::as_str);
    let mut names = vec![requested, routed];
    names.extend(catalog.aliases.get(routed).map(|alias| alias.model.as_str()));
    names.extend(catalog.deployments.iter().filter(|it| it.id == routed).map(|it| it.model_name.as_str()));
    if names.iter().any(|name| is_listed(&key.models, name, provider, catalog)) {
        ModelDecision::Allowed(routed.to_owned())
    } else {
        ModelDecision::Denied
    }
}

/// The names of the models that `key` may use, sorted: groups, shown aliases, and the key's own aliases. Groups with
/// `*` are in it.
#[must_use]
pub fn listed_models(key: &Key, catalog: &Catalog<'_>) -> Vec<String> {
    let groups = catalog.deployments.iter().filter(|it| it.team().is_none() || it.team() == key.team_id.as_deref());
    let shown = catalog.aliases.iter().filter(|(_, alias)| !alias.hidden).map(|(name, _)| name);
    let mut names: Vec<String> =
        groups.map(|it| &it.model_name).chain(shown).chain(key.aliases.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names.retain(|name| model(key, name, None, catalog) != ModelDecision::Denied);
    names
}

/// Whether an allow-list covers `name`. An empty list covers everything.
fn is_listed(list: &[String], name: &str, provider: Option<&str>, catalog: &Catalog<'_>) -> bool {
    if list.is_empty() || list.iter().any(|entry| entry == "*" || entry == "all-proxy-models") {
        return true;
    }
    if let Some(team) = catalog.team_models
        && list.iter().any(|entry| entry == "all-team-models")
        // A team's list that names itself would never end.
        && !team.iter().any(|entry| entry == "all-team-models")
        && is_listed(team, name, provider, catalog)
    {
        return true;
    }
    let full = provider.map(|provider| format!("{provider}/{name}"));
    let covers = |entry: &str| {
        entry == name
            || (entry.contains('*')
                && (glob::matches(entry, name) || full.as_deref().is_some_and(|full| glob::matches(entry, full))))
    };
    let special = |entry: &str| matches!(entry, "all-team-models" | "no-default-models");
    list.iter().any(|entry| !special(entry) && covers(entry)) || catalog.in_access_group(name, list)
}

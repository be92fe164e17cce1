//! Which models a caller may use: everyone behind the key must allow it.

use std::collections::BTreeMap;

use super::glob;
use crate::config::{Config, Deployment};
use crate::routing::GroupAlias;
use crate::subject::{Kind, Subject};

/// The models that there are.
#[derive(Debug, Clone, Copy)]
pub struct Catalog<'a> {
    /// Every deployment.
    pub deployments: &'a [Deployment],
    /// `router_settings.model_group_alias`.
    pub aliases: &'a BTreeMap<String, GroupAlias>,
}

/// Whether a caller may use a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelDecision {
    /// It may: this is the name to route by, the team's and the key's aliases resolved.
    Allowed(String),
    /// Someone's list of models does not hold it.
    Denied(Kind),
}

impl<'a> Catalog<'a> {
    /// The models of a configuration.
    #[must_use]
    pub fn of(config: &'a Config) -> Self {
        Self { deployments: &config.model_list, aliases: &config.router_settings.model_group_alias }
    }

    /// Whether one of the access groups in `names` holds `model`.
    fn in_access_group(&self, model: &str, names: &[String]) -> bool {
        let holds =
            |deployment: &&Deployment| deployment.model_name == model || glob::matches(&deployment.model_name, model);
        let mut groups = self.deployments.iter().filter(holds).flat_map(Deployment::access_groups);
        groups.any(|group| names.iter().any(|name| name == group))
    }
}

/// Whether `subject` may use the model that the request names.
///
/// `provider` is the provider that the name implies (`openai` for `gpt-4o`), so that `openai/*` covers it. Asked in
/// this order: the key, its team, the user's place in the team, the user (for keys of the user's own), the
/// organization, the customer, the project.
#[must_use]
pub fn model(subject: &Subject<'_>, requested: &str, provider: Option<&str>, catalog: &Catalog<'_>) -> ModelDecision {
    let (key, entities) = (subject.key, subject.entities);
    let team = entities.team.as_ref();
    let of_team = team.and_then(|team| team.model_aliases.get(requested));
    let first = of_team.map_or(requested, String::as_str);
    let routed = key.aliases.get(first).map_or(first, String::as_str);
    let mut names = vec![requested, first, routed];
    names.extend(catalog.aliases.get(routed).map(|alias| alias.model.as_str()));
    names.extend(catalog.deployments.iter().filter(|it| it.id == routed).map(|it| it.model_name.as_str()));
    let asked = Asked { names: &names, provider, catalog };
    // Whoever gave the team another name for a model allowed it.
    let is_given = of_team.is_some();
    let lists: [(Kind, Option<&Vec<String>>); 7] = [
        (Kind::Key, Some(&key.models).filter(|_| !is_given)),
        (Kind::Team, team.map(|it| &it.models).filter(|_| !is_given)),
        (Kind::TeamMember, entities.member.as_ref().map(|it| &it.allowed_models)),
        (Kind::User, entities.user.as_ref().map(|it| &it.models).filter(|_| subject.is_personal())),
        (Kind::Organization, entities.organization.as_ref().map(|it| &it.models)),
        (Kind::EndUser, subject.customer.map(|it| &it.models)),
        (Kind::Project, entities.project.as_ref().map(|it| &it.models)),
    ];
    let covered = |kind, list: &[String]| {
        let team = team.filter(|_| kind == Kind::Key).map(|it| it.models.as_slice());
        asked.is_covered(list, team)
    };
    // The access groups that the key was given go before what its team allows.
    let rescued = |kind| kind == Kind::Team && !entities.key_groups.is_empty() && covered(kind, &entities.key_groups);
    let mut denied = lists.into_iter().filter_map(|(kind, list)| Some((kind, list?)));
    match denied.find(|(kind, list)| !covered(*kind, list) && !rescued(*kind)) {
        Some((kind, _)) => ModelDecision::Denied(kind),
        None => ModelDecision::Allowed(routed.to_owned()),
    }
}

/// Whether a list of models, such as a team's, covers the model of this name; an empty one covers every model.
#[must_use]
pub fn lists(list: &[String], name: &str, provider: Option<&str>, catalog: &Catalog<'_>) -> bool {
    let alias = catalog.aliases.get(name).map(|alias| alias.model.as_str());
    let names: Vec<&str> = [Some(name), alias].into_iter().flatten().collect();
    Asked { names: &names, provider, catalog }.is_covered(list, None)
}

/// The names of the models that `subject` may use, sorted: groups, shown aliases, and the team's and the key's own
/// aliases. Groups with `*` are in it.
#[must_use]
pub fn listed_models(subject: &Subject<'_>, catalog: &Catalog<'_>) -> Vec<String> {
    let (key, team) = (subject.key, subject.entities.team.as_ref());
    let groups = catalog.deployments.iter().filter(|it| it.team().is_none() || it.team() == key.team_id.as_deref());
    let shown = catalog.aliases.iter().filter(|(_, alias)| !alias.hidden).map(|(name, _)| name);
    let of_team = team.into_iter().flat_map(|it| it.model_aliases.keys());
    let mut names: Vec<String> =
        groups.map(|it| &it.model_name).chain(shown).chain(of_team).chain(key.aliases.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names.retain(|name| matches!(model(subject, name, None, catalog), ModelDecision::Allowed(_)));
    names
}

/// A model that is asked for.
struct Asked<'a> {
    names: &'a [&'a str],
    provider: Option<&'a str>,
    catalog: &'a Catalog<'a>,
}

impl Asked<'_> {
    /// Whether an allow-list covers any of the names. An empty list covers everything.
    fn is_covered(&self, list: &[String], team: Option<&[String]>) -> bool {
        list.is_empty() || self.names.iter().any(|name| self.is_listed(list, name, team))
    }

    fn is_listed(&self, list: &[String], name: &str, team: Option<&[String]>) -> bool {
        if list.is_empty() || list.iter().any(|entry| entry == "*" || entry == "all-proxy-models") {
            return true;
        }
        if let Some(team) = team
            && list.iter().any(|entry| entry == "all-team-models")
            && self.is_listed(team, name, None)
        {
            return true;
        }
        let full = self.provider.map(|provider| format!("{provider}/{name}"));
        let covers = |entry: &str| {
            entry == name
                || (entry.contains('*')
                    && (glob::matches(entry, name) || full.as_deref().is_some_and(|full| glob::matches(entry, full))))
        };
        let special = |entry: &str| matches!(entry, "all-team-models" | "no-default-models");
        list.iter().any(|entry| !special(entry) && covers(entry)) || self.catalog.in_access_group(name, list)
    }
}

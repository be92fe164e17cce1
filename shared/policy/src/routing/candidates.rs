//! Which deployments may answer a request, and which one does.

use std::collections::BTreeMap;

use super::GroupAlias;
use crate::access::glob;
use crate::config::Deployment;

/// A deployment that may answer.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The deployment.
    pub deployment: &'a Deployment,
    /// The provider's model with its prefix: the deployment's, its `*` filled from the request.
    pub model: String,
}

/// Everyone who may answer a request for a model.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// The group's name: the alias resolved, or the request's own name where a pattern fits.
    pub name: String,
    /// Its deployments, paused ones left out; not empty.
    pub candidates: Vec<Candidate<'a>>,
}

/// What is known when a deployment is chosen.
#[derive(Clone, Copy)]
pub struct Progress<'a> {
    /// Whether the deployment with this id rests.
    pub resting: &'a dyn Fn(&str) -> bool,
    /// Ids of deployments that have refused this very request for good: the others are asked first.
    pub refused: &'a [String],
    /// Use only deployments of a higher order than this.
    pub above_order: Option<u32>,
}

/// The choice of a deployment.
#[derive(Debug, Clone)]
pub enum Choice<'a> {
    /// This one.
    Deployment(Candidate<'a>),
    /// None: all of them rest. Their ids.
    AllResting(Vec<String>),
    /// None: no deployment has a higher order.
    NoHigherOrder,
}

/// Finds who may answer a request for `model`.
///
/// In this order: a deployment's id, an alias, a group's name, the most literal name with `*` that fits (also with the
/// provider that the name implies), a deployment's own `litellm_params.model`. `None` when there is nobody.
#[must_use]
pub fn find_group<'a>(
    model: &str,
    deployments: &'a [Deployment],
    aliases: &BTreeMap<String, GroupAlias>,
    provider: Option<&str>,
    team: Option<&str>,
) -> Option<Group<'a>> {
    let open = || deployments.iter().filter(|it| !it.is_blocked() && it.team().is_none_or(|own| Some(own) == team));
    let group = |name: &str, candidates: Vec<Candidate<'a>>| {
        (!candidates.is_empty()).then(|| Group { name: name.to_owned(), candidates })
    };
    let plain = |deployment: &'a Deployment| Candidate { deployment, model: deployment.model.clone() };

    if let Some(exact) = open().find(|it| it.id == model) {
        return group(&exact.model_name, vec![plain(exact)]);
    }
    let name = aliases.get(model).map_or(model, |alias| alias.model.as_str());
    let own_team = |it: &&Deployment| it.team().is_some() && it.info("team_public_model_name") == Some(name);
    group(name, open().filter(|it| it.model_name == name || own_team(it)).map(plain).collect())
        .or_else(|| group(name, by_pattern(name, open())))
        .or_else(|| provider.and_then(|provider| group(name, by_pattern(&format!("{provider}/{name}"), open()))))
        .or_else(|| group(name, open().filter(|it| it.model == name).map(plain).collect()))
}

/// The deployments of the most literal name that fits.
fn by_pattern<'a>(name: &str, deployments: impl Iterator<Item = &'a Deployment>) -> Vec<Candidate<'a>> {
    let literal = |pattern: &str| pattern.chars().filter(|letter| *letter != '*').count();
    let fitting: Vec<(&'a Deployment, Vec<&str>)> = deployments
        .filter(|it| it.model_name.contains('*'))
        .filter_map(|it| glob::captures(&it.model_name, name).map(|captures| (it, captures)))
        .collect();
    let best = fitting.iter().map(|(it, _)| it.model_name.as_str()).max_by_key(|pattern| (literal(pattern), *pattern));
    let best = best.map(str::to_owned);
    fitting
        .into_iter()
        .filter(|(it, _)| Some(&it.model_name) == best.as_ref())
        .map(|(deployment, captures)| Candidate { deployment, model: fill(&deployment.model, &captures, name) })
        .collect()
}

/// Puts what each `*` stood for into `model`; where their numbers differ, the request's name is the model.
fn fill(model: &str, captures: &[&str], requested: &str) -> String {
    let holes = model.matches('*').count();
    if holes == 0 {
        return model.to_owned();
    }
    if holes != captures.len() {
        return requested.to_owned();
    }
    let mut filled = String::new();
    let mut captures = captures.iter();
    for (index, literal) in model.split('*').enumerate() {
        if index > 0 {
            filled.push_str(captures.next().copied().unwrap_or_default());
        }
        filled.push_str(literal);
    }
    filled
}

/// Chooses one of `group` by `simple-shuffle`: at random, in proportion to `weight`, else `rpm`, else `tpm`, whichever
/// the first of them is that any candidate has. `random` is at least 0 and below 1.
#[must_use]
pub fn choose<'a>(group: &Group<'a>, progress: &Progress<'_>, random: f64) -> Choice<'a> {
    let order = |it: &Candidate<'_>| it.deployment.settings.order;
    let above = |it: &&Candidate<'_>| progress.above_order.is_none_or(|last| order(it).is_some_and(|own| own > last));
    let level: Vec<&Candidate<'a>> = group.candidates.iter().filter(above).collect();
    if level.is_empty() {
        return Choice::NoHigherOrder;
    }
    let awake: Vec<&Candidate<'a>> = level.into_iter().filter(|it| !(progress.resting)(&it.deployment.id)).collect();
    // Deployments without an order are as good as those of the lowest.
    let lowest = awake.iter().filter_map(|it| order(it)).min();
    let first: Vec<&Candidate<'a>> = awake.into_iter().filter(|it| lowest.is_none() || order(it) == lowest).collect();
    let fresh: Vec<&Candidate<'a>> =
        first.iter().copied().filter(|it| !progress.refused.contains(&it.deployment.id)).collect();
    let pool = if fresh.is_empty() { first } else { fresh };
    match shuffle(&pool, random) {
        Some(candidate) => Choice::Deployment(candidate.clone()),
        None => Choice::AllResting(group.candidates.iter().map(|it| it.deployment.id.clone()).collect()),
    }
}

/// The next order of a group above `current`, to fall back to within the group.
#[must_use]
pub fn next_order(group: &Group<'_>, current: Option<u32>) -> Option<u32> {
    let orders = group.candidates.iter().filter_map(|it| it.deployment.settings.order);
    orders.filter(|order| current.is_some_and(|current| *order > current)).min()
}

fn shuffle<'a, 'b>(pool: &[&'b Candidate<'a>], random: f64) -> Option<&'b Candidate<'a>> {
    let metrics: [fn(&Candidate<'_>) -> Option<f64>; 3] =
        [|it| it.deployment.settings.weight, |it| it.deployment.settings.rpm, |it| it.deployment.settings.tpm];
    let weights = metrics.iter().find_map(|metric| {
        let weights: Vec<f64> = pool.iter().map(|it| metric(it).unwrap_or(0.0)).collect();
        (weights.iter().sum::<f64>() > 0.0).then_some(weights)
    });
    let weights = weights.unwrap_or_else(|| vec![1.0; pool.len()]);
    let mut left = random * weights.iter().sum::<f64>();
    let weighted = pool.iter().zip(&weights).filter(|(_, weight)| **weight > 0.0);
    let mut last = None;
    for (candidate, weight) in weighted {
        last = Some(*candidate);
        left -= weight;
        if left < 0.0 {
            break;
        }
    }
    last
}

//! Where to go when a model group has failed.

use super::{FailureClass, Fallback, Fallbacks, Rules};

/// The fallbacks that a request brings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClientFallbacks {
    /// `fallbacks`: they go before every configured one.
    pub list: Option<Vec<Fallback>>,
    /// `context_window_fallbacks`
    pub context_window: Option<Fallbacks>,
    /// `content_policy_fallbacks`
    pub content_policy: Option<Fallbacks>,
    /// `disable_fallbacks`
    pub disabled: bool,
}

impl ClientFallbacks {
    /// Every fallback that the client names.
    pub fn named(&self) -> impl Iterator<Item = &Fallback> {
        let tables = [&self.context_window, &self.content_policy].into_iter().flatten();
        self.list.iter().flatten().chain(tables.flat_map(Fallbacks::iter).flat_map(|(_, targets)| targets))
    }

    /// The same, to be changed.
    pub fn named_mut(&mut self) -> impl Iterator<Item = &mut Fallback> {
        let tables = [&mut self.context_window, &mut self.content_policy].into_iter().flatten();
        self.list.iter_mut().flatten().chain(tables.flat_map(Fallbacks::targets_mut))
    }
}

/// What is known when a group has failed.
#[derive(Debug, Clone, Copy)]
pub struct FallbackAsk<'a> {
    /// The group that failed.
    pub group: &'a str,
    /// How.
    pub class: FailureClass,
    /// What the request says.
    pub client: &'a ClientFallbacks,
    /// Fallbacks already done.
    pub depth: u32,
    /// The groups that were tried, the failed one included.
    pub tried: &'a [String],
}

/// The fallbacks of one request, in the order in which they are tried: those of a group that failed go before those
/// that wait already, so that every one has its turn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FallbackPlan {
    waiting: Vec<(Fallback, u32)>,
    tried: Vec<String>,
}

impl FallbackPlan {
    /// Notes that `group` has failed, as a fallback of `depth` (0 for the request's own group).
    pub fn failed(&mut self, rules: &Rules, client: &ClientFallbacks, group: &str, class: FailureClass, depth: u32) {
        self.tried.push(group.to_owned());
        let targets = fallback_targets(rules, &FallbackAsk { group, class, client, depth, tried: &self.tried });
        // The next one is the last of the list.
        self.waiting.extend(targets.into_iter().rev().map(|target| (target, depth + 1)));
    }

    /// The next group to try, and its depth.
    pub fn next_target(&mut self) -> Option<(Fallback, u32)> {
        while let Some((target, depth)) = self.waiting.pop() {
            if !self.tried.contains(&target.model) {
                return Some((target, depth));
            }
        }
        None
    }
}

/// The groups to try next, in order: none that was tried, none beyond the limit.
#[must_use]
pub fn fallback_targets(rules: &Rules, ask: &FallbackAsk<'_>) -> Vec<Fallback> {
    if ask.client.disabled || ask.depth >= rules.max_fallbacks {
        return Vec::new();
    }
    let mut targets: Vec<Fallback> = Vec::new();
    for target in configured(rules, ask) {
        let seen = target.model == ask.group
            || ask.tried.contains(&target.model)
            || targets.iter().any(|earlier| earlier.model == target.model);
        if !seen {
            targets.push(target.clone());
        }
    }
    targets
}

/// The groups that a call may end up at by fallbacks, whatever goes wrong; its own is not among them.
#[must_use]
pub fn reachable(rules: &Rules, client: &ClientFallbacks, group: &str) -> Vec<String> {
    const CLASSES: [FailureClass; 3] = [FailureClass::Other, FailureClass::ContextWindow, FailureClass::ContentPolicy];
    let mut found: Vec<String> = Vec::new();
    let mut level = vec![group.to_owned()];
    for depth in 0..rules.max_fallbacks {
        let mut next: Vec<String> = Vec::new();
        for (group, class) in level.iter().flat_map(|group| CLASSES.map(|class| (group, class))) {
            let targets = fallback_targets(rules, &FallbackAsk { group, class, client, depth, tried: &[] });
            for target in targets {
                if !found.contains(&target.model) {
                    found.push(target.model.clone());
                    next.push(target.model);
                }
            }
        }
        if next.is_empty() {
            break;
        }
        level = next;
    }
    found.retain(|it| it != group);
    found
}

fn configured<'a>(rules: &'a Rules, ask: &FallbackAsk<'a>) -> &'a [Fallback] {
    if let Some(list) = &ask.client.list {
        return list;
    }
    let special = match ask.class {
        FailureClass::ContextWindow => {
            Some(ask.client.context_window.as_ref().unwrap_or(&rules.context_window_fallbacks))
        }
        FailureClass::ContentPolicy => {
            Some(ask.client.content_policy.as_ref().unwrap_or(&rules.content_policy_fallbacks))
        }
        _ => None,
    };
    // Where special fallbacks exist, a group without one has none: the regular ones would meet the same obstacle.
    if let Some(special) = special.filter(|table| !table.is_empty()) {
        return of_group(special, ask.group).unwrap_or_default();
    }
    of_group(&rules.fallbacks, ask.group).unwrap_or(&rules.default_fallbacks)
}

/// A group's fallbacks: by its name, its name without the provider, its name with one, or for all.
fn of_group<'a>(table: &'a Fallbacks, group: &str) -> Option<&'a [Fallback]> {
    let bare = group.split_once('/').map(|(_, name)| name);
    let prefixed = || table.iter().find(|(name, _)| name.split_once('/').is_some_and(|(_, bare)| bare == group));
    table
        .of(group)
        .or_else(|| bare.and_then(|bare| table.of(bare)))
        .or_else(|| prefixed().map(|(_, targets)| targets))
        .or_else(|| table.of("*"))
}

//! The names under which rules may speak of the model that a call asks for.

use crate::access::glob;

/// A model's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelNames<'a> {
    /// As the caller asked.
    pub requested: &'a str,
    /// The model group that it leads to.
    pub group: &'a str,
    /// The provider that the name implies, so that `openai/*` speaks of `gpt-4o`.
    pub provider: Option<&'a str>,
}

impl ModelNames<'_> {
    /// Which of `names` speaks of the model: the one asked for, the group's, either without its provider, else the
    /// most literal pattern with `*`.
    pub fn pick<'n>(&self, names: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
        let bare = |name: &'_ str| name.split_once('/').map(|(_, bare)| bare.to_owned());
        let exact = |wanted: &str| names.clone().find(|name| *name == wanted);
        exact(self.requested)
            .or_else(|| exact(self.group))
            .or_else(|| exact(&bare(self.requested)?))
            .or_else(|| exact(&bare(self.group)?))
            .or_else(|| {
                let full = self.provider.map(|provider| format!("{provider}/{}", self.group));
                let speaks = |pattern: &str| {
                    let all = [Some(self.requested), Some(self.group), full.as_deref()];
                    all.into_iter().flatten().any(|name| glob::matches(pattern, name))
                };
                let literal = |pattern: &str| pattern.chars().filter(|letter| *letter != '*').count();
                let patterns = names.clone().filter(|name| name.contains('*') && speaks(name));
                patterns.max_by_key(|pattern| (literal(pattern), *pattern))
            })
    }
}

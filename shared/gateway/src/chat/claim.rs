//! What a call asks for, as budgets and limits look at it.

use policy::prices::Price;
use policy::subject::{ModelNames, Subject};

use super::target::Target;

/// What a call asks for.
pub(crate) struct Claim<'a> {
    /// Everyone whose budgets and limits hold.
    pub(super) subject: Subject<'a>,
    /// The model that it asks for.
    pub(super) model: ModelNames<'a>,
    /// The deployments that may answer it.
    pub(crate) targets: &'a [Target],
    /// Those that may in their place, should all of them fail.
    pub(super) fallbacks: &'a [Target],
    /// The longest that it can take, in milliseconds.
    pub(super) longest_ms: u64,
}

impl Claim<'_> {
    pub(super) fn everyone(&self) -> impl Iterator<Item = &Target> {
        self.targets.iter().chain(self.fallbacks)
    }

    /// Whether no deployment that may answer costs anything: such calls need no budget.
    pub(super) fn is_free(&self) -> bool {
        !self.targets.is_empty() && self.everyone().all(|it| it.price().is_some_and(Price::is_free))
    }
}

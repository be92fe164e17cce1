//! The order in which budgets are asked, which decides whom a refusal names when several are used up.

use crate::subject::Kind;

/// One step.
pub(super) enum Step {
    /// Budgets of everyone of a kind.
    Of(Kind, Budgets),
    /// The budget of all calls together.
    AllCalls,
}

/// Which budgets of a holder.
pub(super) enum Budgets {
    /// `max_budget`
    Main,
    /// `budget_limits`
    Windows,
    /// `model_max_budget`
    Models,
}

use Budgets::{Main, Models, Windows};
use Kind::{AccessGroup, EndUser, Key, Organization, OrganizationMember, Project, Tag, Team, TeamMember, User};
use Step::{AllCalls, Of};

/// LiteLLM's order; what it does not have stands beside the most similar.
pub(super) const ORDER: &[Step] = &[
    Of(TeamMember, Main),
    Of(Key, Main),
    Of(Key, Models),
    Of(User, Models),
    Of(EndUser, Models),
    Of(Project, Main),
    Of(Project, Windows),
    Of(Project, Models),
    Of(Team, Main),
    Of(Team, Windows),
    Of(Key, Windows),
    Of(Organization, Main),
    Of(Organization, Windows),
    Of(OrganizationMember, Main),
    Of(OrganizationMember, Windows),
    Of(Tag, Main),
    Of(Tag, Windows),
    Of(AccessGroup, Main),
    Of(AccessGroup, Windows),
    Of(User, Main),
    Of(User, Windows),
    Of(TeamMember, Windows),
    Of(EndUser, Main),
    Of(EndUser, Windows),
    AllCalls,
    Of(Team, Models),
    Of(TeamMember, Models),
    Of(Organization, Models),
    Of(OrganizationMember, Models),
    Of(Tag, Models),
    Of(AccessGroup, Models),
];

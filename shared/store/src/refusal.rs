//! Why a call may not be made now.

use policy::money::Usd;
use policy::spend::Scope;

/// Why a call may not be made now: the first reason in the order of the request. It has consumed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A budget is used up.
    OverBudget {
        /// Whose budget.
        scope: Scope,
        /// The budget's name, as in [`Budget::window`](crate::Budget::window).
        window: String,
        /// Spent in the period, open reservations included.
        spend: Usd,
        /// The budget.
        max: Usd,
        /// What this call might have cost.
        estimate: Usd,
    },
    /// A limit is used up.
    RateLimited {
        /// LiteLLM's name of what is limited, e.g. `api_key`.
        descriptor: String,
        /// Who is limited.
        id: String,
        /// What there is too much of.
        limited: Limited,
        /// The limit.
        limit: u64,
        /// What is counted already.
        used: u64,
        /// What is left of the limit, though not enough.
        remaining: u64,
        /// When the window ends, milliseconds since the Unix epoch; now for parallel calls, which end at any time.
        resets_at: u64,
    },
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Requests in the window.
    Requests,
    /// Tokens in the window.
    Tokens,
    /// Calls at the same time.
    Parallel,
}

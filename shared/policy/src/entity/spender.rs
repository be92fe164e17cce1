//! Entities whose spend is counted.

use super::{Customer, Limits, Tag, User};

/// An entity whose spend is counted, and what says in which period.
pub trait Spender {
    /// The kind of its scope, such as `user`.
    const SCOPE: &'static str;

    /// Its id.
    fn id(&self) -> &str;

    /// Its own budgets and limits.
    fn limits(&self) -> &Limits;

    /// Id of the budget that sets what they leave open.
    fn budget_id(&self) -> Option<&str>;
}

impl Spender for User {
    const SCOPE: &'static str = "user";

    fn id(&self) -> &str {
        &self.user_id
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn budget_id(&self) -> Option<&str> {
        self.budget_id.as_deref()
    }
}

impl Spender for Customer {
    const SCOPE: &'static str = "end_user";

    fn id(&self) -> &str {
        &self.user_id
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn budget_id(&self) -> Option<&str> {
        self.budget_id.as_deref()
    }
}

impl Spender for Tag {
    const SCOPE: &'static str = "tag";

    fn id(&self) -> &str {
        &self.name
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn budget_id(&self) -> Option<&str> {
        self.budget_id.as_deref()
    }
}

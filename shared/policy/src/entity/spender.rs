//! Entities whose spend is counted.

use super::{Customer, Limits, Organization, Project, Tag, Team, User};

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

/// What spends by its own id.
macro_rules! spenders {
    ($($Type:ty: $scope:literal, $id:ident;)*) => {
        $(impl Spender for $Type {
            const SCOPE: &'static str = $scope;

            fn id(&self) -> &str {
                &self.$id
            }

            fn limits(&self) -> &Limits {
                &self.limits
            }

            fn budget_id(&self) -> Option<&str> {
                self.budget_id.as_deref()
            }
        })*
    };
}

spenders! {
    Customer: "end_user", user_id;
    Organization: "organization", organization_id;
    Project: "project", project_id;
    Tag: "tag", name;
    Team: "team", team_id;
    User: "user", user_id;
}

//! Everything that has budgets and limits, as far as they are handled alike.

use super::{Budget, Customer, Limits, Member, Organization, OrganizationMember, Project, Tag, Team, User};
use crate::key::Key;

/// An entity with budgets and limits of its own.
pub trait Bounded {
    /// Its budgets and limits.
    fn limits(&self) -> &Limits;

    /// The same, to be changed.
    fn limits_mut(&mut self) -> &mut Limits;
}

macro_rules! bounded {
    ($($Entity:ty),*) => {
        $(impl Bounded for $Entity {
            fn limits(&self) -> &Limits {
                &self.limits
            }

            fn limits_mut(&mut self) -> &mut Limits {
                &mut self.limits
            }
        })*
    };
}

bounded!(Budget, Customer, Key, Member, Organization, OrganizationMember, Project, Tag, Team, User);

//! Keys and teams that were deleted: on the lists of their owners, as they were, and without unique names.

use jiff::Timestamp;
use policy::entity::{Deleted, Team};
use policy::key::Key;

use crate::records::Record;
use crate::time::millis;

/// The id of what was deleted at a moment: an id may be used and deleted again.
fn id<T: Record>(deleted: &Deleted<T>) -> String {
    format!("{}@{}", deleted.value.id(), deleted.deletion.deleted_at.map_or(0, millis))
}

macro_rules! deleted {
    ($($Type:ty: $kind:literal;)*) => {
        $(impl Record for Deleted<$Type> {
            const KIND: &'static str = $kind;

            fn id(&self) -> String {
                id(self)
            }

            fn created(&self) -> Option<Timestamp> {
                self.value.created()
            }

            fn owners(&self) -> Vec<(&'static str, String)> {
                self.value.owners().into_iter().filter(|(kind, _)| *kind != crate::BUDGET).collect()
            }
        })*
    };
}

deleted! {
    Key: "DELETED_KEY";
    Team: "DELETED_TEAM";
}

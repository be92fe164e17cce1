//! What is kept of keys and teams that were deleted.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Team;
use crate::answer::Answer;
use crate::key::Key;
use crate::money::Usd;

/// Who deletes something, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deletion {
    /// When.
    pub deleted_at: Option<Timestamp>,
    /// The user.
    pub deleted_by: Option<String>,
    /// Hash of the user's key.
    pub deleted_by_api_key: Option<String>,
    /// In whose name, as the header `litellm-changed-by` says.
    pub litellm_changed_by: Option<String>,
}

/// An entity as it was when it was deleted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deleted<T> {
    /// The entity.
    pub value: T,
    /// What it had spent in its budget period, in US dollars.
    pub spend: Usd,
    /// By whom.
    pub deletion: Deletion,
}

impl Deletion {
    fn show(&self, answer: Answer) -> Answer {
        answer
            .with("deleted_at", &self.deleted_at)
            .with("deleted_by", &self.deleted_by)
            .with("deleted_by_api_key", &self.deleted_by_api_key)
            .with("litellm_changed_by", &self.litellm_changed_by)
    }
}

impl Deleted<Key> {
    /// An entry of `/key/list` with `status=deleted`.
    #[must_use]
    pub fn full(&self) -> Answer {
        self.deletion.show(self.value.full(self.spend))
    }
}

impl Deleted<Team> {
    /// An entry of `/team/list` with `status=deleted`. Who belonged to it is not kept.
    #[must_use]
    pub fn answer(&self) -> Answer {
        self.deletion.show(self.value.answer(&[], self.spend))
    }
}

//! Skills: instructions and files that a model may be given. What an upload must be, and whose a skill is.

#[cfg(test)]
mod tests;
mod upload;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use upload::{File, LARGEST_UPLOAD, Upload, check_title, read};

/// How ids of skills that this gateway keeps begin; others are a provider's.
pub const PREFIX: &str = "litellm_skill_";

/// The file that says what a skill is and how it is used.
pub const INSTRUCTIONS: &str = "SKILL.md";

/// A skill.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Skill {
    /// Its id, which begins with [`PREFIX`].
    pub id: String,
    /// What people call it.
    pub display_title: String,
    /// Whose it is.
    pub owner: Owner,
    /// The user who made it.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// The newest of its versions.
    pub latest_version: String,
}

/// One upload of a skill. It is never changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SkillVersion {
    /// The skill's id.
    pub skill_id: String,
    /// Microseconds since the Unix epoch, as text: later versions are greater.
    pub version: String,
    /// The name that its `SKILL.md` states.
    pub name: String,
    /// When to use it, as its `SKILL.md` states.
    pub description: String,
    /// The folder that holds its files.
    pub directory: String,
    /// The whole `SKILL.md`.
    pub instructions: String,
    /// Paths of the other files.
    pub files: Vec<String>,
    /// How many pieces the archive of all files is kept in.
    pub pieces: u64,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// An entity that owns skills: its kind (`USER`, `TEAM`, `ORGANIZATION`, `KEY`) and id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The kind.
    pub kind: String,
    /// The id.
    pub id: String,
}

impl Owner {
    /// An owner.
    #[must_use]
    pub fn new(kind: &str, id: &str) -> Self {
        Self { kind: kind.to_owned(), id: id.to_owned() }
    }
}

impl SkillVersion {
    /// The version of a skill that an upload makes. `version` is its number.
    #[must_use]
    pub fn new(skill_id: &str, version: String, upload: &Upload, now: Timestamp) -> Self {
        let others = upload.files.iter().filter(|it| it.path != INSTRUCTIONS);
        Self {
            skill_id: skill_id.to_owned(),
            version,
            name: upload.name.clone(),
            description: upload.description.clone(),
            directory: upload.directory.clone(),
            instructions: upload.instructions.clone(),
            files: others.map(|it| it.path.clone()).collect(),
            pieces: 0,
            created_at: Some(now),
        }
    }
}

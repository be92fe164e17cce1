//! Whether everyone behind a call is in good standing, and what the rules ask of the request itself.

use serde_json::{Map, Value};

use crate::key::Key;
use crate::subject::{Kind, Subject};

/// Who is barred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Barred {
    /// The team is blocked.
    Team(String),
    /// The project is blocked.
    Project(String),
    /// The identity provider has deactivated the user.
    User(String),
    /// What the key belongs to is not there any more, and with it the limits that it set.
    Gone(Kind, String),
}

/// Whoever behind a key is barred, and with it every key of theirs.
#[must_use]
pub fn barred(subject: &Subject<'_>) -> Option<Barred> {
    let (key, entities) = (subject.key, subject.entities);
    let named = [
        (Kind::Team, &key.team_id, entities.team.is_some()),
        (Kind::Project, &key.project_id, entities.project.is_some()),
        (Kind::Organization, &key.organization_id, entities.organization.is_some()),
    ];
    // A token without a key stands for whom its issuer says, known here or not.
    let gone = named.into_iter().filter(|(_, _, is_there)| !key.origin.is_empty() && !is_there);
    if let Some((kind, id)) =
        gone.filter_map(|(kind, id, _)| Some((kind, id.clone().filter(|it| !it.is_empty())?))).next()
    {
        return Some(Barred::Gone(kind, id));
    }
    if let Some(team) = entities.team.as_ref().filter(|it| it.blocked) {
        return Some(Barred::Team(team.team_id.clone()));
    }
    if let Some(project) = entities.project.as_ref().filter(|it| it.blocked) {
        return Some(Barred::Project(project.project_id.clone()));
    }
    let deactivated = |metadata: &Map<String, Value>| metadata.get("scim_active") == Some(&Value::Bool(false));
    let user = entities.user.as_ref().filter(|it| deactivated(&it.metadata))?;
    Some(Barred::User(user.user_id.clone()))
}

/// What a request's own fields must and may not say.
#[derive(Debug, Clone, Default)]
pub struct FieldRules<'a> {
    /// `enforce_user_param`: an end user must be named.
    pub needs_user: bool,
    /// `reject_clientside_metadata_tags`: the caller may bring no tags.
    pub rejects_tags: bool,
    /// `enforced_params`: fields that must be there, such as `user` or `metadata.tags`.
    pub needed: Vec<&'a str>,
}

/// What is wrong with a request's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldDenial {
    /// No end user is named.
    NoUser,
    /// The caller brings tags, in the place of this name.
    Tags(&'static str),
    /// A field is missing.
    Missing(String),
}

impl<'a> FieldRules<'a> {
    /// Adds the `enforced_params` of a key's or a team's metadata.
    pub fn and_of(&mut self, metadata: &'a Map<String, Value>) {
        let needed = metadata.get("enforced_params").and_then(Value::as_array);
        self.needed.extend(needed.into_iter().flatten().filter_map(Value::as_str));
    }

    /// Adds what the operator asks of service accounts, if the key is one's.
    pub fn and_of_service(&mut self, key: &Key, enforced: &'a [String]) {
        if key.service_account().is_some() {
            self.needed.extend(enforced.iter().map(String::as_str));
        }
    }

    /// Whether a body as the caller sent it keeps the rules. `user` is the end user that the request names, wherever
    /// it does; `header_tags` says whether it brings tags in a header.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(&self, body: &Map<String, Value>, user: Option<&str>, header_tags: bool) -> Result<(), FieldDenial> {
        if self.needs_user && user.is_none() {
            return Err(FieldDenial::NoUser);
        }
        let inner =
            |field: &str, name: &str| body.get(field).and_then(|it| it.get(name)).is_some_and(|it| !it.is_null());
        if self.rejects_tags {
            let places = [
                ("metadata.tags", inner("metadata", "tags")),
                ("litellm_metadata.tags", inner("litellm_metadata", "tags")),
                ("tags", body.get("tags").is_some_and(|it| !it.is_null())),
                ("x-litellm-tags", header_tags),
            ];
            if let Some((place, _)) = places.iter().find(|(_, brought)| *brought) {
                return Err(FieldDenial::Tags(place));
            }
        }
        let is_there = |name: &str| {
            let mut parts = name.split('.');
            let first = parts.next().and_then(|field| body.get(field));
            parts.fold(first, |value, part| value.and_then(|it| it.get(part))).is_some()
        };
        match self.needed.iter().find(|name| !is_there(name)) {
            Some(missing) => Err(FieldDenial::Missing((*missing).to_owned())),
            None => Ok(()),
        }
    }
}

//! What a refusal calls the one whose budget is used up.

use crate::spend::{GLOBAL, Scope};
use crate::subject::{Kind, Subject};

/// The holder of a budget in words, such as `Team=t1` or `User=alice in Team=t1`, and the model if it is one's.
#[must_use]
pub fn title(subject: &Subject<'_>, scope: &Scope) -> String {
    if scope.kind == GLOBAL {
        return "Gateway".to_owned();
    }
    let own = subject.holders().find(|it| it.kind.as_str() == scope.kind && it.id == scope.id.as_str());
    if let Some(holder) = own {
        return name(subject, holder.kind, &holder.id);
    }
    let of_model = subject.holders().filter(|it| it.kind.per_model() == scope.kind).find_map(|it| {
        let prefix = crate::spend::pair(&it.id, "");
        Some((scope.id.strip_prefix(&prefix)?.to_owned(), it))
    });
    match of_model {
        Some((model, holder)) => format!("{} Model={model}", name(subject, holder.kind, &holder.id)),
        None => scope.kind.clone(),
    }
}

fn name(subject: &Subject<'_>, kind: Kind, id: &str) -> String {
    let user = || subject.key.user_id.as_deref().unwrap_or_default();
    match kind {
        // The id is a hash, which says nothing to anyone.
        Kind::Key => format!("Key={}", subject.key.key_alias.as_deref().unwrap_or(&subject.key.key_name)),
        Kind::User => format!("User={id}"),
        Kind::Team => format!("Team={id}"),
        Kind::TeamMember => {
            format!("User={} in Team={}", user(), subject.key.team_id.as_deref().unwrap_or_default())
        }
        Kind::Organization => format!("Organization={id}"),
        Kind::OrganizationMember => {
            format!("User={} in Organization={}", user(), subject.key.organization_id.as_deref().unwrap_or_default())
        }
        Kind::Project => format!("Project={id}"),
        Kind::EndUser => format!("End User={id}"),
        Kind::Tag => format!("Tag={id}"),
        Kind::AccessGroup => format!("Model Access Group={id}"),
    }
}

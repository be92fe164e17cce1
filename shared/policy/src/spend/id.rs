//! Ids made of two names, such as a member's.

/// The id of something within something, as LiteLLM writes it: `team:user`, `key:model`. Two different pairs have
/// different ids, whatever their names hold.
#[must_use]
pub fn pair(whole: &str, inner: &str) -> String {
    if whole.contains([':', '%']) {
        return format!("{}:{inner}", whole.replace('%', "%25").replace(':', "%3A"));
    }
    format!("{whole}:{inner}")
}

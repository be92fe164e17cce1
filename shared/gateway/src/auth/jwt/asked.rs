//! What a token's rules look at in a request.

/// What a request asks for, as far as the rules for tokens look at it.
pub(super) struct Asked<'a> {
    pub(super) path: &'a str,
    pub(super) model: Option<String>,
    /// The team that the caller wants to call as.
    pub(super) team: Option<&'a str>,
}

//! A credential that cannot be printed by accident.

use std::fmt;

/// A credential from the configuration. `Debug` prints no part of it, and it has no `Display` and no
/// serialiser: the only way out is [`Secret::expose`].
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps a credential.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The credential itself, for the one place that sends or compares it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

//! What of a request could not be said to the provider, and whether that is a reason to refuse it.

use crate::TransformError;

/// Collects what is left out.
#[derive(Debug)]
pub(crate) struct Dropped {
    provider: &'static str,
    may_drop: bool,
    refused: Vec<String>,
    names: Vec<String>,
}

impl Dropped {
    pub(crate) fn new(provider: &'static str, may_drop: bool) -> Self {
        Self { provider, may_drop, refused: Vec::new(), names: Vec::new() }
    }

    /// Whether the client allows that unsupported parameters are left out.
    pub(crate) fn may_drop(&self) -> bool {
        self.may_drop
    }

    /// Left out because nothing is lost by it, or because keeping it would be refused.
    pub(crate) fn note(&mut self, name: &str) {
        if !self.names.iter().any(|it| it == name) {
            self.names.push(name.to_owned());
        }
    }

    /// Left out when the client allows that, else a reason to refuse.
    pub(crate) fn unsupported(&mut self, name: &str) {
        if self.may_drop {
            self.note(name);
        } else if !self.refused.iter().any(|it| it == name) {
            self.refused.push(name.to_owned());
        }
    }

    /// Everything left out, after `before`. Errors with all that had to be refused.
    pub(crate) fn check(self, mut before: Vec<String>) -> Result<Vec<String>, TransformError> {
        if !self.refused.is_empty() {
            return Err(TransformError::Unsupported { params: self.refused, provider: self.provider });
        }
        before.extend(self.names);
        Ok(before)
    }
}

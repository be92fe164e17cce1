use std::collections::BTreeMap;
use std::fmt;

/// The process's environment variables, with values that whoever starts the application lays over them.
/// An empty value means "not set", because a template cannot leave a variable out.
#[derive(Clone, Default)]
pub struct Environment {
    laid_over: BTreeMap<String, String>,
    beneath: BTreeMap<String, String>,
    isolated: bool,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secrets.
        f.debug_struct("Environment").field("isolated", &self.isolated).finish_non_exhaustive()
    }
}

impl Environment {
    /// What the process was started with.
    #[must_use]
    pub fn of_process() -> Self {
        Self::default()
    }

    /// Nothing but what is laid over it.
    #[must_use]
    pub fn isolated() -> Self {
        Self { isolated: true, ..Self::default() }
    }

    /// Lays one value over the process's own.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.laid_over.insert(name.into(), value.into());
        self
    }

    /// Lays one value beneath: it counts only where nothing else gives the variable.
    #[must_use]
    pub(crate) fn or(mut self, name: &str, value: &str) -> Self {
        self.beneath.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A value that was laid over the process's own.
    pub(crate) fn laid_over(&self, name: &str) -> Option<&str> {
        self.laid_over.get(name).map(String::as_str)
    }

    /// A variable's value; `None` when it is unset, empty or not text.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn get(&self, name: &str) -> Option<String> {
        let value = match self.laid_over.get(name) {
            Some(value) => Some(value.clone()),
            None if self.isolated => None,
            None => std::env::var(name).ok(),
        };
        value.filter(|text| !text.is_empty()).or_else(|| self.beneath.get(name).cloned())
    }
}

#[cfg(test)]
mod tests;

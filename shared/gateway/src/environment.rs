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

    /// A variable as it concerns calls to providers. Whoever lays over where this gateway's own tables are
    /// (`GATEWAY_AWS_ENDPOINT`) lays over the AWS credentials and region of those tables with it: not those that a call
    /// to Amazon Bedrock is made with.
    #[must_use]
    pub(crate) fn for_providers(&self, name: &str) -> Option<String> {
        let is_of_tables = name.starts_with("AWS_") && self.laid_over.contains_key("GATEWAY_AWS_ENDPOINT");
        if is_of_tables { self.beneath(name) } else { self.get(name) }
    }

    /// A variable's value; `None` when it is unset, empty or not text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        match self.laid_over.get(name).filter(|text| !text.is_empty()) {
            Some(value) => Some(value.clone()),
            // What is laid over as empty hides the process's own.
            None if self.laid_over.contains_key(name) => self.secret(name),
            None => self.beneath(name),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    fn beneath(&self, name: &str) -> Option<String> {
        let value = if self.isolated { None } else { std::env::var(name).ok() };
        value.filter(|text| !text.is_empty()).or_else(|| self.secret(name))
    }

    fn secret(&self, name: &str) -> Option<String> {
        self.beneath.get(name).cloned()
    }
}

#[cfg(test)]
mod tests;

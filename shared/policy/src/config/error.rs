//! What can be wrong with a configuration file, each naming the place.

use std::fmt;

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The text is longer than [`super::MAX_BYTES`].
    #[error("the configuration has {bytes} bytes, the most is {limit}")]
    TooLarge {
        /// Length of the text.
        bytes: usize,
        /// The most bytes that are read.
        limit: usize,
    },
    /// Not YAML, or YAML that expands beyond all bounds.
    #[error("the configuration is not readable YAML: {reason}")]
    Syntax {
        /// The parser's reason with line and column, without the text itself.
        reason: String,
    },
    /// `include` is not supported.
    #[error("include: including other files is not supported; merge them into one file")]
    Include,
    /// A value has the wrong type.
    #[error("{path}: expected {expected}, found {found}")]
    WrongType {
        /// Where, such as `model_list[2].litellm_params.model`.
        path: String,
        /// What the setting takes.
        expected: &'static str,
        /// What stands there: a type, never the value.
        found: &'static str,
    },
    /// A required value is missing.
    #[error("{path}: missing")]
    Missing {
        /// Where it should be.
        path: String,
    },
    /// A value has the right type but makes no sense.
    #[error("{path}: {reason}")]
    Invalid {
        /// Where it is.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `os.environ/NAME` names a variable that is not set.
    #[error("{path}: the environment variable {variable} is not set")]
    MissingVariable {
        /// Where it is asked for.
        path: String,
        /// The variable's name.
        variable: String,
    },
}

/// Something to tell the operator at start; the configuration is used all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Settings that this gateway does not act on, as sorted paths such as `litellm_settings.callbacks`.
    Ignored(Vec<String>),
    /// The master key or a deployment names an environment variable that is not set: there is no master key then, and
    /// calls to the deployment answer an authentication error.
    MissingVariable {
        /// Where it is asked for, such as `model_list[2].litellm_params.api_key`.
        path: String,
        /// The variable's name.
        variable: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ignored(paths) => write!(out, "settings without effect here: {}", paths.join(", ")),
            Self::MissingVariable { path, variable } => {
                write!(out, "{path}: the environment variable {variable} is not set")?;
                if path.starts_with("model_list") {
                    out.write_str("; this deployment refuses every call")?;
                }
                Ok(())
            }
        }
    }
}

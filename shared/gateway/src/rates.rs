//! How rate limits are counted, as the environment says it.

use policy::config::Config;

use crate::Environment;

/// Seconds of a rate window where nobody says otherwise.
const USUAL_WINDOW: u32 = 60;

/// How rate limits are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rates {
    /// Seconds of a rate window: `LITELLM_RATE_LIMIT_WINDOW_SIZE`.
    pub(crate) window: u32,
    /// Whether tokens are reserved by estimate before a call, rather than counted after it alone:
    /// `LITELLM_TPM_TOKEN_RESERVATION_ENABLED`.
    pub(crate) reserves_tokens: bool,
}

impl Rates {
    /// Reads the variables; one that makes no sense is reported and has no effect.
    pub(crate) fn new(config: &Config, env: &Environment) -> Self {
        let variable = |name: &str| {
            let value = config.variable(name, &|name| env.get(name));
            value.map(|it| it.expose().trim().to_owned()).filter(|it| !it.is_empty())
        };
        let wrong = |name: &str, expected: &str| {
            tracing::warn!("{name} is not {expected} and has no effect");
        };
        let window = variable("LITELLM_RATE_LIMIT_WINDOW_SIZE").and_then(|text| {
            let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
            if seconds.is_none() {
                wrong("LITELLM_RATE_LIMIT_WINDOW_SIZE", "a whole number of seconds of at least 1");
            }
            seconds
        });
        let reserves_tokens = variable("LITELLM_TPM_TOKEN_RESERVATION_ENABLED").map(|text| {
            let (yes, no) = (text.eq_ignore_ascii_case("true"), text.eq_ignore_ascii_case("false"));
            if !yes && !no {
                wrong("LITELLM_TPM_TOKEN_RESERVATION_ENABLED", "true or false");
            }
            !no
        });
        Self { window: window.unwrap_or(USUAL_WINDOW), reserves_tokens: reserves_tokens.unwrap_or(true) }
    }
}

#[cfg(test)]
mod tests;

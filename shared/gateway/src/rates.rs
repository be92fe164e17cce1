//! How rate limits are counted, as the environment says it.

use policy::config::Config;

use crate::Environment;

/// Seconds of a rate window where nobody says otherwise.
const USUAL_WINDOW: u32 = 60;
/// Failures a minute, likewise.
const USUAL_FAILURES: u32 = 1;

/// How rate limits are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rates {
    /// Seconds of a rate window: `LITELLM_RATE_LIMIT_WINDOW_SIZE`.
    pub(crate) window: u32,
    /// Whether tokens are reserved by estimate before a call, rather than counted after it alone:
    /// `LITELLM_TPM_TOKEN_RESERVATION_ENABLED`.
    pub(crate) reserves_tokens: bool,
    /// So many failures of a deployment a minute are no sign that it fails, so that limits of the type `dynamic` hold:
    /// `DYNAMIC_RATE_LIMIT_ERROR_THRESHOLD_PER_MINUTE`.
    pub(crate) few_failures: u32,
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
        let number = |name: &str, least: u32| {
            let number = variable(name)?.parse().ok().filter(|number| *number >= least);
            if number.is_none() {
                wrong(name, &format!("a whole number of at least {least}"));
            }
            number
        };
        let window = number("LITELLM_RATE_LIMIT_WINDOW_SIZE", 1).unwrap_or(USUAL_WINDOW);
        let few_failures = number("DYNAMIC_RATE_LIMIT_ERROR_THRESHOLD_PER_MINUTE", 0).unwrap_or(USUAL_FAILURES);
        let reserves_tokens = variable("LITELLM_TPM_TOKEN_RESERVATION_ENABLED").map(|text| {
            let (yes, no) = (text.eq_ignore_ascii_case("true"), text.eq_ignore_ascii_case("false"));
            if !yes && !no {
                wrong("LITELLM_TPM_TOKEN_RESERVATION_ENABLED", "true or false");
            }
            !no
        });
        Self { window, reserves_tokens: reserves_tokens.unwrap_or(true), few_failures }
    }
}

#[cfg(test)]
mod tests;

use std::error::Error;

use tracing_subscriber::EnvFilter;

use crate::Environment;

/// Starts structured logs: JSON lines on Lambda when it asks for them, plain lines elsewhere.
/// The level comes from `RUST_LOG` or `LITELLM_LOG`, `info` otherwise.
pub fn start(env: &Environment) {
    let level = env.get("RUST_LOG").or_else(|| env.get("LITELLM_LOG")).unwrap_or_else(|| "info".to_owned());
    let filter = EnvFilter::try_new(level.to_lowercase()).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A subscriber that is already there, as in tests, stays.
    if env.get("AWS_LAMBDA_LOG_FORMAT").is_some_and(|it| it.eq_ignore_ascii_case("json")) {
        drop(builder.json().flatten_event(true).without_time().try_init());
    } else if env.get("AWS_LAMBDA_FUNCTION_NAME").is_some() {
        drop(builder.without_time().with_ansi(false).try_init());
    } else {
        drop(builder.compact().try_init());
    }
}

/// Logs an error with everything beneath it.
pub(crate) fn log_chain(message: &'static str, error: &(dyn Error + 'static)) {
    tracing::error!(cause = chain(error), "{message}");
}

/// An error's text and that of each error beneath it, joined by colons.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

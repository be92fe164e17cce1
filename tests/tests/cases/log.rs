//! What the functions under test write to the log, and what must never stand there: keys, tokens, prompts and answers.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use http::HeaderMap;
use serde_json::Value;
use tests::Result;

/// Everything that this process has logged.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Fewer characters than this stand in other words by chance.
const SHORTEST: usize = 8;

/// Fields whose text is what somebody said to a model, or a model to somebody.
const WORDS: &[&str] =
    &["arguments", "content", "input", "instructions", "output", "prompt", "system", "text", "thinking"];

/// Fields whose text is a secret.
const KEYS: &[&str] = &["api_key", "client_secret", "key", "master_key", "password"];

/// Headers whose text is a secret, or the caller's own.
const HEADERS: &[&str] = &[
    "api-key",
    "authorization",
    "cookie",
    "idempotency-key",
    "ocp-apim-subscription-key",
    "x-api-key",
    "x-goog-api-key",
    "x-litellm-api-key",
];

struct Keep;

impl Write for Keep {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        log().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn log() -> MutexGuard<'static, Vec<u8>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The log of one application, from its start.
pub(crate) struct Log {
    /// What must not stand in it.
    secrets: Mutex<BTreeSet<String>>,
    /// How far it has been searched.
    searched: Mutex<usize>,
}

impl Log {
    /// Keeps everything that is logged from here on, as if an operator looked for a fault.
    pub(crate) fn start() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let level = std::env::var("CASE_LOG").unwrap_or_else(|_| "debug,aws=info,hyper=info".to_owned());
            tracing_subscriber::fmt().with_env_filter(level).with_ansi(false).with_writer(|| Keep).init();
        });
        Self { secrets: Mutex::default(), searched: Mutex::new(log().len()) }
    }

    /// Notes a secret.
    pub(crate) fn hide(&self, text: &str) {
        if text.len() >= SHORTEST {
            self.secrets.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
        }
    }

    /// Notes what of a request's headers is secret.
    pub(crate) fn hide_headers(&self, headers: &HeaderMap) {
        for value in HEADERS.iter().flat_map(|name| headers.get_all(*name)) {
            // Of a token no part is logged either.
            let words = value.to_str().unwrap_or_default().split([' ', ',', '=', '.']);
            words.for_each(|it| self.hide(it));
        }
    }

    /// Notes what of a body, an answer or a configuration is secret.
    pub(crate) fn hide_values(&self, value: &Value) {
        match value {
            Value::String(text) if is_key(text) => self.hide(text),
            Value::Array(items) => items.iter().for_each(|it| self.hide_values(it)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(text) if WORDS.contains(&name.as_str()) => self.hide_words(text),
                        Value::String(text) if KEYS.contains(&name.as_str()) && is_key(text) => self.hide(text),
                        Value::Array(items) if WORDS.contains(&name.as_str()) => {
                            items.iter().filter_map(Value::as_str).for_each(|it| self.hide_words(it));
                            self.hide_values(value);
                        }
                        _ => self.hide_values(value),
                    }
                }
            }
            _ => {}
        }
    }

    /// Whole lines: a log may break them, but not shorten them.
    fn hide_words(&self, text: &str) {
        text.lines().for_each(|it| self.hide(it));
    }

    /// Searches what was logged since the last time.
    pub(crate) fn check(&self) -> Result<()> {
        let mut searched = self.searched.lock().unwrap_or_else(PoisonError::into_inner);
        let text = {
            let log = log();
            let text = String::from_utf8_lossy(log.get(*searched..).unwrap_or_default()).into_owned();
            *searched = log.len();
            text
        };
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        match secrets.iter().find_map(|it| Some((it, text.lines().find(|line| line.contains(it.as_str()))?))) {
            Some((secret, line)) => Err(format!("the log shows {secret:?}: {line}").into()),
            None => Ok(()),
        }
    }
}

/// A key in clear text. One that is shown shortened is none.
fn is_key(text: &str) -> bool {
    text.starts_with("sk-") && !text.contains("...")
}

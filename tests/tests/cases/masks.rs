//! Replaces what differs from run to run by what it is.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Map, Value};
use tests::local::MASTER_KEY;

use super::house::{House, now};

/// How far from now a number may be and still be a time, in seconds.
const NEAR: u64 = 2 * 86_400;

/// Names for texts of this run, and patterns of texts of every run.
pub(crate) struct Masks {
    named: Vec<(String, String)>,
    patterns: Vec<(Regex, &'static str)>,
    secrets: BTreeMap<String, String>,
}

impl Masks {
    pub(crate) fn new(house: &House) -> Self {
        let pattern = |text: &str| Regex::new(text).unwrap();
        let patterns = vec![
            (pattern(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
            (pattern(r"\bresp_[A-Za-z0-9_-]{100,}"), "<response id>"),
            (pattern(r"\bsk-[A-Za-z0-9_-]{22}"), "<secret>"),
            (pattern(r"\bsk-\.\.\.[A-Za-z0-9_-]{4}"), "<key name>"),
            (pattern(r"\b[0-9a-f]{64}\b"), "<hash>"),
            (pattern(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00| UTC)?"), "<time>"),
        ];
        let today = gateway::timestamp(&house.app).to_string().split('T').next().unwrap_or_default().to_owned();
        let mut masks = Self { named: Vec::new(), patterns, secrets: BTreeMap::new() };
        masks.name("provider", &house.stand_in.url());
        masks.name("master", MASTER_KEY);
        if let Some(identity) = &house.identity {
            masks.name("idp", &identity.url());
        }
        for (number, served) in (1..).zip(&house.app.models) {
            masks.name(&format!("deployment {number}"), &served.deployment.id);
        }
        // Times hold the date, so it is replaced after them.
        masks.patterns.push((pattern(&format!(r"\b{today}\b")), "{today}"));
        masks.secrets.insert("today".to_owned(), today);
        masks
    }

    /// `{name}` stands for a text from now on.
    pub(crate) fn name(&mut self, name: &str, text: &str) {
        self.secrets.insert(name.to_owned(), text.to_owned());
        self.named.push((text.to_owned(), format!("{{{name}}}")));
    }

    /// Replaces each `{name}` of a case by its text.
    pub(crate) fn fill(&self, text: &str) -> String {
        let each = self.secrets.iter();
        each.fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// Replaces in an observed text.
    pub(crate) fn text(&self, text: &str) -> String {
        let named = self.named.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        self.patterns.iter().fold(named, |text, (pattern, to)| pattern.replace_all(&text, *to).into_owned())
    }

    /// Replaces in an observed value.
    pub(crate) fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text).into(),
            Value::Number(number) if number.as_u64().is_some_and(is_time) => "<time>".into(),
            Value::Array(items) => items.iter().map(|it| self.value(it)).collect(),
            Value::Object(fields) => {
                let masked: Map<String, Value> = fields.iter().map(|(name, value)| self.field(name, value)).collect();
                masked.into()
            }
            other => other.clone(),
        }
    }

    fn field(&self, name: &str, value: &Value) -> (String, Value) {
        let value = match value {
            Value::Number(_) if name.ends_with("duration_ms") || name == "total_response_time_ms" => "<ms>".into(),
            // A budget period may have begun long ago.
            Value::Number(_) if name == "period" => "<time>".into(),
            value => self.value(value),
        };
        (self.text(name), value)
    }
}

/// Seconds or milliseconds since the Unix epoch, close to now.
fn is_time(number: u64) -> bool {
    let now = u64::try_from(now()).unwrap_or_default();
    number.abs_diff(now / 1000) < NEAR || number.abs_diff(now) < NEAR * 1000
}

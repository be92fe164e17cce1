//! Compares recorded JSON with ours by the rules of the data's README.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Fields that LiteLLM adds; they may be missing here, what is here must be right.
const OPTIONAL: &[&str] = &["images", "provider_specific_fields", "service_tier", "thinking_blocks"];
/// What a provider says and LiteLLM loses on some of its ways; passing it on is no difference.
const KEPT: &[&str] = &["service_tier", "system_fingerprint"];
const OPTIONAL_IN_USAGE: &[&str] = &["cache_read_input_tokens", "cost"];

/// Placeholders of one case and what they stand for; paths that are free.
#[derive(Default)]
pub(crate) struct Match {
    bound: BTreeMap<String, String>,
    free: Vec<&'static str>,
    pub(crate) differences: Vec<String>,
}

impl Match {
    /// Leaves a path out, `*` standing for a list's index.
    pub(crate) fn free(&mut self, path: &'static str) {
        self.free.push(path);
    }

    /// Whether everything was equal so far; the differences otherwise.
    pub(crate) fn verdict(&self) -> Result<(), String> {
        if self.differences.is_empty() { Ok(()) } else { Err(self.differences.join("\n")) }
    }

    /// A request: equal by value, null and absent alike only where the recording says so (`stream`).
    pub(crate) fn request(&mut self, want: &Value, have: &Value) {
        let drop_false_stream = |value: &Value| {
            let mut value = value.clone();
            if let Some(fields) = value.as_object_mut()
                && fields.get("stream") == Some(&Value::Bool(false))
            {
                fields.shift_remove("stream");
            }
            value
        };
        self.values("body", &drop_false_stream(want), &drop_false_stream(have), false);
    }

    /// An answer or a chunk: null, empty and absent are alike.
    pub(crate) fn answer(&mut self, path: &str, want: &Value, have: &Value) {
        self.values(path, want, have, true);
    }

    fn values(&mut self, path: &str, want: &Value, have: &Value, is_answer: bool) {
        if self.free.iter().any(|it| matches(it, path)) {
            return;
        }
        match (want, have) {
            (Value::Object(want), Value::Object(have)) => self.objects(path, want, have, is_answer),
            (Value::Array(want), Value::Array(have)) if want.len() == have.len() => {
                for (at, (want, have)) in want.iter().zip(have).enumerate() {
                    self.values(&format!("{path}[{at}]"), want, have, is_answer);
                }
            }
            (Value::Number(want), Value::Number(have)) if want.as_f64() == have.as_f64() => {}
            (Value::String(want), Value::Number(_)) if want == "<TIME>" => {}
            (Value::String(want), Value::String(have)) => self.strings(path, want, have),
            _ if want == have => {}
            _ => self.differ(path, want, have),
        }
    }

    fn objects(&mut self, path: &str, want: &Map<String, Value>, have: &Map<String, Value>, is_answer: bool) {
        for (name, want_value) in want {
            let inner = format!("{path}.{name}");
            match have.get(name) {
                Some(have_value) if is_answer && name == "provider_specific_fields" => {
                    self.subset(&inner, want_value, have_value);
                }
                Some(have_value) if is_answer && (is_empty(want_value) && is_empty(have_value)) => {}
                Some(have_value) => self.values(&inner, want_value, have_value, is_answer),
                None if is_answer && (is_empty(want_value) || is_optional(path, name)) => {}
                None if self.free.iter().any(|it| matches(it, &inner)) => {}
                None => self.differ(&inner, want_value, &"ABSENT".into()),
            }
        }
        let moved = want.get("provider_specific_fields");
        for (name, have_value) in have.iter().filter(|(name, _)| !want.contains_key(*name)) {
            let inner = format!("{path}.{name}");
            let is_moved = moved.and_then(|it| it.get(name)) == Some(have_value);
            let is_fine = is_answer && (is_empty(have_value) || is_moved || KEPT.contains(&name.as_str()));
            if !is_fine && !self.free.iter().any(|it| matches(it, &inner)) {
                self.differ(&inner, &"ABSENT".into(), have_value);
            }
        }
    }

    /// LiteLLM's own bag of leftovers: what we keep of it must be equal.
    fn subset(&mut self, path: &str, want: &Value, have: &Value) {
        for (name, have_value) in have.as_object().into_iter().flatten() {
            let want_value = want.get(name).unwrap_or(&Value::Null);
            if !(is_empty(want_value) && is_empty(have_value)) {
                self.values(&format!("{path}.{name}"), want_value, have_value, true);
            }
        }
    }

    fn strings(&mut self, path: &str, want: &str, have: &str) {
        if want == have || (path.ends_with(".arguments") && same_json(want, have)) {
            return;
        }
        if !self.bind(want, have) {
            self.differ(path, &want.into(), &have.into());
        }
    }

    /// `chatcmpl-<ID1>`: the letters must be equal, the placeholder stands for one text in the whole case.
    fn bind(&mut self, want: &str, have: &str) -> bool {
        let Some((before, rest)) = want.split_once('<') else { return false };
        let Some((name, after)) = rest.split_once('>') else { return false };
        if !name.starts_with("ID") && name != "TIME" {
            return false;
        }
        let Some(value) = have.strip_prefix(before).and_then(|it| it.strip_suffix(after)) else { return false };
        let bound = self.bound.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        name == "TIME" || bound == value
    }

    fn differ(&mut self, path: &str, want: &Value, have: &Value) {
        self.differences.push(format!("  {path}: want {}, have {}", short(want), short(have)));
    }

    pub(crate) fn expect(&mut self, path: &str, want: &str, have: &str) {
        if want != have {
            self.differ(path, &want.into(), &have.into());
        }
    }
}

fn is_optional(path: &str, name: &str) -> bool {
    OPTIONAL.contains(&name)
        || name.starts_with("vertex_ai_")
        || (path.ends_with("usage") && OPTIONAL_IN_USAGE.contains(&name))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        _ => false,
    }
}

fn same_json(want: &str, have: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    parse(want).is_some_and(|it| Some(it) == parse(have))
}

/// Whether a pattern with `[*]` names a path.
fn matches(pattern: &str, path: &str) -> bool {
    let plain: String = path.split('[').map(|it| it.split_once(']').map_or(it, |(_, rest)| rest)).collect();
    pattern.replace("[*]", "") == plain
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(240).collect()
}

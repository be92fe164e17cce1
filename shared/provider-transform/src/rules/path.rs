//! Paths into JSON for `additional_drop_params`: `a.b`, `a[0].b`, `a[*].b`.

use serde_json::Value;

use crate::{Message, Object};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    At(usize),
    All,
}

/// The steps of a path, `None` when it is none.
pub(super) fn parse(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for piece in path.split('.') {
        let (key, mut rest) = match piece.find('[') {
            Some(at) => piece.split_at(at),
            None => (piece, ""),
        };
        if !key.is_empty() {
            steps.push(Step::Key(key.into()));
        } else if rest.is_empty() {
            return None;
        }
        while let Some(inner) = rest.strip_prefix('[') {
            let (index, tail) = inner.split_once(']')?;
            steps.push(if index == "*" { Step::All } else { Step::At(index.parse().ok()?) });
            rest = tail;
        }
        if !rest.is_empty() {
            return None;
        }
    }
    Some(steps)
}

pub(super) fn render(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        match step {
            Step::Key(key) if out.is_empty() => out.push_str(key),
            Step::Key(key) => out.extend([".", key]),
            Step::At(at) => out.extend(["[", &at.to_string(), "]"]),
            Step::All => out.push_str("[*]"),
        }
    }
    out
}

/// Removes what the path leads to; whether there was anything.
pub(super) fn remove(value: &mut Value, steps: &[Step]) -> bool {
    match (value, steps) {
        (Value::Object(fields), _) => remove_in_object(fields, steps),
        (Value::Array(items), [Step::At(at)]) => {
            let inside = *at < items.len();
            if inside {
                items.remove(*at);
            }
            inside
        }
        (Value::Array(items), [Step::All]) => {
            let any = !items.is_empty();
            items.clear();
            any
        }
        (Value::Array(items), [Step::At(at), rest @ ..]) => items.get_mut(*at).is_some_and(|it| remove(it, rest)),
        (Value::Array(items), [Step::All, rest @ ..]) => {
            items.iter_mut().map(|it| remove(it, rest)).filter(|it| *it).count() > 0
        }
        _ => false,
    }
}

/// The same for the part of a path behind `messages`.
pub(super) fn remove_in_messages(messages: &mut [Message], steps: &[Step]) -> bool {
    match steps {
        [Step::At(at), rest @ ..] => messages.get_mut(*at).is_some_and(|it| remove_in_object(&mut it.0, rest)),
        [Step::All, rest @ ..] => {
            messages.iter_mut().map(|it| remove_in_object(&mut it.0, rest)).filter(|it| *it).count() > 0
        }
        _ => false,
    }
}

fn remove_in_object(fields: &mut Object, steps: &[Step]) -> bool {
    match steps {
        [Step::Key(key)] => fields.shift_remove(key).is_some(),
        [Step::Key(key), rest @ ..] => fields.get_mut(key).is_some_and(|it| remove(it, rest)),
        _ => false,
    }
}

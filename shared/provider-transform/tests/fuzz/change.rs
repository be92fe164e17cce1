//! Changes of JSON values and of bytes: what a careless client, a broken provider or a bad wire makes of good ones.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// One change of a JSON value, at a place that is chosen by an index over all places.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Another value instead.
    Put(Index, Value),
    /// A value from elsewhere in the same document.
    Move(Index, Index),
    /// Gone.
    Remove(Index),
    /// Twice, or as a list of itself.
    Double(Index),
    /// Deep inside of lists or objects.
    Bury(Index, u8),
    /// Under another name of the same document, or a strange one.
    Rename(Index, &'static str),
    /// A text cut short, so that JSON or base64 in it breaks.
    Shorten(Index),
    /// A very long text.
    Swell(Index),
}

/// Changes of JSON.
pub(crate) fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), value()).prop_map(|(at, it)| Change::Put(at, it)),
        3 => (at(), at()).prop_map(|(at, from)| Change::Move(at, from)),
        2 => at().prop_map(Change::Remove),
        2 => at().prop_map(Change::Double),
        1 => (at(), 1..110u8).prop_map(|(at, depth)| Change::Bury(at, depth)),
        1 => (at(), prop::sample::select(NAMES)).prop_map(|(at, name)| Change::Rename(at, name)),
        1 => at().prop_map(Change::Shorten),
        1 => at().prop_map(Change::Swell),
    ]
}

const NAMES: &[&str] = &["", "\u{0}", "$ref", "type", "role", "content", "\u{1f980}\u{202e}", "a.b[0]", "__proto__"];

const TEXTS: &[&str] = &[
    "",
    " ",
    "\u{0}",
    "\u{feff}\u{202e}\u{1f980}",
    "e\u{301}\u{200d}\u{10ffff}",
    "\n\ndata: x\r",
    "{\"a\":",
    "[[[[",
    "null",
    "-1",
    "true",
    "assistant",
    "system",
    "tool",
    "stop",
    "text",
    "tool_use",
    "thinking",
    "data:image/png;base64,iVBORw0KGgo=",
    "data:;base64,!!!",
    "data:,",
    "https://a.example/b.png",
    "https://[",
    "gs://bucket/\u{e9}",
    "#/$defs/x",
    "#",
    "/../..%2f?#",
    "<think>",
    "</think>",
];

fn value() -> impl Strategy<Value = Value> {
    let numbers = [
        json!(0),
        json!(-1),
        json!(1),
        json!(0.5),
        json!(-0.0),
        json!(1e308),
        json!(5e-324),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(u64::MAX - 1),
        json!(4_294_967_296_u64),
        json!(9_007_199_254_740_993_u64),
    ];
    let shapes = [
        json!([]),
        json!({}),
        json!([null]),
        json!([[]]),
        json!([{}]),
        json!({"": null}),
        json!({"type": "text"}),
        json!({"type": null}),
        json!({"type": "object", "properties": []}),
        json!({"$ref": "#"}),
        json!({"role": "user"}),
        json!([{"role": "assistant", "content": null, "tool_calls": [{}]}]),
    ];
    prop_oneof![
        prop::sample::select(vec![Value::Null, json!(true), json!(false)]),
        prop::sample::select(numbers.to_vec()),
        prop::sample::select(TEXTS).prop_map(Value::from),
        prop::sample::select(shapes.to_vec()),
    ]
}

impl Change {
    /// Changes one place of `root`.
    pub(crate) fn apply(&self, root: &mut Value) {
        let mut places = Vec::new();
        list(root, String::new(), &mut places);
        let place = |at: &Index| at.get(&places).as_str();
        match self {
            Self::Put(at, with) => replace(root, place(at), |_| with.clone()),
            Self::Move(at, from) => {
                let moved = root.pointer(place(from)).cloned().unwrap_or_default();
                replace(root, place(at), |_| moved);
            }
            Self::Remove(at) => drop(take(root, place(at))),
            Self::Rename(at, name) => {
                let taken = take(root, place(at));
                let parent = place(at).rsplit_once('/').and_then(|(parent, _)| root.pointer_mut(parent));
                if let (Some(Value::Object(fields)), Some(taken)) = (parent, taken) {
                    fields.insert((*name).into(), taken);
                }
            }
            Self::Double(at) => replace(root, place(at), |it| match it {
                Value::Array(list) => Value::Array([list.clone(), list].concat()),
                Value::String(text) => Value::String(text.repeat(2)),
                it => json!([it.clone(), it]),
            }),
            Self::Bury(at, depth) => replace(root, place(at), |it| {
                (0..*depth).fold(it, |it, _| if depth % 2 == 0 { json!([it]) } else { json!({"items": it}) })
            }),
            Self::Shorten(at) => replace(root, place(at), |it| match it {
                Value::String(text) => text.chars().take(text.chars().count() / 2).collect::<String>().into(),
                it => it,
            }),
            Self::Swell(at) => replace(root, place(at), |_| "\u{e9}x".repeat(5_000).into()),
        }
    }
}

/// Pointers (RFC 6901) to every place of a value, itself first.
fn list(value: &Value, here: String, out: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(at, it)| list(it, format!("{here}/{at}"), out)),
        Value::Object(fields) => {
            let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
            fields.iter().for_each(|(name, it)| list(it, format!("{here}/{}", escaped(name)), out));
        }
        _ => {}
    }
    out.push(here);
}

fn replace(root: &mut Value, at: &str, with: impl FnOnce(Value) -> Value) {
    if let Some(place) = root.pointer_mut(at) {
        *place = with(place.take());
    }
}

fn take(root: &mut Value, at: &str) -> Option<Value> {
    let (parent, name) = at.rsplit_once('/')?;
    match root.pointer_mut(parent)? {
        Value::Array(items) => Some(items.remove(name.parse().ok()?)),
        Value::Object(fields) => fields.shift_remove(&name.replace("~1", "/").replace("~0", "~")),
        _ => None,
    }
}

/// One change of bytes.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    /// A bit the other way round.
    Flip(Index, u8),
    /// Nothing from here on.
    Cut(Index),
    /// Strange bytes in between.
    Insert(Index, &'static [u8]),
    /// A piece left out.
    Lose(Index, u8),
}

/// Changes of bytes.
pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        (at(), 0..8u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        at().prop_map(Damage::Cut),
        (at(), prop::sample::select(STRANGE)).prop_map(|(at, it)| Damage::Insert(at, it)),
        (at(), 1..20u8).prop_map(|(at, length)| Damage::Lose(at, length)),
    ]
}

const STRANGE: &[&[u8]] = &[
    b"\xff",
    b"\xf0\x9f",
    b"\0",
    b"\\ud83d",
    b"1e999",
    b"99999999999999999999999999999999",
    b"-",
    b"\n",
    b"\n\n",
    b"\r",
    b"\r\n\r\n",
    b"\"",
    b"{",
    b"}",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b"data: [DONE]\n\n",
    b"data: {\"error\":{\"code\":429}}\n\n",
    b"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n",
    b": comment\n",
    b"\xef\xbb\xbf",
];

impl Damage {
    /// Changes one place of `bytes`.
    pub(crate) fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: &Index| at.index(bytes.len() + 1);
        match self {
            Self::Flip(at, bit) => {
                let at = place(at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            Self::Cut(at) => bytes.truncate(place(at)),
            Self::Insert(at, strange) => drop(bytes.splice(place(at)..place(at), strange.iter().copied())),
            Self::Lose(at, length) => {
                let start = place(at);
                let end = bytes.len().min(start + usize::from(*length));
                drop(bytes.drain(start..end));
            }
        }
    }
}

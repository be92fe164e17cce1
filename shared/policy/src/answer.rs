//! The JSON that management routes answer. Money is written with every digit, so that an answer is not a
//! `serde_json::Value`, which has none.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// A JSON object with its fields in the order in which they were added.
#[derive(Debug, Clone, Default)]
pub struct Answer(Vec<(String, Box<RawValue>)>);

impl Answer {
    /// An empty object.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field, or replaces the one of this name; a value that is no JSON becomes null.
    pub fn set(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        let value = to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned());
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// The object with one more field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        self.set(name, value);
        self
    }

    /// Takes a field out, as JSON; null when there is none.
    #[must_use]
    pub fn take(&mut self, name: &str) -> Box<RawValue> {
        let place = self.0.iter().position(|(known, _)| known == name);
        place.map_or_else(|| RawValue::NULL.to_owned(), |place| self.0.remove(place).1)
    }

    /// The field of this name, as JSON.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.get())
    }
}

impl PartialEq for Answer {
    fn eq(&self, other: &Self) -> bool {
        let text = |it: &Self| it.0.iter().map(|(name, value)| (name.clone(), value.get().to_owned())).collect();
        let (own, others): (Vec<_>, Vec<_>) = (text(self), text(other));
        own == others
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

//! Tables of requests and what becomes of them.

mod changing;
mod making;
mod shown;

use serde_json::json;

use super::*;
use crate::access::{Catalog, Manager, Role};
use crate::config::{Config, KeyGeneration};
use crate::request::{Refusal, RefusalKind};

const NOW: &str = "2026-05-13T10:47:33Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

struct World {
    calendar: Calendar,
    defaults: Map<String, Value>,
    bounds: UpperBounds,
    generation: KeyGeneration,
    config: Config,
}

impl World {
    fn new(defaults: Value, bounds: Value) -> Self {
        Self {
            calendar: Calendar::default(),
            defaults: map(defaults),
            bounds: UpperBounds::parse(&map(bounds)).unwrap(),
            generation: KeyGeneration::default(),
            config: Config::default(),
        }
    }

    fn maker(&self) -> Maker<'_> {
        Maker {
            now: at(NOW),
            calendar: &self.calendar,
            random: [0xfb; 16],
            who: who(Role::ProxyAdmin, "admin", None),
            owner: Some("admin"),
            catalog: Catalog::of(&self.config),
            defaults: &self.defaults,
            bounds: &self.bounds,
            generation: &self.generation,
            custom_secrets: true,
            rotates: false,
            grace: None,
        }
    }
}

fn who<'a>(role: Role, user: &'a str, own: Option<&'a Key>) -> Who<'a> {
    Who { manager: Manager { role, user_id: Some(user), organizations: &[] }, user: None, own }
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn plain() -> World {
    World::new(json!({}), json!({}))
}

fn make(body: Value) -> Result<Generated, Refusal> {
    make_by(body, &plain().maker(), &Around::default())
}

/// Makes a key the whole way: its fields, and whether the maker may.
fn make_by(body: Value, maker: &Maker<'_>, around: &Around) -> Result<Generated, Refusal> {
    let body = map(body);
    let mut made = generate(&body, maker)?;
    let change = Change { route: "/key/generate", body: &body, before: None };
    admit(&mut made.key, &change, maker, around)?;
    Ok(made)
}

/// Changes a key the whole way; it names nothing that there is.
fn update_by(key: &Key, body: Value, maker: &Maker<'_>) -> Result<Key, Refusal> {
    let (body, around) = (map(body), Around::default());
    let standing = maker.who.may(Act::Update, key, &around)?;
    let mut changed = update(key, &body, maker)?;
    let before = Some(Before { key, around: &around, standing });
    admit(&mut changed, &Change { route: "/key/update", body: &body, before }, maker, &around)?;
    Ok(changed)
}

//! The rules by which a key is made, changed and given a new secret. Whether the caller may is decided in `admit`.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::bounds::{Missing, fill};
use super::set::set;
use super::{Key, OtherSecret, UpperBounds, Who, fields};
use crate::access::Catalog;
use crate::config::KeyGeneration;
use crate::duration::{Calendar, Length, expires};
use crate::request::{self, Refusal, forbidden, invalid};

/// Everything beside the request and the entities that it names that making a key depends on.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    /// The moment of the request.
    pub now: Timestamp,
    /// Where budget periods begin.
    pub calendar: &'a Calendar,
    /// 16 random bytes for the secret.
    pub random: [u8; 16],
    /// Who asks.
    pub who: Who<'a>,
    /// The user whom a new key belongs to if the request names none.
    pub owner: Option<&'a str>,
    /// The models that there are.
    pub catalog: Catalog<'a>,
    /// `default_key_generate_params`.
    pub defaults: &'a Map<String, Value>,
    /// `upperbound_key_generate_params`.
    pub bounds: &'a UpperBounds,
    /// `key_generation_settings`.
    pub generation: &'a KeyGeneration,
    /// Whether callers may choose the secret themselves.
    pub custom_secrets: bool,
    /// Whether keys are given new secrets by a job, and stored where their holders read them.
    pub rotates: bool,
    /// How long an old secret stays good where a request does not say.
    pub grace: Option<Length>,
}

/// A new secret and the key that it opens.
#[derive(Clone)]
pub struct Generated {
    /// The secret, to be shown once and then forgotten.
    pub secret: String,
    /// The key to be stored.
    pub key: Key,
    /// How long the key is good for, as the request had it.
    pub duration: Option<String>,
}

/// Makes a key as a `/key/generate` request asks. Nothing is allowed yet: see [`super::admit`].
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn generate(body: &Map<String, Value>, maker: &Maker<'_>) -> Result<Generated, Refusal> {
    let mut body = body.clone();
    fill(&mut body, maker.defaults);
    maker.bounds.apply(&mut body, Missing::Filled)?;
    if body.get("spend").is_some_and(|spend| spend.as_f64() == Some(0.0)) {
        body.shift_remove("spend");
    }
    fields::check(&body)?;
    own_user(&mut body, maker)?;
    let secret = match request::text("key", body.get("key").unwrap_or(&Value::Null))? {
        Some(custom) => custom_secret("key", custom, maker)?,
        None => Key::secret(maker.random),
    };
    let token = Key::hash(&secret);
    let own_team = maker.who.own.filter(|_| !maker.who.is_admin()).and_then(|own| own.team_id.clone());
    let mut key = Key {
        origin: token.clone(),
        key_name: Key::name(&secret),
        token,
        user_id: maker.owner.map(str::to_owned),
        team_id: own_team,
        created_at: Some(maker.now),
        created_by: maker.who.user_id().map(str::to_owned),
        ..Key::default()
    };
    set(&mut key, &body, maker)?;
    Ok(Generated { secret, key, duration: duration(&body) })
}

/// Changes a key as a `/key/update` request asks: fields that are left out stay, null takes a limit away. Nothing is
/// allowed yet: see [`super::admit`].
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn update(key: &Key, body: &Map<String, Value>, maker: &Maker<'_>) -> Result<Key, Refusal> {
    let mut body = body.clone();
    body.shift_remove("key");
    maker.bounds.apply(&mut body, Missing::Kept)?;
    fields::check(&body)?;
    let mut changed = key.clone();
    set(&mut changed, &body, maker)?;
    Ok(changed)
}

/// Gives a key a new secret and changes it as a `/key/regenerate` request asks. Identity, spend and limits stay; the
/// old secret stays good for the grace period. Nothing is allowed yet: see [`super::admit`].
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn regenerate(key: &Key, body: &Map<String, Value>, maker: &Maker<'_>) -> Result<Generated, Refusal> {
    let mut body = body.clone();
    let grace = match body.shift_remove("grace_period") {
        None | Some(Value::Null) => maker.grace,
        Some(Value::String(none)) if is_nothing(&none) => None,
        Some(given) => request::length("grace_period", &given)?,
    };
    let custom = body.shift_remove("new_key").unwrap_or(Value::Null);
    let secret = match request::text("new_key", &custom)? {
        Some(custom) => custom_secret("new_key", custom, maker)?,
        None => Key::secret(maker.random),
    };
    if Key::hash(&secret) == key.token {
        return Err(invalid("new_key", "is the secret that the key has already"));
    }
    let changed = update(key, &body, maker)?;
    Ok(Generated { duration: duration(&body), ..renew(changed, secret, grace, maker.now)? })
}

/// Gives a key that is due for it a new secret, and says when the next one is.
///
/// # Errors
/// [`Refusal`] when the key's interval is no length of time.
pub fn rotate(key: &Key, random: [u8; 16], grace: Option<Length>, now: Timestamp) -> Result<Generated, Refusal> {
    let length = request::length("rotation_interval", &key.rotation_interval.clone().into())?;
    let rotated = Key {
        key_rotation_at: length.and_then(|length| expires(now, length)),
        last_rotation_at: Some(now),
        rotation_count: key.rotation_count + 1,
        auto_rotate: key.auto_rotate && length.is_some(),
        ..key.clone()
    };
    renew(rotated, Key::secret(random), grace, now)
}

/// No length of time at all: an empty text or `0s`.
fn is_nothing(text: &str) -> bool {
    let unit = text.trim_start_matches('0');
    text.is_empty() || (unit.len() < text.len() && unit.chars().all(char::is_alphabetic))
}

fn renew(mut key: Key, secret: String, grace: Option<Length>, now: Timestamp) -> Result<Generated, Refusal> {
    let token = Key::hash(&secret);
    match grace {
        // Whoever leaves no time wants no other secret to open the key.
        None => key.also.clear(),
        Some(grace) => {
            let revoke_at =
                expires(now, grace).ok_or_else(|| invalid("grace_period", "is longer than the calendar"))?;
            key.also.retain(|other| other.revoke_at > now && other.token != token);
            key.also.push(OtherSecret { token: key.token.clone(), revoke_at });
        }
    }
    if key.also.len() > MOST_SECRETS {
        let reason = "too many earlier secrets of this key are still in their grace periods";
        return Err(invalid("grace_period", reason));
    }
    key.token = token;
    key.key_name = Key::name(&secret);
    Ok(Generated { secret, key, duration: None })
}

/// Each earlier secret is one more write when the key changes its secret: a transaction takes a hundred.
const MOST_SECRETS: usize = 20;

fn duration(body: &Map<String, Value>) -> Option<String> {
    body.get("duration").and_then(Value::as_str).map(str::to_owned)
}

/// Holds everyone but an admin to their own user.
fn own_user(body: &mut Map<String, Value>, maker: &Maker<'_>) -> Result<(), Refusal> {
    if maker.who.is_admin() {
        return Ok(());
    }
    if let Some(user) = request::text("user_id", body.get("user_id").unwrap_or(&Value::Null))?
        && Some(user.as_str()) != maker.who.user_id()
    {
        return Err(forbidden("user_id", "only an admin may give a key to another user"));
    }
    body.shift_remove("user_id");
    Ok(())
}

fn custom_secret(field: &str, secret: String, maker: &Maker<'_>) -> Result<String, Refusal> {
    if !maker.custom_secrets {
        return Err(forbidden(field, "choosing a key's secret is switched off here"));
    }
    if !secret.starts_with("sk-") || secret.len() < 16 {
        return Err(invalid(field, "must start with sk- and have at least 16 characters"));
    }
    if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid(field, "must consist of visible ASCII characters"));
    }
    Ok(secret)
}

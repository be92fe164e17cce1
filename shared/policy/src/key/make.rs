//! The rules by which a key is made, changed and given a new secret.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::within::{check_unlimited, check_within};
use super::{Key, fields};
use crate::access::Role;
use crate::duration::{Calendar, Length, expires};
use crate::request::{self, Refusal, forbidden, invalid, wrong_type};

/// Everything beside the request that making a key depends on.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    /// The moment of the request.
    pub now: Timestamp,
    /// Where budget periods begin.
    pub calendar: &'a Calendar,
    /// 16 random bytes for the secret.
    pub random: [u8; 16],
    /// The caller's role.
    pub role: Role,
    /// The caller's user id.
    pub user_id: Option<&'a str>,
    /// The key that the caller came with: unless an admin, nobody makes a key that may do more.
    pub own: Option<&'a Key>,
    /// `default_key_generate_params`.
    pub defaults: &'a Map<String, Value>,
    /// `upperbound_key_generate_params`.
    pub bounds: &'a UpperBounds,
    /// Whether callers may choose the secret themselves.
    pub custom_secrets: bool,
}

/// The most that a request may ask for, by field; what a request leaves out gets the bound itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpperBounds(Map<String, Value>);

/// A new secret and the key that it opens.
#[derive(Clone)]
pub struct Generated {
    /// The secret, to be shown once and then forgotten.
    pub secret: String,
    /// The key to be stored.
    pub key: Key,
}

impl UpperBounds {
    /// Reads `upperbound_key_generate_params`.
    ///
    /// # Errors
    /// [`Refusal`], naming a bound of the wrong type.
    pub fn parse(map: &Map<String, Value>) -> Result<Self, Refusal> {
        for (field, bound) in map {
            match field.as_str() {
                "max_budget" | "soft_budget" => request::money(field, bound).map(|_| ())?,
                "tpm_limit" | "rpm_limit" | "tpd_limit" | "max_parallel_requests" => {
                    request::count(field, bound).map(|_| ())?;
                }
                "duration" | "budget_duration" => request::length(field, bound).map(|_| ())?,
                _ => return Err(invalid(field, "has no upper bound")),
            }
        }
        Ok(Self(map.clone()))
    }

    /// The bounds on fields that are not enforced here, which therefore bound nothing.
    pub fn unenforced(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str).filter(|field| !fields::is_enforced(field))
    }

    /// Fills what `body` leaves out and refuses what is above a bound.
    fn apply(&self, body: &mut Map<String, Value>) -> Result<(), Refusal> {
        for (field, bound) in self.0.iter().filter(|(field, bound)| fields::is_enforced(field) && !bound.is_null()) {
            let asked = body.get(field).unwrap_or(&Value::Null);
            let above = match field.as_str() {
                "duration" | "budget_duration" => {
                    let seconds = |value| Ok(request::length(field, value)?.map(Length::seconds));
                    above(seconds(asked)?, seconds(bound)?)
                }
                "max_budget" | "soft_budget" => above(request::money(field, asked)?, request::money(field, bound)?),
                _ => above(request::count(field, asked)?, request::count(field, bound)?),
            };
            match above {
                None => drop(body.insert(field.clone(), bound.clone())),
                Some(false) => {}
                Some(true) => {
                    return Err(invalid(field, format!("is above the highest value allowed here, {bound}")));
                }
            }
        }
        Ok(())
    }
}

/// Whether `asked` is above `bound`; `None` when nothing is asked for.
fn above<T: PartialOrd>(asked: Option<T>, bound: Option<T>) -> Option<bool> {
    asked.map(|asked| bound.is_some_and(|bound| asked > bound))
}

/// Makes a key as a `/key/generate` request asks.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn generate(body: &Map<String, Value>, maker: &Maker<'_>) -> Result<Generated, Refusal> {
    let mut body = body.clone();
    fill(&mut body, maker.defaults);
    maker.bounds.apply(&mut body)?;
    if body.get("spend").is_some_and(|spend| spend.as_f64() == Some(0.0)) {
        body.shift_remove("spend");
    }
    fields::check(&body)?;
    own(&mut body, maker)?;
    let secret = match request::text("key", body.get("key").unwrap_or(&Value::Null))? {
        Some(custom) => custom_secret("key", custom, maker)?,
        None => Key::secret(maker.random),
    };
    let token = Key::hash(&secret);
    let mut key = Key {
        origin: token.clone(),
        key_name: Key::name(&secret),
        token,
        user_id: maker.user_id.map(str::to_owned),
        created_at: Some(maker.now),
        created_by: maker.user_id.map(str::to_owned),
        ..Key::default()
    };
    set(&mut key, &body, maker)?;
    if let Some(own) = maker.own.filter(|_| maker.role != Role::ProxyAdmin) {
        check_unlimited(own)?;
        check_within(&key, own)?;
    }
    Ok(Generated { secret, key })
}

/// Changes a key as a `/key/update` request asks: fields that are left out stay, null takes a limit away.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn update(key: &Key, body: &Map<String, Value>, maker: &Maker<'_>) -> Result<Key, Refusal> {
    let mut body = body.clone();
    body.shift_remove("key");
    fields::check(&body)?;
    own(&mut body, maker)?;
    let mut changed = key.clone();
    set(&mut changed, &body, maker)?;
    if maker.role != Role::ProxyAdmin {
        check_within(&changed, key)?;
    }
    Ok(changed)
}

/// Gives a key a new secret and changes it as a `/key/regenerate` request asks. Identity, spend and limits stay.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn regenerate(key: &Key, body: &Map<String, Value>, maker: &Maker<'_>) -> Result<Generated, Refusal> {
    let mut body = body.clone();
    if let Some(grace) = body.shift_remove("grace_period")
        && request::length("grace_period", &grace).map_or(true, |length| length.is_some())
        && grace != "0s"
    {
        return Err(invalid("grace_period", "this gateway does not keep the old secret valid; leave it out"));
    }
    let custom = body.shift_remove("new_key").unwrap_or(Value::Null);
    let secret = match request::text("new_key", &custom)? {
        Some(custom) => custom_secret("new_key", custom, maker)?,
        None => Key::secret(maker.random),
    };
    let mut key = update(key, &body, maker)?;
    key.token = Key::hash(&secret);
    key.key_name = Key::name(&secret);
    Ok(Generated { secret, key })
}

/// Fills what `body` leaves blank.
fn fill(body: &mut Map<String, Value>, defaults: &Map<String, Value>) {
    for (field, default) in defaults.iter().filter(|(field, _)| fields::is_enforced(field)) {
        let blank = match body.get(field) {
            None | Some(Value::Null) => true,
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::Object(map)) => map.is_empty(),
            Some(_) => false,
        };
        if blank {
            body.insert(field.clone(), default.clone());
        }
    }
}

/// Holds everyone but an admin to their own user.
fn own(body: &mut Map<String, Value>, maker: &Maker<'_>) -> Result<(), Refusal> {
    if maker.role == Role::ProxyAdmin {
        return Ok(());
    }
    if let Some(user) = request::text("user_id", body.get("user_id").unwrap_or(&Value::Null))?
        && Some(user.as_str()) != maker.user_id
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

/// Sets every field that `body` names.
fn set(key: &mut Key, body: &Map<String, Value>, maker: &Maker<'_>) -> Result<(), Refusal> {
    // Some fields live in the metadata: they must not be lost to a metadata object in the same request.
    if let Some(metadata) = body.get("metadata") {
        key.metadata = request::object("metadata", metadata)?;
        check_increase(&key.metadata)?;
    }
    // The kind of key stands for routes, unless the request names some.
    let kind = request::text("key_type", body.get("key_type").unwrap_or(&Value::Null))?;
    if let Some(kind) = &kind {
        key.allowed_routes = routes_of(kind)?.iter().map(|route| (*route).to_owned()).collect();
        key.key_type = Some(kind.clone());
    }
    if let Some(routes) = body.get("allowed_routes") {
        let routes = request::texts("allowed_routes", routes)?;
        if !routes.is_empty() || kind.is_none() {
            key.allowed_routes = routes;
        }
    }
    // What nothing enforces has been refused, unless it is blank and sets nothing.
    for (field, value) in body.iter().filter(|(field, _)| fields::is_enforced(field)) {
        set_field(key, field, value, maker)?;
    }
    check_increase(&key.metadata)?;
    key.updated_at = Some(maker.now);
    key.updated_by = maker.user_id.map(str::to_owned);
    Ok(())
}

fn set_field(key: &mut Key, field: &str, value: &Value, maker: &Maker<'_>) -> Result<(), Refusal> {
    match field {
        "key_alias" => key.key_alias = request::text(field, value)?.filter(|alias| !alias.is_empty()),
        "models" => key.models = request::texts(field, value)?,
        "allowed_cache_controls" => key.allowed_cache_controls = request::texts(field, value)?,
        "aliases" => key.aliases = request::names(field, value)?,
        "permissions" => key.permissions = request::object(field, value)?,
        "blocked" => key.blocked = request::flag(field, value)?,
        "user_id" => key.user_id = request::text(field, value)?,
        "team_id" => key.team_id = request::text(field, value)?,
        "organization_id" => key.organization_id = request::text(field, value)?,
        "project_id" => key.project_id = request::text(field, value)?,
        "agent_id" => key.agent_id = request::text(field, value)?,
        "duration" => {
            key.expires = match request::length(field, value)? {
                None => None,
                Some(length) => {
                    Some(expires(maker.now, length).ok_or_else(|| invalid(field, "is longer than the calendar"))?)
                }
            }
        }
        "tags" => keep(key, field, Value::from(request::texts(field, value)?), value),
        "default_estimated_output_tokens" => {
            keep(key, field, Value::from(request::count(field, value)?), value);
        }
        "default_estimated_output_tokens_per_model" => {
            for (model, tokens) in request::object(field, value)? {
                request::count(&format!("{field}.{model}"), &tokens)?;
            }
            keep(key, field, value.clone(), value);
        }
        "temp_budget_increase" => {
            request::money(field, value)?;
            keep(key, field, value.clone(), value);
        }
        "temp_budget_expiry" | "disable_global_guardrails" => keep(key, field, value.clone(), value),
        // `key` is the secret; routes and metadata are set; the others are refused unless blank.
        other => {
            key.limits.set(other, value, maker.calendar, maker.now)?;
        }
    }
    Ok(())
}

/// Keeps a setting in the metadata, or takes it out when the request says null.
fn keep(key: &mut Key, field: &str, checked: Value, asked: &Value) {
    if asked.is_null() {
        key.metadata.shift_remove(field);
    } else {
        key.metadata.insert(field.to_owned(), checked);
    }
}

/// Routes by the kind of key.
fn routes_of(kind: &str) -> Result<&'static [&'static str], Refusal> {
    match kind {
        "default" => Ok(&[]),
        "llm_api" => Ok(&["llm_api_routes"]),
        "management" => Ok(&["management_routes"]),
        "read_only" => Ok(&["info_routes"]),
        _ => Err(wrong_type("key_type", "default, llm_api, management or read_only")),
    }
}

/// A temporary increase needs an amount and an end.
fn check_increase(metadata: &Map<String, Value>) -> Result<(), Refusal> {
    let null = Value::Null;
    let increase = metadata.get("temp_budget_increase").unwrap_or(&null);
    let expiry = metadata.get("temp_budget_expiry").unwrap_or(&null);
    let amount = request::money("temp_budget_increase", increase)?;
    let end = match request::text("temp_budget_expiry", expiry)? {
        None => None,
        Some(text) => Some(
            request::timestamp(&text)
                .ok_or_else(|| invalid("temp_budget_expiry", "is not a date such as 2026-01-31"))?,
        ),
    };
    match (amount, end) {
        (Some(_), None) => Err(invalid("temp_budget_expiry", "is needed with temp_budget_increase")),
        (None, Some(_)) => Err(invalid("temp_budget_increase", "is needed with temp_budget_expiry")),
        _ => Ok(()),
    }
}

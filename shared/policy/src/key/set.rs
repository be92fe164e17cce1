//! Sets a key's fields as a request names them.

use serde_json::{Map, Value};

use super::{Key, Maker, fields, settings};
use crate::duration::expires;
use crate::entity::ObjectPermission;
use crate::request::{self, Refusal, invalid, wrong_type};

/// Sets every field that `body` names.
pub(super) fn set(key: &mut Key, body: &Map<String, Value>, maker: &Maker<'_>) -> Result<(), Refusal> {
    // Some fields live in the metadata: they must not be lost to a metadata object in the same request.
    if let Some(metadata) = body.get("metadata") {
        key.metadata = request::object("metadata", metadata)?;
        settings::check(&key.metadata)?;
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
    settings::check(&key.metadata)?;
    ObjectPermission::set(&mut key.object_permission, ("key", &key.origin), body)?;
    set_rotation(key, body, maker)?;
    key.updated_at = Some(maker.now);
    key.updated_by = maker.who.user_id().map(str::to_owned);
    Ok(())
}

fn set_field(key: &mut Key, field: &str, value: &Value, maker: &Maker<'_>) -> Result<(), Refusal> {
    let id = || Ok(request::text(field, value)?.filter(|id| !id.is_empty()));
    match field {
        "key_alias" => key.key_alias = id()?,
        "models" => key.models = request::texts(field, value)?,
        "aliases" => key.aliases = request::names(field, value)?,
        "permissions" => key.permissions = request::object(field, value)?,
        "blocked" => key.blocked = request::flag(field, value)?,
        "user_id" => key.user_id = id()?,
        "team_id" => key.team_id = id()?,
        "organization_id" => key.organization_id = id()?,
        "project_id" => key.project_id = id()?,
        "agent_id" => key.agent_id = id()?,
        "budget_id" => key.budget_id = id()?,
        "allowed_cache_controls" => key.allowed_cache_controls = request::texts(field, value)?,
        "access_group_ids" => key.access_group_ids = request::texts(field, value)?,
        "budget_fallbacks" => {
            let one = |(model, others): (String, Value)| Ok((model, request::texts(field, &others)?));
            key.budget_fallbacks =
                request::object(field, value)?.into_iter().map(one).collect::<Result<_, Refusal>>()?;
        }
        "duration" => {
            key.expires = match request::length(field, value)? {
                None => None,
                Some(length) => {
                    Some(expires(maker.now, length).ok_or_else(|| invalid(field, "is longer than the calendar"))?)
                }
            }
        }
        field if settings::is_setting(field) => settings::set(&mut key.metadata, field, value)?,
        // `key` is the secret; routes, metadata, permission and rotation are set apart; the others are refused unless blank.
        other => {
            key.limits.set(other, value, maker.calendar, maker.now)?;
        }
    }
    Ok(())
}

/// A key is given new secrets only where there is a place that its holders read them from.
fn set_rotation(key: &mut Key, body: &Map<String, Value>, maker: &Maker<'_>) -> Result<(), Refusal> {
    let interval = body.get("rotation_interval");
    if let Some(value) = body.get("auto_rotate") {
        key.auto_rotate = request::flag("auto_rotate", value)?;
    }
    if let Some(value) = interval {
        key.rotation_interval = request::length("rotation_interval", value)?.map(|length| length.to_string());
    }
    if !key.auto_rotate {
        key.key_rotation_at = None;
        return Ok(());
    }
    if !maker.rotates {
        let reason = "new secrets would reach nobody: set LITELLM_KEY_ROTATION_ENABLED, general_settings.\
                      key_management_system: aws_secret_manager, and in key_management_settings store_virtual_keys \
                      and an access_mode that writes";
        return Err(invalid("auto_rotate", reason));
    }
    if key.key_alias.is_none() {
        return Err(invalid("key_alias", "is required with auto_rotate: the secret is stored under it"));
    }
    let Some(length) = request::length("rotation_interval", &key.rotation_interval.clone().into())? else {
        return Err(invalid("rotation_interval", "is required with auto_rotate"));
    };
    if key.key_rotation_at.is_none() || interval.is_some() {
        key.key_rotation_at = expires(maker.now, length);
    }
    Ok(())
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

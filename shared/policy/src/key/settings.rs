//! Settings that LiteLLM keeps among a key's metadata: how each is read, and when one allows more than another.

use serde_json::{Map, Value};

use crate::request::{self, Refusal, invalid, wrong_type};

/// How a caller who is no admin may change a setting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    /// Not at all.
    Fixed,
    /// Entries may be added, none taken away.
    Grows,
    /// A limit for each name, which may be lowered. A name beside others could stand for one of them.
    Lowers,
    /// How a limit is meant: `dynamic` holds only while a model is failing, and so allows more.
    Kind,
}

/// The settings, sorted.
const SETTINGS: &[(&str, Bound)] = &[
    ("default_estimated_output_tokens", Bound::Fixed),
    ("default_estimated_output_tokens_per_model", Bound::Fixed),
    ("disable_global_guardrails", Bound::Fixed),
    ("end_user_budget_id", Bound::Fixed),
    ("enforced_params", Bound::Grows),
    ("model_rpm_limit", Bound::Lowers),
    ("model_tpm_limit", Bound::Lowers),
    ("rpm_limit_type", Bound::Kind),
    (SERVICE_ACCOUNT, Bound::Fixed),
    ("tag_rpm_limit", Bound::Lowers),
    ("tags", Bound::Grows),
    ("temp_budget_expiry", Bound::Fixed),
    ("temp_budget_increase", Bound::Fixed),
    ("throttle_on_budget_exceeded", Bound::Fixed),
    ("tpm_limit_type", Bound::Kind),
];

/// Names the service account that a key belongs to; stays once it is set.
pub(super) const SERVICE_ACCOUNT: &str = "service_account_id";

pub(super) fn is_setting(field: &str) -> bool {
    SETTINGS.iter().any(|(name, _)| *name == field)
}

/// Sets a setting, or takes it away when the request says null or nothing.
pub(super) fn set(metadata: &mut Map<String, Value>, field: &str, value: &Value) -> Result<(), Refusal> {
    let read = read(field, value)?;
    if read.is_null() || read == "" {
        metadata.shift_remove(field);
    } else {
        metadata.insert(field.to_owned(), read);
    }
    Ok(())
}

/// Checks the settings of a metadata object that came as a whole.
pub(super) fn check(metadata: &Map<String, Value>) -> Result<(), Refusal> {
    for (field, value) in metadata.iter().filter(|(field, _)| is_setting(field)) {
        read(field, value)?;
    }
    let blank = |name: &str| metadata.get(name).is_none_or(Value::is_null);
    match (blank("temp_budget_increase"), blank("temp_budget_expiry")) {
        (false, true) => Err(invalid("temp_budget_expiry", "is needed with temp_budget_increase")),
        (true, false) => Err(invalid("temp_budget_increase", "is needed with temp_budget_expiry")),
        _ => Ok(()),
    }
}

fn read(field: &str, value: &Value) -> Result<Value, Refusal> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    Ok(match field {
        "tags" | "enforced_params" => request::texts(field, value)?.into(),
        "model_rpm_limit" | "model_tpm_limit" | "tag_rpm_limit" => limits(field, value, 0)?.into(),
        "default_estimated_output_tokens_per_model" => limits(field, value, 1)?.into(),
        "default_estimated_output_tokens" => at_least(1, field, value)?,
        "rpm_limit_type" | "tpm_limit_type" => match request::text(field, value)?.as_deref() {
            Some("best_effort_throughput" | "guaranteed_throughput" | "dynamic" | "") => value.clone(),
            _ => return Err(wrong_type(field, "best_effort_throughput, guaranteed_throughput or dynamic")),
        },
        "temp_budget_increase" => {
            request::money(field, value)?;
            value.clone()
        }
        "temp_budget_expiry" => {
            let text = request::text(field, value)?.unwrap_or_default();
            request::timestamp(&text).ok_or_else(|| invalid(field, "is not a date such as 2026-01-31"))?;
            value.clone()
        }
        "end_user_budget_id" | SERVICE_ACCOUNT => request::text(field, value)?.into(),
        "disable_global_guardrails" | "throttle_on_budget_exceeded" => request::flag(field, value)?.into(),
        _ => value.clone(),
    })
}

fn limits(field: &str, value: &Value, least: u64) -> Result<Map<String, Value>, Refusal> {
    let one = |(name, value): (String, Value)| Ok((name.clone(), at_least(least, &format!("{field}.{name}"), &value)?));
    request::object(field, value)?.into_iter().map(one).collect()
}

fn at_least(least: u64, field: &str, value: &Value) -> Result<Value, Refusal> {
    match request::count(field, value)? {
        Some(number) if number < least => Err(invalid(field, format!("must be at least {least}"))),
        number => Ok(number.into()),
    }
}

/// The settings of `new` that allow more than `base` does.
pub(super) fn looser<'a>(
    new: &'a Map<String, Value>,
    base: &'a Map<String, Value>,
) -> impl Iterator<Item = &'static str> {
    let is_looser = |(name, bound): &&(&'static str, Bound)| {
        let (new, base) = (new.get(*name).unwrap_or(&Value::Null), base.get(*name).unwrap_or(&Value::Null));
        match bound {
            Bound::Fixed => new != base,
            Bound::Grows => entries(base).iter().any(|entry| !entries(new).contains(entry)),
            Bound::Lowers => base.as_object().filter(|base| !base.is_empty()).is_some_and(|base| {
                let raised = |(name, limit): (&String, &Value)| {
                    new.get(name)
                        .and_then(Value::as_u64)
                        .is_none_or(|asked| limit.as_u64().is_some_and(|it| asked > it))
                };
                new.as_object().is_none_or(|new| new.len() > base.len()) || base.iter().any(raised)
            }),
            Bound::Kind => new == "dynamic" && base != "dynamic",
        }
    };
    SETTINGS.iter().filter(is_looser).map(|(name, _)| *name)
}

/// Takes the settings of `base` where `new` says nothing of them.
pub(super) fn inherit(new: &mut Map<String, Value>, base: &Map<String, Value>) {
    for (name, value) in base.iter().filter(|(name, _)| is_setting(name)) {
        if !new.contains_key(name) {
            new.insert(name.clone(), value.clone());
        }
    }
}

fn entries(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A setting that only a proxy admin sets and that `new` has otherwise than `base`.
pub(super) fn of_admins(new: &Map<String, Value>, base: &Map<String, Value>) -> Option<&'static str> {
    let of_managers = ["temp_budget_expiry", "temp_budget_increase", "throttle_on_budget_exceeded", SERVICE_ACCOUNT];
    let fixed = SETTINGS.iter().filter(|(name, bound)| *bound == Bound::Fixed && !of_managers.contains(name));
    fixed.map(|(name, _)| *name).find(|name| new.get(*name) != base.get(*name))
}

//! Guaranteed limits: those of all keys together must fit into their team's and organization's.

use serde_json::{Map, Value};

use super::{Around, Key};
use crate::entity::Limits;
use crate::request::{Refusal, invalid};

/// Where the shares are taken from.
struct Whole<'a> {
    name: &'static str,
    limits: &'a Limits,
    metadata: &'a Map<String, Value>,
    others: &'a [Key],
}

/// Checks that a key with a guaranteed limit does not promise what its team and organization do not have.
///
/// # Errors
/// A [`Refusal`] that names the limit.
pub(super) fn check_shares(key: &Key, around: &Around) -> Result<(), Refusal> {
    if !key.is_guaranteed() {
        return Ok(());
    }
    let team = around.team.as_ref();
    let organization = around.organization.as_ref();
    let wholes = [
        team.map(|it| Whole { name: "team", limits: &it.limits, metadata: &it.metadata, others: &around.of_team }),
        organization.map(|it| Whole {
            name: "organization",
            limits: &it.limits,
            metadata: &it.metadata,
            others: &around.of_organization,
        }),
    ];
    wholes.iter().flatten().try_for_each(|whole| check(key, whole))
}

fn check(key: &Key, whole: &Whole<'_>) -> Result<(), Refusal> {
    let others = || whole.others.iter().filter(|other| other.origin != key.origin);
    let sum = |limit: fn(&Key) -> Option<u64>| others().filter_map(limit).sum::<u64>();
    let tpm = |key: &Key| key.limits.tpm_limit;
    let rpm = |key: &Key| key.limits.rpm_limit;
    fits("tpm_limit", whole, sum(tpm), tpm(key), whole.limits.tpm_limit)?;
    fits("rpm_limit", whole, sum(rpm), rpm(key), whole.limits.rpm_limit)?;
    let kinds = [("model_tpm_limit", whole.limits.tpm_limit), ("model_rpm_limit", whole.limits.rpm_limit)];
    for (field, most) in kinds {
        for (model, asked) in limits(&key.metadata, field) {
            let used = others().filter_map(|other| limit(&other.metadata, field, model)).sum();
            let most = most.or_else(|| limit(whole.metadata, field, model));
            fits(field, whole, used, asked.as_u64(), most)?;
        }
    }
    Ok(())
}

fn fits(field: &str, whole: &Whole<'_>, used: u64, asked: Option<u64>, most: Option<u64>) -> Result<(), Refusal> {
    let kind = if field.ends_with("rpm_limit") { "RPM" } else { "TPM" };
    match (asked, most) {
        (Some(asked), Some(most)) if used.saturating_add(asked) > most => {
            let reason = format!(
                "Allocated {kind} limit={used} + Key {kind} limit={asked} is greater than {} {kind} limit={most}",
                whole.name
            );
            Err(invalid(field, reason))
        }
        _ => Ok(()),
    }
}

fn limits<'a>(metadata: &'a Map<String, Value>, field: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    metadata.get(field).and_then(Value::as_object).into_iter().flatten()
}

fn limit(metadata: &Map<String, Value>, field: &str, model: &str) -> Option<u64> {
    metadata.get(field)?.get(model)?.as_u64()
}

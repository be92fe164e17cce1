//! What rate limits depend on beside whose they are: the deployments' defaults, and whether they fail now.

use policy::limits::Grounds;
use serde_json::Value;

use super::claim::Claim;
use crate::App;

/// Whether the deployments that may answer say what keys are limited to, and whether limits of the type `dynamic` hold.
///
/// `throttle` is what is left to a key that has spent its budget.
pub(super) fn grounds(app: &App, claim: &Claim<'_>, throttle: Option<f64>) -> Grounds {
    let default = |name: &str| {
        let of = |it: &super::target::Target| {
            let deployment = &it.served.deployment;
            deployment.params.get(name).or_else(|| deployment.model_info.get(name)).and_then(Value::as_u64)
        };
        claim.targets.iter().find_map(of)
    };
    Grounds {
        default_rpm: default("default_api_key_rpm_limit"),
        default_tpm: default("default_api_key_tpm_limit"),
        throttle,
        global_parallel: app.config.general_settings.global_max_parallel_requests,
        failing: claim
            .targets
            .iter()
            .any(|it| app.cooldowns.is_failing(&it.served.deployment.id, app.rates.few_failures)),
    }
}

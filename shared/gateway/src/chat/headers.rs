//! The `x-litellm-*` headers of an answer, and the provider's own under `llm_provider-`.

use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use policy::money::Usd;

use super::ChatCall;
use super::account::Ledger;
use super::provider_headers::copy_provider;
use crate::ApiError;

/// The version that `x-litellm-version` states: ours.
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn of_success(call: &ChatCall, ledger: &Ledger, provider: &HeaderMap) -> HeaderMap {
    let mut headers = common(call, ledger);
    let event = ledger.event();
    set(&mut headers, "x-litellm-version", VERSION);
    set(&mut headers, "x-litellm-model-group", &event.model_group);
    set(&mut headers, "x-litellm-model-id", &event.model_id);
    set(&mut headers, "x-litellm-model-api-base", event.api_base.split('?').next().unwrap_or_default());
    set(&mut headers, "x-litellm-attempted-retries", &event.retries.to_string());
    set(&mut headers, "x-litellm-attempted-fallbacks", &event.fallbacks.to_string());
    if let Some(target) = ledger.target() {
        set(&mut headers, "x-litellm-model-name", &target.full_model());
        set(&mut headers, "x-litellm-model-region", ledger.region().unwrap_or_default());
    }
    let total = call.arrived.elapsed();
    set(&mut headers, "x-litellm-response-duration-ms", &milliseconds(total));
    set(&mut headers, "x-litellm-overhead-duration-ms", &milliseconds(total.saturating_sub(ledger.provider_time())));
    copy_provider(&mut headers, provider);
    headers
}

/// Adds the cost of a whole answer.
pub(super) fn add_cost(headers: &mut HeaderMap, ledger: &Ledger) {
    let Some(cost) = ledger.cost() else { return };
    set(headers, "x-litellm-response-cost", &cost.total.to_string());
    set(headers, "x-litellm-response-cost-original", &cost.original.to_string());
    set(headers, "x-litellm-response-cost-discount-amount", &cost.discount.to_string());
    set(headers, "x-litellm-response-cost-margin-amount", &cost.margin.to_string());
    let parts: [(&'static str, Usd); 6] = [
        ("x-litellm-response-cost-input", cost.input - cost.cache_read - cost.cache_creation),
        ("x-litellm-response-cost-output", cost.output),
        ("x-litellm-response-cost-cache-read", cost.cache_read),
        ("x-litellm-response-cost-cache-creation", cost.cache_creation),
        ("x-litellm-response-cost-reasoning", cost.reasoning),
        ("x-litellm-response-cost-tool-usage", cost.tool_usage),
    ];
    for (name, amount) in parts {
        if !amount.is_zero() {
            set(headers, name, &amount.to_string());
        }
    }
}

/// Adds to an error what every answer carries.
pub(super) fn on_error(mut error: ApiError, call: &ChatCall, ledger: &Ledger) -> ApiError {
    let own = std::mem::take(&mut error.headers);
    error.headers = common(call, ledger);
    set(&mut error.headers, "x-litellm-version", VERSION);
    set(&mut error.headers, "x-litellm-response-cost", "0");
    set(&mut error.headers, "x-litellm-model-id", &ledger.event().model_id);
    error.headers.extend(own);
    error
}

fn common(call: &ChatCall, ledger: &Ledger) -> HeaderMap {
    let mut headers = HeaderMap::new();
    set(&mut headers, "x-litellm-call-id", &call.call_id);
    if let Some(spend) = ledger.key_spend(call) {
        set(&mut headers, "x-litellm-key-spend", &spend.to_string());
    }
    if let Some(key) = call.caller.key() {
        let limits = [
            ("x-litellm-key-max-budget", key.limits.max_budget.map(|it| it.to_string())),
            ("x-litellm-key-tpm-limit", key.limits.tpm_limit.map(|it| it.to_string())),
            ("x-litellm-key-rpm-limit", key.limits.rpm_limit.map(|it| it.to_string())),
        ];
        for (name, limit) in limits {
            set(&mut headers, name, limit.as_deref().unwrap_or_default());
        }
    }
    for left in ledger.remaining() {
        let kinds = [("requests", left.requests), ("tokens", left.tokens), ("max_parallel_requests", left.parallel)];
        for (kind, numbers) in kinds {
            let Some((limit, remaining)) = numbers else { continue };
            add(&mut headers, &format!("x-ratelimit-{}-limit-{kind}", left.descriptor), &limit.to_string());
            add(&mut headers, &format!("x-ratelimit-{}-remaining-{kind}", left.descriptor), &remaining.to_string());
        }
    }
    headers
}

fn milliseconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1000.0)
}

/// Sets a header of ours; an empty value is left out.
fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Some(value) = HeaderValue::from_str(value).ok().filter(|it| !it.is_empty()) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// As [`set`], for a name that is not known beforehand.
fn add(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}

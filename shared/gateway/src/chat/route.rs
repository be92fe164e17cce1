//! Where a call goes: its model group, try after try, then the groups to fall back to.

use http::StatusCode;
use policy::access::{self, Catalog, ModelDecision};
use policy::routing::{
    Candidate, Choice, FallbackAsk, FallbackPlan, Group, Progress, RetryAsk, choose, fallback_targets, find_group,
    next_order, retry,
};
use provider_transform::{Format, Object};
use serde_json::Value;

use super::account::Ledger;
use super::attempt::{Answer, attempt};
use super::target::{Failure, Target};
use super::{ChatCall, limits};
use crate::hooks::pricing::blocks;
use crate::hooks::{self, Admission};
use crate::{ApiError, App, Caller, random_unit};

/// Finds the model group that may answer and reserves what the call may need. Must not be dropped half-way: a
/// reservation that nobody knows of would be charged as a crashed call.
pub(super) async fn admit_to<'a>(
    app: &'a App,
    call: &mut ChatCall,
    ledger: &mut Ledger,
) -> Result<Group<'a>, ApiError> {
    let group = group(app, call)?;
    let candidates = targets(app, &group, false);
    let (targets, longest_ms) = (candidates.as_slice(), limits::longest(app, call, &candidates));
    let admission = Admission { app, call: &*call, targets, longest_ms, ledger, cap: None };
    if let Some(cap) = hooks::admit(admission).await? {
        call.format.set(&Object::from_iter([("max_tokens".to_owned(), cap.into())]));
    }
    Ok(group)
}

/// The model group that a call asks for, if its caller may use it.
pub(super) fn group<'a>(app: &'a App, call: &ChatCall) -> Result<Group<'a>, ApiError> {
    let model = allowed(app, call, &call.chat().model)?;
    find(app, call, &model).ok_or_else(|| unknown_model(&call.chat().model))
}

/// The deployments of a group that are spoken to here.
fn targets(app: &App, group: &Group<'_>, is_fallback: bool) -> Vec<Target> {
    group.candidates.iter().filter_map(|it| Target::new(app, it, &group.name, is_fallback)).collect()
}

/// Finds an answer: the first try that succeeds, or the last failure.
pub(super) async fn answer(
    app: &App,
    call: &ChatCall,
    group: Group<'_>,
    ledger: &mut Ledger,
) -> Result<Answer, ApiError> {
    let mut failure = match try_group(app, call, call.format.as_ref(), &group, 0, ledger).await {
        Ok(answer) => return Ok(answer),
        Err(failure) => failure,
    };
    let (rules, client) = (&app.rules, &call.extras.fallbacks);
    let mut plan = FallbackPlan::default();
    plan.failed(rules, client, &group.name, failure.seen.class, 0);
    while let Some((fallback, depth)) = plan.next_target() {
        if client.list.is_some() && allowed(app, call, &fallback.model).is_err() {
            continue;
        }
        let Some(group) = find(app, call, &fallback.model) else { continue };
        if blocks(app, &targets(app, &group, true)) {
            continue;
        }
        let mut format = call.format.duplicate();
        format.set(&fallback.params);
        failure = match try_group(app, call, format.as_ref(), &group, depth, ledger).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        plan.failed(rules, client, &fallback.model, failure.seen.class, depth);
    }
    Err(failure.error)
}

/// Tries a group until it answers or the rules say to stop.
async fn try_group(
    app: &App,
    call: &ChatCall,
    format: &dyn Format,
    group: &Group<'_>,
    depth: u32,
    ledger: &mut Ledger,
) -> Result<Answer, Failure> {
    let resting = |id: &str| app.cooldowns.rests(id);
    let pick = |refused: &[String], above_order| {
        choose(group, &Progress { resting: &resting, refused, above_order }, random_unit())
    };
    let mut refused: Vec<String> = Vec::new();
    let mut above_order = None;
    let mut done = 0;
    loop {
        let candidate = match pick(&refused, above_order) {
            Choice::Deployment(candidate) => candidate,
            Choice::AllResting(ids) => return Err(all_resting(app, &group.name, &ids)),
            Choice::NoHigherOrder => return Err(all_resting(app, &group.name, &[])),
        };
        let Some(target) = Target::new(app, &candidate, &group.name, depth > 0) else {
            return Err(unsupported(&candidate));
        };
        ledger.trying(&target, done, depth);
        app.cooldowns.called(&candidate.deployment.id);
        let tried = attempt(app, call, format, target, ledger).await;
        ledger.provider_done();
        let failure = match tried {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        let id = &candidate.deployment.id;
        let healthy_others =
            group.candidates.iter().filter(|it| it.deployment.id != *id && !resting(&it.deployment.id));
        let healthy_others = healthy_others.count();
        app.cooldowns.failed(&app.rules, candidate.deployment, &failure.seen, healthy_others);
        let ask = RetryAsk {
            failure: &failure.seen,
            group: &group.name,
            requested: call.extras.num_retries,
            deployment: candidate.deployment.settings.num_retries,
            done,
            group_size: group.candidates.len(),
            healthy_others,
            healthy_self: !resting(id),
            has_fallback: has_fallback(app, call, &group.name, &failure, depth),
        };
        refused.push(id.clone());
        match retry(&app.rules, &ask, random_unit()) {
            Some(wait) => {
                done += 1;
                tokio::time::sleep(wait).await;
            }
            None => match next_order(group, candidate.deployment.settings.order) {
                Some(_) if !failure.hopeless => {
                    above_order = candidate.deployment.settings.order;
                    done = 0;
                }
                _ => return Err(failure),
            },
        }
    }
}

fn has_fallback(app: &App, call: &ChatCall, group: &str, failure: &Failure, depth: u32) -> bool {
    let tried = [group.to_owned()];
    let ask = FallbackAsk { group, class: failure.seen.class, client: &call.extras.fallbacks, depth, tried: &tried };
    !fallback_targets(&app.rules, &ask).is_empty()
}

/// The model to route by, if the caller may use it.
fn allowed(app: &App, call: &ChatCall, model: &str) -> Result<String, ApiError> {
    let Some(key) = call.caller.key() else { return Ok(model.to_owned()) };
    let provider = implied_provider(model);
    match access::model(key, model, provider, &Catalog::of(&app.config)) {
        ModelDecision::Allowed(routed) => Ok(routed),
        ModelDecision::Denied => {
            let message = format!("key not allowed to access model. Tried to access {}", call.chat().model);
            Err(ApiError::new(StatusCode::FORBIDDEN, "key_model_access_denied", message).param("model"))
        }
    }
}

fn find<'a>(app: &'a App, call: &ChatCall, model: &str) -> Option<Group<'a>> {
    let mut group = find_in_config(app, &call.caller, model)?;
    if let Some(id) = &call.pinned {
        group.candidates.retain(|it| it.deployment.id == *id);
    }
    Some(group).filter(|it| !it.candidates.is_empty())
}

/// Whether calls of `model` may go to the deployment `id`.
pub(super) fn is_served_by(app: &App, caller: &Caller, model: &str, id: &str) -> bool {
    let group = find_in_config(app, caller, model);
    group.is_some_and(|it| it.candidates.iter().any(|it| it.deployment.id == id))
}

fn find_in_config<'a>(app: &'a App, caller: &Caller, model: &str) -> Option<Group<'a>> {
    let team = caller.key().and_then(|key| key.team_id.as_deref());
    let settings = &app.config.router_settings;
    find_group(model, &app.config.model_list, &settings.model_group_alias, implied_provider(model), team)
}

/// The provider that a bare model name implies.
fn implied_provider(model: &str) -> Option<&'static str> {
    provider_transform::resolve(model, None, None).ok().map(|(provider, _)| provider.slug)
}

fn unknown_model(model: &str) -> ApiError {
    ApiError::invalid(format!(
        "Invalid model name passed in model={model}. Call `/v1/models` to view available models for your key."
    ))
}

fn all_resting(app: &App, group: &str, ids: &[String]) -> Failure {
    let left = ids.iter().filter_map(|id| app.cooldowns.rest_left(id)).min().unwrap_or_default();
    let seconds = left.as_secs_f64().ceil().max(1.0);
    let message = format!(
        "No deployments available for selected model, Try again in {seconds} seconds. Passed model={group}. \
         Resting deployments: {}",
        ids.join(", ")
    );
    let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "throttling_error", message);
    Failure::of_gateway(error.header("retry-after", &format!("{seconds}")), StatusCode::TOO_MANY_REQUESTS)
}

/// The deployment's provider is known to LiteLLM and not spoken here.
fn unsupported(candidate: &Candidate<'_>) -> Failure {
    let model = &candidate.deployment.model;
    let error = ApiError::invalid(format!("The provider of {model} is not supported by this gateway yet."));
    Failure::of_gateway(error.param("model"), StatusCode::BAD_REQUEST)
}

impl Target {
    /// The deployment of a candidate, made ready; `None` if its provider is not spoken here.
    pub(super) fn new(app: &App, candidate: &Candidate<'_>, group: &str, is_fallback: bool) -> Option<Self> {
        let served = app.models.iter().find(|it| it.deployment.id == candidate.deployment.id)?.clone();
        let text = |name: &str| served.params.get(name).and_then(Value::as_str);
        let model = match served.model.contains('*') {
            false => served.model.clone(),
            true => {
                let resolved =
                    provider_transform::resolve(&candidate.model, text("custom_llm_provider"), text("api_base"));
                resolved.ok().map(|(_, model)| model)?
            }
        };
        let facts = served.facts(&model);
        Some(Self { model, facts, group: group.to_owned(), is_fallback, served })
    }
}

//! Where a call goes: its model group, try after try, then the groups to fall back to.

use http::StatusCode;
use policy::key::Key;
use policy::routing::{
    Candidate, Choice, FallbackAsk, FallbackPlan, Group, Progress, RetryAsk, choose, fallback_targets, next_order,
    reachable, retry,
};
use policy::subject::{ModelNames, Subject};
use provider_transform::{Format, Object};
use serde_json::Value;

use super::account::Ledger;
use super::attempt::{Answer, attempt};
use super::claim::Claim;
use super::party::Party;
use super::permit::{allowed, find, group, implied_provider, permit};
use super::target::{Failure, Target};
use super::{ChatCall, limits};
use crate::hooks::pricing::blocks;
use crate::hooks::{self, Admission};
use crate::{ApiError, App, random_unit};

/// A call that may be made.
pub(super) struct Admitted<'a> {
    pub(super) group: Group<'a>,
    pub(super) party: Party,
}

/// Finds the model group that may answer and reserves what the call may need. Must not be dropped half-way: a
/// reservation that nobody knows of would be charged as a crashed call.
pub(super) async fn admit_to<'a>(
    app: &'a App,
    call: &mut ChatCall,
    ledger: &mut Ledger,
) -> Result<Admitted<'a>, ApiError> {
    let party = Party::find(app, &call.caller, &call.extras).await?;
    ledger.belongs_to(&party);
    permit(app, call, &party)?;
    let mut asked = call.chat().model.clone();
    let mut refused: Vec<String> = Vec::new();
    loop {
        let group = group(app, call, &party, &asked)?;
        let own = targets(app, &group, false);
        let others = fallbacks_of(app, call, &party, &group);
        let groups = party.groups([&asked, &group.name]);
        let claim = Claim {
            subject: Subject { groups: &groups, ..party.subject() },
            model: ModelNames { requested: &asked, group: &group.name, provider: implied_provider(&group.name) },
            targets: &own,
            fallbacks: &others,
            longest_ms: limits::longest(app, call, &own),
        };
        ledger.charged_to(app, &claim);
        let mut admission = Admission { app, call: &*call, claim: &claim, ledger, cap: None, only_model: false };
        let admitted = hooks::admit(&mut admission).await;
        let Admission { cap, only_model, .. } = admission;
        let error = match admitted {
            Ok(()) => {
                if let Some(cap) = cap {
                    call.format.set(&Object::from_iter([("max_tokens".to_owned(), cap.into())]));
                }
                return Ok(Admitted { group, party });
            }
            Err(error) => error,
        };
        let others = if only_model { budget_fallbacks(party.subject().key, &asked) } else { Vec::new() };
        refused.push(asked);
        match others.into_iter().find(|it| !refused.contains(it)) {
            Some(other) => asked = other,
            None => return Err(error),
        }
    }
}

/// The models to go to when the key's budget for `model` is used up.
fn budget_fallbacks(key: &Key, model: &str) -> Vec<String> {
    key.budget_fallbacks.get(model).cloned().unwrap_or_default()
}

/// The deployments of the groups that the call may fall back to.
fn fallbacks_of(app: &App, call: &ChatCall, party: &Party, group: &Group<'_>) -> Vec<Target> {
    let names = reachable(&app.rules, &call.extras.fallbacks, &group.name);
    let groups = names.iter().filter_map(|name| find(app, call, party, name));
    groups.flat_map(|group| targets(app, &group, true)).collect()
}

/// The deployments of a group that are spoken to here.
fn targets(app: &App, group: &Group<'_>, is_fallback: bool) -> Vec<Target> {
    group.candidates.iter().filter_map(|it| Target::new(app, it, &group.name, is_fallback)).collect()
}

/// Finds an answer: the first try that succeeds, or the last failure.
pub(super) async fn answer(
    app: &App,
    call: &ChatCall,
    admitted: &Admitted<'_>,
    ledger: &mut Ledger,
) -> Result<Answer, ApiError> {
    let Admitted { group, party } = admitted;
    let mut failure = match try_group(app, call, call.format.as_ref(), group, 0, ledger).await {
        Ok(answer) => return Ok(answer),
        Err(failure) => failure,
    };
    let (rules, client) = (&app.rules, &call.extras.fallbacks);
    let mut plan = FallbackPlan::default();
    plan.failed(rules, client, &group.name, failure.seen.class, 0);
    while let Some((fallback, depth)) = plan.next_target() {
        let checks = app.config.general_settings.enforce_fallback_model_access;
        if checks && allowed(app, party, &fallback.model).is_err() {
            continue;
        }
        let Some(group) = find(app, call, party, &fallback.model) else { continue };
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
        // A failure that the caller made up says nothing of the deployment.
        if call.extras.mock_response.is_none() {
            app.cooldowns.failed(&app.rules, candidate.deployment, &failure.seen, healthy_others);
        }
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

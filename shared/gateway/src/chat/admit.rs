//! Whether a key may make this call now: budgets and limits, reserved in one go or not at all.

use http::StatusCode;
use policy::cost;
use policy::limits::{self, Ask, LimitKind, Rejection};
use policy::money::Usd;
use policy::spend::SpendEvent;
use provider_transform::{ChatRequest, Message};
use store::{Budget, Decision, Entity, Limit, Limited, Refusal, Reserve};

use super::ChatCall;
use super::account::Ledger;
use super::target::{Asked, Target};
use crate::auth::{key_scope, timestamp};
use crate::{ApiError, App};

/// Answers longer than this are not expected of a model that does not state its own limit, in tokens.
const USUAL_LONGEST_ANSWER: u64 = 8192;

/// How much longer than the call's own limit a reservation stays, so that a slow settlement is not mistaken for a
/// crash.
const GRACE_MS: u64 = 10_000;

/// Reserves what the call may need. `targets` are the deployments that may answer it; the dearest counts.
///
/// # Errors
/// The refusal, or 503 when the counters cannot be written.
pub(crate) async fn admit(
    app: &App,
    call: &ChatCall,
    targets: &[Target],
    longest_ms: u64,
    ledger: &mut Ledger,
) -> Result<Option<u64>, ApiError> {
    let Some(key) = call.caller.key() else { return Ok(None) };
    let descriptors = limits::descriptors(key);
    let budget = key.budget_at(timestamp(app)).filter(|_| !is_free(targets));
    if descriptors.is_empty() && budget.is_none() {
        return Ok(None);
    }
    let settings = &app.config.general_settings;
    let ask = Ask {
        input_chars: written_chars(call.chat()),
        max_tokens: call.chat().max_output_tokens(),
        choices: call.chat().n(),
        generates: true,
    };
    let configured = limits::configured_output(key, &call.chat().model);
    let tokens = limits::estimate_tokens(&ask, limits::smallest_tpm(&descriptors), configured);
    let estimate = match budget {
        Some(_) if !settings.disable_budget_reservation => dearest(app, call, targets, configured.or(tokens.cap)),
        _ => Usd::ZERO,
    };
    let now = ledger.event().started;
    let request = Reserve {
        event: skeleton(ledger.event(), estimate, targets),
        now,
        expires: now + longest_ms + GRACE_MS,
        estimate,
        budgets: budget
            .map(|max| Budget { scope: key_scope(app, key), window: String::new(), max })
            .into_iter()
            .collect(),
        limits: descriptors
            .iter()
            .map(|it| Limit {
                descriptor: it.key.to_owned(),
                // The same entity as the budget's, so that one write serves both.
                entity: Entity { kind: "key".to_owned(), id: it.value.clone() },
                requests: it.rpm,
                tokens: it.tpm,
                parallel: it.parallel,
                estimate: tokens.counted(settings.token_rate_limit_type),
                ..Limit::default()
            })
            .collect(),
    };
    match app.store.reserve(&request).await.map_err(ApiError::unavailable)? {
        Decision::Reserved(reserved) => {
            ledger.reserved(reserved);
            Ok(tokens.cap.filter(|_| descriptors.iter().any(|it| it.tpm.is_some())))
        }
        Decision::Refused(refusal) => Err(refused(app, refusal)),
    }
}

/// Characters of the messages' text, which is what LiteLLM's estimate goes by.
fn written_chars(chat: &ChatRequest) -> u64 {
    chat.messages.iter().map(|it| it.content().text("").chars().count() as u64).sum()
}

/// Whether no deployment that may answer costs anything: such calls need no budget.
fn is_free(targets: &[Target]) -> bool {
    !targets.is_empty() && targets.iter().all(|it| it.price().is_some_and(policy::prices::Price::is_free))
}

/// The most that the call can cost at any of the deployments, in USD.
fn dearest(app: &App, call: &ChatCall, targets: &[Target], longest_answer: Option<u64>) -> Usd {
    let prompt_tokens = prompt_tokens_upper(call.chat());
    let (asked, at) = (Asked::of(call.chat()), app.clock().now_secs());
    let worst = targets.iter().filter_map(|target| {
        let longest = call
            .chat()
            .max_output_tokens()
            .or(longest_answer)
            .or(target.facts.info.max_output_tokens)
            .unwrap_or(USUAL_LONGEST_ANSWER);
        let priced = target.priced_call(app, &asked, at);
        Some(cost::worst_case(target.price()?, prompt_tokens, longest, call.chat().n(), &priced))
    });
    worst.max().unwrap_or(Usd::ZERO)
}

fn prompt_tokens_upper(chat: &ChatRequest) -> u64 {
    limits::prompt_tokens_upper(chat.messages.iter().map(|Message(fields)| fields), &chat.params)
}

/// What is charged should this call never come back: small, since it is stored beside every other open call's.
fn skeleton(event: &SpendEvent, estimate: Usd, targets: &[Target]) -> SpendEvent {
    let mut skeleton = SpendEvent::new(event.id.clone(), event.started);
    skeleton.spend = estimate;
    skeleton.estimated = true;
    skeleton.call_type.clone_from(&event.call_type);
    skeleton.endpoint.clone_from(&event.endpoint);
    skeleton.api_key.clone_from(&event.api_key);
    skeleton.user.clone_from(&event.user);
    skeleton.team_id.clone_from(&event.team_id);
    skeleton.scopes.clone_from(&event.scopes);
    skeleton.model_group.clone_from(&event.model_group);
    if let Some(target) = targets.first() {
        skeleton.model.clone_from(&target.model);
        target.served.provider.slug.clone_into(&mut skeleton.provider);
    }
    skeleton.clip();
    skeleton
}

fn refused(app: &App, refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::OverBudget { scope, spend, max, estimate, .. } => {
            let status = app.config.litellm_settings.budget_exceeded_status_code;
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            let mut message =
                format!("Budget has been exceeded! {} Current cost: {spend}, Max budget: {max}", title(&scope.kind));
            if spend < max {
                message.push_str(&format!(", Estimated cost of this request: {estimate}"));
            }
            ApiError::new(status, "budget_exceeded", message)
        }
        Refusal::RateLimited { descriptor, limited, limit, remaining, resets_at, .. } => {
            let kind = match limited {
                Limited::Requests => LimitKind::Requests,
                Limited::Tokens => LimitKind::Tokens,
                Limited::Parallel => LimitKind::Parallel,
            };
            let reset_at = jiff::Timestamp::from_millisecond(i64::try_from(resets_at).unwrap_or(i64::MAX));
            let rejection = Rejection {
                descriptor: &descriptor,
                kind,
                limit,
                reset_at: reset_at.unwrap_or(jiff::Timestamp::MAX),
                remaining,
            };
            let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "throttling_error", rejection.message());
            rejection.headers().iter().fold(error, |error, (name, value)| error.header(name, value))
        }
    }
}

fn title(kind: &str) -> &'static str {
    match kind {
        "key" => "Key",
        "user" => "User",
        "team" => "Team",
        _ => "Entity",
    }
}

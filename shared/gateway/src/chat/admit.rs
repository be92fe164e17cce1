//! Whether a call may be made now: budgets and limits of everyone behind it, reserved in one go or not at all.

use http::StatusCode;
use policy::budget::{self, Due};
use policy::cost;
use policy::limits::{self, Ask, Descriptor, Estimate, LimitKind, Rejection, TokenKind};
use policy::money::Usd;
use policy::routing::Fallback;
use policy::spend::{Scope, SpendEvent};
use policy::subject::{Kind, ModelNames, Subject};
use provider_transform::{ChatRequest, Format, Message};
use store::{Budget, Counted, Decision, Entity, Limit, Limited, Refusal, Reserve, StoreError};

use super::ChatCall;
use super::account::Ledger;
use super::claim::Claim;
use super::grounds::grounds;
use super::target::{Asked, Target};
use crate::payers::budget_rules;
use crate::{ApiError, App, log_chain, timestamp};

/// Answers longer than this are not expected of a model that does not state its own limit, in tokens.
const USUAL_LONGEST_ANSWER: u64 = 8192;

/// How much longer than the call's own limit a reservation stays, so that a slow settlement is not mistaken for a
/// crash.
const GRACE_MS: u64 = 10_000;

/// Why a call may not be made.
pub(crate) struct Declined {
    /// As the caller sees it.
    pub(crate) error: ApiError,
    /// A budget of the key for this model alone is used up: another model may do.
    pub(crate) by_model: bool,
}

/// Reserves what the call may need. Gives the cap that its answer must get, where limits are low and the caller set
/// none.
///
/// # Errors
/// The refusal, or 503 when the counters cannot be written.
pub(crate) async fn admit(
    app: &App,
    call: &ChatCall,
    claim: &Claim<'_>,
    ledger: &mut Ledger,
) -> Result<Option<u64>, Declined> {
    let throttle = limits::throttle(&claim.subject, app.config.litellm_settings.budget_exceeded_throttle_percentage);
    // What is known already need not be asked.
    let known = throttle.filter(|_| ledger.has_spent(claim.subject.key.budget_at(timestamp(app))));
    let mut asked = ask(app, call, claim, ledger, known).await;
    if let (Err(Refused::By(refusal)), Some(share), None) = (&asked, throttle, known)
        && is_of_key(refusal)
    {
        asked = ask(app, call, claim, ledger, Some(share)).await;
    }
    asked.map_err(|refused| match refused {
        Refused::By(refusal) => declined(app, claim, refusal),
        Refused::Unasked(error) => Declined { error, by_model: false },
    })
}

/// Why nothing was reserved.
enum Refused {
    By(Refusal),
    /// The counters cannot be written.
    Unasked(ApiError),
}

/// Whether the key's own budget is used up, the one that a throttled key may overspend.
fn is_of_key(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::OverBudget { scope, window, .. } if is_main_of_key(scope, window))
}

fn is_main_of_key(scope: &Scope, window: &str) -> bool {
    scope.kind == Kind::Key.as_str() && window.is_empty()
}

/// Reserves what the call may need. With a share `throttle` the key's own budget is charged and refuses nothing, and
/// the key has that share of its rate limits.
async fn ask(
    app: &App,
    call: &ChatCall,
    claim: &Claim<'_>,
    ledger: &mut Ledger,
    throttle: Option<f64>,
) -> Result<Option<u64>, Refused> {
    let descriptors = limits::descriptors(&claim.subject, &claim.model, &grounds(app, claim, throttle));
    let due = match claim.is_free() {
        true => Vec::new(),
        false => budget::due(&claim.subject, &claim.model, &budget_rules(app)),
    };
    let budget = |Due { scope, window, max }| {
        let refuses = throttle.is_none() || !is_main_of_key(&scope, &window);
        Budget { scope, window, max, refuses }
    };
    let budgets: Vec<Budget> = due.into_iter().map(budget).collect();
    if descriptors.is_empty() && budgets.is_empty() {
        return Ok(None);
    }
    let settings = &app.config.general_settings;
    let forms = forms(app, call);
    let configured = configured_output(&claim.subject, &claim.model);
    let smallest = limits::smallest_tpm(&descriptors);
    let estimate_of = |form: &dyn Format| limits::estimate_tokens(&extent(form), smallest, configured);
    let tokens = estimate_of(call.format.as_ref());
    let limits_tokens = app.rates.reserves_tokens && descriptors.iter().any(|it| it.tpm.is_some());
    let cap = tokens.cap.filter(|_| limits_tokens);
    let most = forms.iter().map(|form| estimate_of(form.as_ref())).fold(tokens, |most, it| Estimate {
        input: most.input.max(it.input),
        output: most.output.max(it.output),
        ..most
    });
    let estimate = match budgets.is_empty() || settings.disable_budget_reservation {
        true => Usd::ZERO,
        false => {
            let every = forms.iter().map(AsRef::as_ref).chain([call.format.as_ref()]);
            let each = every.map(|form| dearest(app, form, claim, configured.or(cap)));
            each.max().unwrap_or(Usd::ZERO)
        }
    };
    let request = request(app, claim, ledger.event(), estimate, budgets, &descriptors, &most);
    match app.store.reserve(&request).await {
        Ok(Decision::Reserved(reserved)) => {
            ledger.reserved(reserved);
            Ok(cap)
        }
        Ok(Decision::Refused(refusal)) => Err(Refused::By(refusal)),
        Err(error @ StoreError::Unavailable { .. }) if is_open(app, &request) => {
            log_chain("budgets and limits cannot be asked: a call is let through", &error);
            ledger.let_through(request);
            Ok(cap)
        }
        Err(error) => Err(Refused::Unasked(ApiError::unavailable(error))),
    }
}

/// Whether a call may be made though what it asks for cannot be reserved now.
fn is_open(app: &App, request: &Reserve) -> bool {
    let settings = &app.config.general_settings;
    let closed = |own: Option<bool>| own.unwrap_or(!settings.allow_requests_on_db_unavailable);
    let by_budgets = !request.budgets.is_empty() && closed(settings.fail_closed_budget_enforcement);
    let by_limits = !request.limits.is_empty() && closed(settings.fail_closed_rate_limit_enforcement);
    !by_budgets && !by_limits
}

fn request(
    app: &App,
    claim: &Claim<'_>,
    event: &SpendEvent,
    estimate: Usd,
    budgets: Vec<Budget>,
    descriptors: &[Descriptor],
    tokens: &Estimate,
) -> Reserve {
    let now = event.started;
    let rates = &app.rates;
    let kind = app.config.general_settings.token_rate_limit_type;
    let limit = |it: &Descriptor| Limit {
        descriptor: it.key.to_owned(),
        // The same entity as a budget's, so that one write serves both.
        entity: Entity { kind: it.kind.to_owned(), id: it.id.clone() },
        counter: it.counter.clone(),
        requests: it.rpm,
        tokens: it.tpm,
        parallel: it.parallel,
        estimate: if rates.reserves_tokens { tokens.counted(it.counts.unwrap_or(kind)) } else { 0 },
        counted: match it.counts {
            None | Some(TokenKind::Total) => Counted::Configured,
            Some(TokenKind::Input) => Counted::Input,
            Some(TokenKind::Output) => Counted::Output,
        },
    };
    Reserve {
        event: skeleton(event, estimate, claim.targets),
        now,
        expires: now.saturating_add(claim.longest_ms).saturating_add(GRACE_MS),
        estimate,
        budgets,
        rate_window: u64::from(rates.window) * 1000,
        limits: descriptors.iter().map(limit).collect(),
    }
}

/// How long the key, else the team, expects answers of the model to be.
fn configured_output(subject: &Subject<'_>, model: &ModelNames<'_>) -> Option<u64> {
    let team = subject.entities.team.as_ref().map(|it| &it.metadata);
    let settings = [Some(&subject.key.metadata), team];
    settings.into_iter().flatten().find_map(|it| limits::configured_output(it, model.requested))
}

/// The request as fallbacks with parameters of their own would change it.
fn forms(app: &App, call: &ChatCall) -> Vec<Box<dyn Format>> {
    let rules = &app.rules;
    let tables = [&rules.fallbacks, &rules.context_window_fallbacks, &rules.content_policy_fallbacks];
    let configured = tables.into_iter().flat_map(|it| it.iter()).flat_map(|(_, targets)| targets);
    let changing = call.extras.fallbacks.named().chain(configured).filter(|it| !it.params.is_empty());
    let form = |fallback: &Fallback| {
        let mut format = call.format.duplicate();
        format.set(&fallback.params);
        format
    };
    changing.map(form).collect()
}

/// What a request's tokens are estimated by.
fn extent(format: &dyn Format) -> Ask {
    Ask {
        input_chars: written_chars(format.chat()),
        max_tokens: format.chat().max_output_tokens(),
        choices: format.choices(),
        generates: true,
    }
}

/// Characters of the messages' text, which is what LiteLLM's estimate goes by, and of those that a fallback brings.
fn written_chars(chat: &ChatRequest) -> u64 {
    let of_fallback = chat.params.get("messages").map_or(0, |it| it.to_string().chars().count() as u64);
    chat.messages.iter().map(|it| it.content().text("").chars().count() as u64).sum::<u64>() + of_fallback
}

/// The most that the call can cost at any of the deployments, in USD.
fn dearest(app: &App, format: &dyn Format, claim: &Claim<'_>, longest_answer: Option<u64>) -> Usd {
    let chat = format.chat();
    let prompt_tokens = prompt_tokens_upper(chat);
    let (asked, at) = (Asked::of(chat), app.clock().now_secs());
    let worst = claim.everyone().filter_map(|target| {
        let longest = chat
            .max_output_tokens()
            .or(longest_answer)
            .or(target.facts.info.max_output_tokens)
            .unwrap_or(USUAL_LONGEST_ANSWER);
        let priced = target.priced_call(app, &asked, at);
        Some(cost::worst_case(target.price()?, prompt_tokens, longest, format.choices(), &priced))
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
    skeleton.organization_id.clone_from(&event.organization_id);
    skeleton.end_user.clone_from(&event.end_user);
    skeleton.agent_id.clone_from(&event.agent_id);
    skeleton.tags.clone_from(&event.tags);
    skeleton.scopes.clone_from(&event.scopes);
    skeleton.model_group.clone_from(&event.model_group);
    if let Some(target) = targets.first() {
        skeleton.model.clone_from(&target.model);
        target.served.provider.slug.clone_into(&mut skeleton.provider);
    }
    skeleton.clip();
    skeleton
}

fn declined(app: &App, claim: &Claim<'_>, refusal: Refusal) -> Declined {
    match refusal {
        Refusal::OverBudget { scope, spend, max, estimate, .. } => {
            let status = app.config.litellm_settings.budget_exceeded_status_code;
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            let title = budget::title(&claim.subject, &scope);
            let mut message = format!("Budget has been exceeded! {title} Current cost: {spend}, Max budget: {max}");
            if spend < max {
                message.push_str(&format!(", Estimated cost of this request: {estimate}"));
            }
            let by_model = scope.kind == Kind::Key.per_model();
            Declined { error: ApiError::new(status, "budget_exceeded", message), by_model }
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
                window: app.rates.window,
            };
            let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "throttling_error", rejection.message());
            let error = rejection.headers().iter().fold(error, |error, (name, value)| error.header(name, value));
            Declined { error, by_model: false }
        }
    }
}

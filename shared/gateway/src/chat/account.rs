//! What a call consumed and cost: kept while it runs, sent and settled once when it has ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use policy::budget::{Watched, watched};
use policy::cost::Breakdown;
use policy::limits::{TokenKind, counted_tokens};
use policy::money::Usd;
use policy::routing::region;
use policy::spend::{CallError, CostParts, SpendEvent, Status, Tokens};
use provider_transform::Usage;
use store::{Actual, Decision, Remaining, Reserve, Reserved};

use super::ChatCall;
use super::claim::Claim;
use super::party::Party;
use super::target::{Asked, Target};
use crate::hooks::{self, Ended};
use crate::logging::chain;
use crate::{ApiError, App, Known, payers};

/// One call's account.
pub(crate) struct Ledger {
    event: SpendEvent,
    reserved: Reserved,
    let_through: Option<Box<Reserve>>,
    watched: Vec<Watched>,
    /// Whether the caller may only be served in a region.
    regional: bool,
    /// How many of the event's tags the caller chose.
    own_tags: usize,
    remaining: Vec<Remaining>,
    cost: Option<Breakdown>,
    /// A provider may have worked for this call and did not say that it failed.
    charged: bool,
    /// A provider has seen the request, whatever it said.
    reached: bool,
    target: Option<Target>,
    known: Option<Arc<Known>>,
    provider_called: Option<Instant>,
    provider_time: Duration,
    prompt_chars: u64,
    asked: Asked,
    /// Tokens that count against a token limit.
    counted_tokens: u64,
    /// Those of the prompt and of the answer alone.
    counted_parts: [u64; 2],
}

impl Ledger {
    pub(super) fn new(app: &App, call: &ChatCall) -> Self {
        let mut event = SpendEvent::new(crate::new_id().to_string(), app.clock().now_ms());
        event.call_type = call.call_type.to_owned();
        event.endpoint.clone_from(&call.endpoint);
        event.call_id.clone_from(&call.call_id);
        event.model_group.clone_from(&call.chat().model);
        "unknown-model".clone_into(&mut event.model);
        event.session_id.clone_from(&call.extras.session_id);
        event.end_user.clone_from(&call.extras.end_user);
        event.tags.clone_from(&call.extras.tags);
        event.requester_ip.clone_from(&call.requester_ip);
        event.user_agent.clone_from(&call.user_agent);
        event.tags.extend(call.extras.agent_tags.iter().cloned());
        payers::sign(app, &call.caller, &mut event);
        let agent = call.extras.agent_id.as_deref();
        event.agent_id = agent.map(|named| app.config.agent(named).map_or(named, |it| &it.agent_id).to_owned());
        if !call.extras.spend_logs_metadata.is_empty() {
            let noted = call.extras.spend_logs_metadata.clone();
            event.metadata.insert("spend_logs_metadata".to_owned(), noted.into());
        }
        Self {
            event,
            reserved: Reserved::default(),
            let_through: None,
            watched: Vec::new(),
            regional: false,
            own_tags: call.extras.tags.len(),
            remaining: Vec::new(),
            cost: None,
            charged: false,
            reached: false,
            target: None,
            known: call.caller.known().map(Arc::clone),
            provider_called: None,
            provider_time: Duration::ZERO,
            prompt_chars: call.chat().text_chars(),
            asked: Asked::of(call.chat()),
            counted_tokens: 0,
            counted_parts: [0; 2],
        }
    }

    pub(super) fn event(&self) -> &SpendEvent {
        &self.event
    }

    pub(super) fn event_id(&self) -> &str {
        &self.event.id
    }

    pub(super) fn cost(&self) -> Option<&Breakdown> {
        self.cost.as_ref()
    }

    pub(super) fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    /// The region in which a caller who is bound to one is served.
    pub(super) fn region(&self) -> Option<&'static str> {
        region(&self.target.as_ref().filter(|_| self.regional)?.served.deployment)
    }

    pub(super) fn remaining(&self) -> &[Remaining] {
        &self.remaining
    }

    /// Time spent with providers.
    pub(super) fn provider_time(&self) -> Duration {
        self.provider_time
    }

    /// Whose tags the call is accounted under, and whether someone is bound to a region.
    pub(super) fn belongs_to(&mut self, party: &Party) {
        self.regional = party.subject().customer.is_some_and(|it| it.allowed_model_region.is_some());
        let agents = self.event.tags.split_off(self.own_tags.min(self.event.tags.len()));
        self.event.tags = party.tags().cloned().chain(agents).collect();
    }

    /// Everyone who pays, now that the model is known.
    pub(super) fn charged_to(&mut self, app: &App, claim: &Claim<'_>) {
        payers::charge(app, &claim.subject, Some(&claim.model), &mut self.event);
        self.watched = watched(&claim.subject, &payers::budget_rules(app), app.alerts.also_of_hard_budgets());
    }

    pub(super) fn reserved(&mut self, reserved: Reserved) {
        self.reserved = reserved;
    }

    /// What the call holds.
    pub(super) fn reservation(&self) -> Reserved {
        self.reserved.clone()
    }

    pub(super) fn remaining_is(&mut self, remaining: Vec<Remaining>) {
        self.remaining = remaining;
    }

    /// The call is made though nothing could be reserved for it; what it takes is taken from budgets afterwards.
    pub(super) fn let_through(&mut self, request: Reserve) {
        self.let_through = Some(Box::new(request));
    }

    /// An attempt at `target` begins.
    pub(super) fn trying(&mut self, target: &Target, retries: u32, fallbacks: u32) {
        self.event.retries = retries;
        self.event.fallbacks = fallbacks;
        target.describe(&mut self.event);
        self.target = Some(target.clone());
        self.provider_called = Some(Instant::now());
        self.charged = false;
    }

    /// The provider has the request; if nothing says otherwise it will charge for it.
    pub(super) fn reached(&mut self) {
        self.charged = true;
        self.reached = true;
    }

    /// Whether any provider has seen the request.
    pub(super) fn reached_provider(&self) -> bool {
        self.reached
    }

    /// The provider said that the call failed: it charges nothing.
    pub(super) fn refused(&mut self) {
        self.charged = false;
    }

    /// The provider's part of an attempt is over, or as far as a header of a stream can tell.
    pub(super) fn provider_done(&mut self) {
        if let Some(called) = self.provider_called.take() {
            self.provider_time += called.elapsed();
        }
    }

    pub(super) fn first_token(&mut self, app: &App) {
        self.event.first_token = Some(app.clock().now_ms());
    }

    pub(super) fn request_id(&mut self, id: &str) {
        id.clone_into(&mut self.event.request_id);
    }

    pub(super) fn dropped(&mut self, params: &[String]) {
        if !params.is_empty() {
            self.event.metadata.insert("dropped_params".to_owned(), params.into());
        }
    }

    pub(super) fn estimated_prompt_tokens(&self) -> u64 {
        tokens_of(self.prompt_chars)
    }

    /// The answer is whole.
    pub(super) fn succeeded(&mut self, app: &App, target: &Target, usage: Option<&Usage>, produced_chars: usize) {
        self.event.status = Status::Success;
        self.charge(app, target, usage, produced_chars);
    }

    /// The answer broke off; what came of it is paid for.
    pub(super) fn broke_off(
        &mut self,
        app: &App,
        target: &Target,
        usage: Option<&Usage>,
        produced_chars: usize,
        error: &ApiError,
    ) {
        self.charge(app, target, usage, produced_chars);
        self.fail(error);
    }

    /// There is no answer. A provider that may have worked all the same is paid for reading the prompt.
    pub(super) fn failed(&mut self, app: &App, error: &ApiError) {
        if let Some(target) = self.target.clone().filter(|_| self.charged) {
            self.charge(app, &target, None, 0);
        }
        self.fail(error);
    }

    fn fail(&mut self, error: &ApiError) {
        self.event.status = Status::Failure;
        // The caller's text may quote the request; the log's text may not.
        self.event.error = Some(CallError {
            class: error.class.unwrap_or(error.kind).to_owned(),
            code: error.status.as_str().to_owned(),
            message: error.source.as_deref().map(|it| chain(it)).unwrap_or_default(),
        });
    }

    fn charge(&mut self, app: &App, target: &Target, usage: Option<&Usage>, produced_chars: usize) {
        let estimated;
        let usage = match usage.filter(|it| it.prompt_tokens + it.completion_tokens > 0) {
            Some(usage) if usage.completion_tokens > 0 || produced_chars == 0 => usage,
            partial => {
                self.event.estimated = true;
                let completion_tokens = tokens_of(produced_chars as u64);
                let prompt = || Usage { prompt_tokens: tokens_of(self.prompt_chars), ..Usage::default() };
                estimated = Usage { completion_tokens, ..partial.cloned().unwrap_or_else(prompt) };
                &estimated
            }
        };
        self.event.tokens = tokens(usage);
        let counted = app.config.general_settings.token_rate_limit_type;
        self.counted_tokens = counted_tokens(counted, usage);
        self.counted_parts = [TokenKind::Input, TokenKind::Output].map(|kind| counted_tokens(kind, usage));
        match target.cost(app, &self.asked, usage, self.event.started, app.clock().now_ms()) {
            Some(cost) => {
                self.event.unpriced = cost.unpriced;
                self.event.spend = cost.total;
                self.event.breakdown = parts(&cost);
                self.cost = Some(cost);
            }
            None => self.event.unpriced = true,
        }
    }

    /// Sends the event, then settles what was reserved.
    pub(super) async fn close(mut self, app: &App) {
        self.event.ended = app.clock().now_ms();
        self.event.clip();
        if let Some(known) = &self.known {
            known.add_spend(self.event.spend);
        }
        let [input_tokens, output_tokens] = self.counted_parts;
        let paid = Actual { spend: self.event.spend, tokens: self.counted_tokens, input_tokens, output_tokens };
        if crate::spend::send(app, &self.event).await.is_err() {
            // The reservation stays open: when it expires, the call is charged from it.
            return;
        }
        if let Some(request) = self.let_through.take() {
            self.reserved = take_afterwards(app, *request, self.event.spend).await;
        }
        let (event, reserved) = (&self.event, &self.reserved);
        hooks::ended(Ended { app, event, reserved, paid: &paid, watched: &self.watched }).await;
    }

    /// Whether the key is known to have spent `budget`.
    pub(super) fn has_spent(&self, budget: Option<Usd>) -> bool {
        let spent = self.known.as_ref().map(|it| it.spend());
        spent.zip(budget).is_some_and(|(spent, budget)| spent >= budget)
    }

    /// What the key has spent with this call.
    pub(super) fn key_spend(&self, call: &ChatCall) -> Option<Usd> {
        Some(call.caller.known_spend()? + self.event.spend)
    }
}

/// Takes from budgets what a call cost for which nothing could be reserved, if they can be asked by now. Budgets that
/// cannot learn of it when they next begin, since totals are made of events.
async fn take_afterwards(app: &App, request: Reserve, spend: Usd) -> Reserved {
    let request = Reserve { estimate: spend, limits: Vec::new(), ..request };
    match app.store.reserve(&request).await {
        Ok(Decision::Reserved(reserved)) => reserved,
        // There is nothing left to take.
        Ok(Decision::Refused(_)) => Reserved::default(),
        Err(error) => {
            crate::log_chain("budgets did not learn of a call that was let through", &error);
            Reserved::default()
        }
    }
}

/// Four characters make a token, roughly.
pub(super) fn tokens_of(chars: u64) -> u64 {
    chars.div_ceil(4)
}

fn tokens(usage: &Usage) -> Tokens {
    Tokens {
        prompt: usage.prompt_tokens,
        completion: usage.completion_tokens,
        total: usage.prompt_tokens + usage.completion_tokens,
        cache_read: usage.cache_read_tokens,
        cache_write: usage.cache_write_5m_tokens + usage.cache_write_1h_tokens,
        reasoning: usage.reasoning_tokens,
    }
}

fn parts(cost: &Breakdown) -> CostParts {
    CostParts {
        input: cost.input,
        output: cost.output,
        cache_read: cost.cache_read,
        cache_creation: cost.cache_creation,
        reasoning: cost.reasoning,
        tool_usage: cost.tool_usage,
        discount: cost.discount,
        margin: cost.margin,
    }
}

//! Calls of every kind, and deliveries in every order, the same every time.

use policy::spend::{CallError, Scope, SpendEvent, Status};

use super::{KEYS, NO_EVENT, caller_of};

const DAY: u64 = 86_400_000;

/// Numbers that look random.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// A call on one of the three days up to `now`.
pub(super) fn event(random: &mut Random, number: usize, now: u64) -> SpendEvent {
    let mut it = SpendEvent::new(format!("call-{number:04}"), now - random.below(2 * DAY as usize) as u64);
    it.ended = it.started + random.below(9_000) as u64;
    // Fifteen digits in all, so that JSON readers that know floats alone lose none.
    it.spend = format!("0.{:012}", random.below(2_000_000_000)).parse().unwrap();
    it.tokens.prompt = random.below(1_000) as u64;
    it.tokens.completion = random.below(100) as u64;
    it.tokens.total = it.tokens.prompt + it.tokens.completion;
    it.tokens.cache_read = random.below(10) as u64;
    it.model = random.pick(&["gpt-4o", "claude", "odd#model"]).to_owned();
    it.model_group = random.pick(&["small", "large"]).to_owned();
    it.provider = random.pick(&["openai", "anthropic"]).to_owned();
    it.endpoint = random.pick(&["/chat/completions", "/v1/messages"]).to_owned();
    it.call_type = if it.endpoint == "/v1/messages" { "anthropic_messages" } else { "acompletion" }.to_owned();
    it.api_base = random.pick(&["https://one", "https://two"]).to_owned();
    it.request_id = format!("chatcmpl-{number}");
    if let Some(key) = KEYS.get(random.below(KEYS.len() + 1)) {
        let caller = caller_of(key);
        it.api_key = caller.token;
        it.key_alias = caller.key_alias;
        it.user = caller.user_id;
        it.team_id = caller.team_id;
        it.organization_id = caller.organization_id;
        it.scopes = vec![Scope::new("key", &it.api_key), Scope::new("key", &it.api_key).within(7)];
    }
    if random.one_in(2) {
        it.end_user = Some(random.pick(&["customer-1", "customer 2", "c#3"]).to_owned());
    }
    for tag in ["red", "blue", "User-Agent: curl"] {
        if random.one_in(3) {
            it.tags.push(tag.to_owned());
        }
    }
    if random.one_in(4) {
        it.agent_id = Some("agent".to_owned());
    }
    // Whoever is named by the call may be listed as paying for it, too, and counts once all the same.
    if let Some(team) = it.team_id.clone().filter(|_| random.one_in(2)) {
        it.scopes.extend([Scope::new("team", &team), Scope::new("team", team).within(9)]);
    }
    if random.one_in(3) {
        it.scopes.extend([Scope::new("global", "").within(5), Scope::new("model_per_key", "k:gpt-4o")]);
    }
    it.unpriced = random.one_in(7);
    it.cache_hit = random.one_in(6);
    if random.one_in(5) {
        it.status = Status::Failure;
        let code = random.pick(&["429", "500"]).to_owned();
        it.error = Some(CallError { code, ..CallError::default() });
    }
    it
}

/// Every event at least once, some up to three times, in any order, in batches of any size; and what is no event.
pub(super) fn deliveries(random: &mut Random, events: &[SpendEvent]) -> Vec<Vec<String>> {
    let mut bodies: Vec<String> = Vec::new();
    for event in events {
        let body = serde_json::to_string(event).unwrap();
        bodies.extend(std::iter::repeat_n(body, 1 + random.below(3)));
    }
    for place in (1..bodies.len()).rev() {
        bodies.swap(place, random.below(place + 1));
    }
    let mut batches = Vec::new();
    while !bodies.is_empty() {
        let mut batch = bodies.split_off(bodies.len() - (1 + random.below(40)).min(bodies.len()));
        if random.one_in(3) {
            let place = random.below(batch.len());
            batch.insert(place, NO_EVENT.to_owned());
        }
        batches.push(batch);
    }
    batches
}

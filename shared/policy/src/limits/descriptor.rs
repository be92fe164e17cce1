//! Everyone whose rate limits a call counts against.

use serde_json::{Map, Value};

use super::TokenKind;
use super::throttle::throttled;
use crate::entity::Limits;
use crate::spend::{GLOBAL, pair};
use crate::subject::{Acting, Holder, Kind, ModelNames, Subject};

/// One limit, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// The name in headers and messages: `api_key`, `team`, `model_per_key`, …
    pub key: &'static str,
    /// Whose counters they are: the kind and id of a scope. A key's are by its `origin`, so that a new secret does not
    /// bring a new window.
    pub kind: &'static str,
    /// Which one.
    pub id: String,
    /// Which of the holder's counters: a model or a tag; empty for all its calls.
    pub counter: String,
    /// Requests a window.
    pub rpm: Option<u64>,
    /// Tokens a window.
    pub tpm: Option<u64>,
    /// Which tokens count; those of the configured kind where this says nothing.
    pub counts: Option<TokenKind>,
    /// Calls at the same time.
    pub parallel: Option<u64>,
}

/// What limits depend on, beside everyone who has some.
#[derive(Debug, Clone, Copy, Default)]
pub struct Grounds {
    /// Requests a window of each key without a limit of its own for the model: `default_api_key_rpm_limit`.
    pub default_rpm: Option<u64>,
    /// Tokens a window: `default_api_key_tpm_limit`.
    pub default_tpm: Option<u64>,
    /// Whether the model is failing now: limits of the type `dynamic` hold only then.
    pub failing: bool,
    /// The share of its own limits that is left to a key whose budget is used up, as [`super::throttle`] has it.
    pub throttle: Option<f64>,
    /// Calls of everyone at the same time: `general_settings.global_max_parallel_requests`.
    pub global_parallel: Option<u64>,
}

impl Descriptor {
    /// Whether there is anything to count.
    #[must_use]
    pub const fn is_limited(&self) -> bool {
        self.rpm.is_some() || self.tpm.is_some() || self.parallel.is_some()
    }

    fn of(holder: &Holder<'_>, key: &'static str, counter: String, rpm: Option<u64>, tpm: Option<u64>) -> Self {
        let (kind, id) = (holder.kind.as_str(), holder.id.clone().into_owned());
        Self { key, kind, id, counter, rpm, tpm, counts: None, parallel: None }
    }
}

/// Everyone whose limits a call of `model` counts against; nobody without limits is in it.
#[must_use]
pub fn descriptors(subject: &Subject<'_>, model: &ModelNames<'_>, grounds: &Grounds) -> Vec<Descriptor> {
    let mut found = Vec::new();
    let mut key_limits_model = false;
    for holder in subject.holders() {
        let settings = settings(subject, &holder);
        let Limits { rpm_limit, tpm_limit, max_parallel_requests, .. } = *holder.limits;
        let (mut rpm, mut tpm) = in_force(settings, grounds, rpm_limit, tpm_limit);
        if let Some(share) = grounds.throttle.filter(|_| holder.kind == Kind::Key) {
            (rpm, tpm) = (rpm.map(|it| throttled(it, share)), tpm.map(|it| throttled(it, share)));
        }
        if rpm.is_some() || tpm.is_some() || max_parallel_requests.is_some() {
            let own = Descriptor::of(&holder, holder.kind.descriptor(), String::new(), rpm, tpm);
            found.push(Descriptor { parallel: max_parallel_requests, ..own });
        }
        let (mut rpm, mut tpm) = of_model(&holder, settings, model);
        match holder.kind {
            Kind::Key => {
                key_limits_model = rpm.is_some() || tpm.is_some();
                if !key_limits_model {
                    (rpm, tpm) = (grounds.default_rpm, grounds.default_tpm);
                }
            }
            Kind::Team if key_limits_model => (rpm, tpm) = (None, None),
            _ => {}
        }
        let (rpm, tpm) = in_force(settings, grounds, rpm, tpm);
        if rpm.is_some() || tpm.is_some() {
            let counter = format!("model:{}", model.group);
            found.push(Descriptor::of(&holder, holder.kind.per_model(), counter, rpm, tpm));
        }
        match holder.kind {
            Kind::Key => of_tags(subject, &holder, settings, &mut found),
            Kind::Project => of_parts(&holder, settings, model, &mut found),
            _ => {}
        }
    }
    if grounds.global_parallel.is_some() {
        let all = plain(GLOBAL, String::new());
        found.push(Descriptor { parallel: grounds.global_parallel, ..all });
    }
    if let Some(acting) = &subject.agent {
        found.extend(of_agent(acting).into_iter().filter(Descriptor::is_limited));
    }
    found
}

/// One without limits, whose scope and descriptor have the same name.
fn plain(key: &'static str, id: String) -> Descriptor {
    Descriptor { key, kind: key, id, counter: String::new(), rpm: None, tpm: None, counts: None, parallel: None }
}

/// The limits of the agent that calls, and of the session. Sessions are many: each has counters apart from the agent's.
fn of_agent(acting: &Acting<'_>) -> Vec<Descriptor> {
    let Acting { agent, session } = *acting;
    let one = |key: &'static str, id: String, rpm, tpm| Descriptor { rpm, tpm, ..plain(key, id) };
    let all = one("agent", agent.agent_id.clone(), agent.rpm_limit, agent.tpm_limit);
    let session = session.map(|session| {
        let id = pair(&agent.agent_id, session);
        one("agent_session", id, agent.session_rpm_limit, agent.session_tpm_limit)
    });
    std::iter::once(all).chain(session).collect()
}

/// Where LiteLLM keeps a holder's settings of limits.
fn settings<'a>(subject: &Subject<'a>, holder: &Holder<'a>) -> Option<&'a Map<String, Value>> {
    let entities = subject.entities;
    match holder.kind {
        Kind::Key => Some(&subject.key.metadata),
        Kind::Team => entities.team.as_ref().map(|it| &it.metadata),
        Kind::Project => entities.project.as_ref().map(|it| &it.metadata),
        Kind::Organization => entities.organization.as_ref().map(|it| &it.metadata),
        Kind::User => entities.user.as_ref().map(|it| &it.metadata),
        Kind::TeamMember | Kind::OrganizationMember | Kind::EndUser | Kind::Tag | Kind::AccessGroup => None,
    }
}

/// The limits of one model: from the settings, else from the model's budget.
fn of_model(
    holder: &Holder<'_>,
    settings: Option<&Map<String, Value>>,
    model: &ModelNames<'_>,
) -> (Option<u64>, Option<u64>) {
    let set = |name: &str| model_setting(settings, name, model);
    let table = &holder.limits.model_max_budget;
    let budget = model.pick(table.keys().map(String::as_str)).and_then(|name| table.get(name));
    let rpm = set("model_rpm_limit").or_else(|| budget?.rpm_limit);
    (rpm, set("model_tpm_limit").or_else(|| budget?.tpm_limit))
}

fn model_setting(settings: Option<&Map<String, Value>>, name: &str, model: &ModelNames<'_>) -> Option<u64> {
    let table = settings?.get(name)?.as_object()?;
    table.get(model.pick(table.keys().map(String::as_str))?)?.as_u64()
}

/// A project's limits on the tokens of prompts and on those of answers, beside the one on both together.
fn of_parts(
    holder: &Holder<'_>,
    settings: Option<&Map<String, Value>>,
    model: &ModelNames<'_>,
    found: &mut Vec<Descriptor>,
) {
    let parts = [
        ("model_itpm_limit", "model_per_project_itpm", "input", TokenKind::Input),
        ("model_otpm_limit", "model_per_project_otpm", "output", TokenKind::Output),
    ];
    for (setting, key, counter, counts) in parts {
        if let Some(limit) = model_setting(settings, setting, model) {
            let counter = format!("{counter}:{}", model.group);
            let part = Descriptor::of(holder, key, counter, None, Some(limit));
            found.push(Descriptor { counts: Some(counts), ..part });
        }
    }
}

fn of_tags(
    subject: &Subject<'_>,
    holder: &Holder<'_>,
    settings: Option<&Map<String, Value>>,
    found: &mut Vec<Descriptor>,
) {
    let table = |name: &str| settings.and_then(|it| it.get(name)).and_then(Value::as_object);
    let (rpm, tpm) = (table("tag_rpm_limit"), table("tag_tpm_limit"));
    if rpm.is_none() && tpm.is_none() {
        return;
    }
    for tag in subject.tags {
        let limit = |table: Option<&Map<String, Value>>| table?.get(&tag.name)?.as_u64();
        let (rpm, tpm) = (limit(rpm), limit(tpm));
        if rpm.is_some() || tpm.is_some() {
            found.push(Descriptor::of(holder, "tag_per_key", format!("tag:{}", tag.name), rpm, tpm));
        }
    }
}

/// The limits without those of the type `dynamic`, unless the model is failing.
fn in_force(
    settings: Option<&Map<String, Value>>,
    grounds: &Grounds,
    rpm: Option<u64>,
    tpm: Option<u64>,
) -> (Option<u64>, Option<u64>) {
    let holds = |name: &str| {
        let kind = settings.and_then(|it| it.get(name)).and_then(Value::as_str);
        grounds.failing || kind.is_none_or(|kind| kind != "dynamic")
    };
    (rpm.filter(|_| holds("rpm_limit_type")), tpm.filter(|_| holds("tpm_limit_type")))
}

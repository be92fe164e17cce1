//! Everyone whose rules hold for a call: the caller with the entities behind it, the customer, the tags.

use std::sync::Arc;

use futures_util::future::{try_join, try_join_all};
use policy::access::glob_covers as covers;
use policy::config::Agent;
use policy::entity::{AccessGroup, Customer, Tag};
use policy::subject::{Acting, Subject};
use serde_json::{Map, Value};
use store::StoreError;

use super::Extras;
use crate::known::{known_budget, known_or_nobody};
use crate::{ApiError, App, Caller, Known, known_customer, known_tag, log_chain};

/// Everyone whose rules hold for a call.
pub(super) struct Party {
    known: Arc<Known>,
    customer: Option<Customer>,
    tags: Vec<Tag>,
    agent: Option<Agent>,
    session: Option<String>,
}

impl Party {
    /// Finds the call's customer and tags: remembered, or read. Where calls are let through while the tables are
    /// unavailable, those that cannot be read have no limits.
    ///
    /// # Errors
    /// 503 when the store cannot be asked.
    pub(super) async fn find(app: &App, caller: &Caller, extras: &Extras) -> Result<Self, ApiError> {
        let known = Arc::clone(known_or_nobody(caller));
        let names = tags(extras, &known);
        let agent = extras.agent_id.as_deref().and_then(|id| app.config.agent(id)).cloned();
        let session = extras.session_id.clone();
        if extras.end_user.is_none() && names.is_empty() {
            return Ok(Self { known, customer: None, tags: Vec::new(), agent, session });
        }
        let budget = known.key.metadata.get("end_user_budget_id").and_then(Value::as_str);
        let budget = budget.or(app.config.litellm_settings.max_end_user_budget_id.as_deref());
        let customer = async {
            match &extras.end_user {
                Some(id) => customer(app, id, budget).await.map(Some),
                None => Ok(None),
            }
        };
        let found = try_join(customer, try_join_all(names.iter().map(|name| tag(app, name)))).await;
        let (customer, tags) = match found {
            Err(error @ StoreError::Unavailable { .. })
                if app.config.general_settings.allow_requests_on_db_unavailable =>
            {
                log_chain("customers and tags cannot be read: the call goes on without their limits", &error);
                let nameless = |name: &String| Tag { name: name.clone(), ..Tag::default() };
                (extras.end_user.as_deref().map(unlimited), names.iter().map(nameless).collect())
            }
            found => found.map_err(ApiError::unavailable)?,
        };
        Ok(Self { known, customer, tags, agent, session })
    }

    pub(super) fn subject(&self) -> Subject<'_> {
        let agent = self.agent.as_ref().map(|agent| Acting { agent, session: self.session.as_deref() });
        Subject { agent, ..self.known.subject(self.customer.as_ref(), &self.tags) }
    }

    /// The access groups that pay for calls of the model with one of these names.
    pub(super) fn groups(&self, names: [&str; 2]) -> Vec<AccessGroup> {
        let holds =
            |group: &&AccessGroup| group.model_names.iter().any(|it| covers(it, names[0]) || covers(it, names[1]));
        self.known.entities.paying_groups.iter().filter(holds).cloned().collect()
    }

    /// The tags that the call is accounted under.
    pub(super) fn tags(&self) -> impl Iterator<Item = &String> {
        self.tags.iter().map(|it| &it.name)
    }
}

/// The caller's tags, then those that the key and its team put on every call.
fn tags(extras: &Extras, known: &Known) -> Vec<String> {
    let mut tags = extras.tags.clone();
    let team = known.entities.team.as_ref();
    let standing = [Some(&known.key.metadata), team.map(|it| &it.metadata)];
    let of = |metadata: &'_ Map<String, Value>| metadata.get("tags").and_then(Value::as_array).cloned();
    for tag in standing.into_iter().flatten().filter_map(of).flatten() {
        if let Some(tag) = tag.as_str().filter(|tag| !tags.iter().any(|it| it == tag)) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

/// A customer of this name without a record.
fn unlimited(id: &str) -> Customer {
    Customer { user_id: id.to_owned(), ..Customer::default() }
}

/// The customer; one without a budget of its own has the one of everybody.
async fn customer(app: &App, id: &str, budget: Option<&str>) -> Result<Customer, StoreError> {
    let known = known_customer(app, id).await?;
    let mut customer = known.as_ref().clone().unwrap_or_else(|| unlimited(id));
    if let Some(budget) = budget.filter(|_| customer.budget_id.is_none())
        && let Some(budget) = known_budget(app, budget).await?.as_ref()
    {
        customer.limits = customer.limits.over(&budget.limits);
    }
    Ok(customer)
}

async fn tag(app: &App, name: &str) -> Result<Tag, StoreError> {
    let known = known_tag(app, name).await?;
    Ok(known.as_ref().clone().unwrap_or_else(|| Tag { name: name.to_owned(), ..Tag::default() }))
}

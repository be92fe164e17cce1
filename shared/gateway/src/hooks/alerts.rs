//! Tells of budgets: soft ones that are crossed and, where someone listens, hard ones that are nearly or wholly used
//! up. Once for each holder and period, by whichever process notices first, after the reply.

use futures_util::FutureExt;
use policy::answer::Answer;
use policy::budget::Watched;
use policy::money::Usd;
use store::StoreError;

use super::{Ended, Hook, Work};
use crate::log_chain;

/// What was told is remembered for longer than any usual period, in seconds.
const REMEMBERED: u64 = 400 * 86_400;

pub(super) struct Alerts;

impl Hook for Alerts {
    fn succeeded<'a>(&'a self, ended: &'a Ended<'_>) -> Work<'a, ()> {
        look(ended)
    }

    fn failed<'a>(&'a self, ended: &'a Ended<'_>) -> Work<'a, ()> {
        look(ended)
    }
}

fn look<'a>(it: &'a Ended<'_>) -> Work<'a, ()> {
    let due: Vec<&Watched> = it.watched.iter().filter(|watched| it.app.alerts.is_due(&watched.scope)).collect();
    if due.is_empty() {
        return None;
    }
    let looking = async move {
        if let Err(error) = tell(it, &due).await {
            log_chain("nobody could be told of budgets", &error);
        }
    };
    Some(looking.boxed())
}

async fn tell(it: &Ended<'_>, due: &[&Watched]) -> Result<(), StoreError> {
    let scopes: Vec<_> = due.iter().map(|watched| watched.scope.clone()).collect();
    let totals = it.app.store.find_totals(&scopes).await?;
    for (watched, total) in due.iter().zip(totals) {
        // This call's event is still on its way to the totals.
        let spend = total.spend + it.event.spend;
        for crossed in crossed(watched, spend) {
            tell_one(it, watched, spend, &crossed).await?;
        }
    }
    Ok(())
}

/// Something to be told.
struct Crossed {
    /// LiteLLM's `event`.
    event: &'static str,
    message: String,
    /// What was crossed, so that another amount is told again.
    at: Usd,
}

/// What is crossed: the soft budget, and the highest of the marks of the hard one.
fn crossed(watched: &Watched, spend: Usd) -> Vec<Crossed> {
    let soft = watched.soft.filter(|soft| spend >= *soft);
    let soft =
        soft.map(|at| Crossed { event: "soft_budget_crossed", message: format!("Soft Budget Crossed - {at}"), at });
    let hard = watched.max.filter(|max| !max.is_zero()).and_then(|max| {
        let share = |percent: u32| max.times(rust_decimal::Decimal::new(i64::from(percent), 2));
        let marks = [
            (max, "budget_crossed", "Budget Crossed"),
            (share(95), "threshold_crossed", "5% Threshold Crossed"),
            (share(85), "threshold_crossed", "15% Threshold Crossed"),
        ];
        let (at, event, text) = marks.into_iter().find(|(at, ..)| spend >= *at)?;
        Some(Crossed { event, message: format!("{text} - Max Budget {max}"), at })
    });
    soft.into_iter().chain(hard).collect()
}

async fn tell_one(it: &Ended<'_>, watched: &Watched, spend: Usd, crossed: &Crossed) -> Result<(), StoreError> {
    let (scope, event) = (&watched.scope, it.event);
    let period = scope.period.unwrap_or_default();
    let what = format!("{}#{}#{}#{period}#{}", crossed.event, scope.kind, scope.id, crossed.at);
    let now = it.app.clock().now_secs();
    if !it.app.store.announce(&what, now, now + REMEMBERED).await? {
        return Ok(());
    }
    let kind = watched.kind.as_str();
    tracing::warn!(kind, event = crossed.event, %spend, "a budget is crossed");
    if !it.app.alerts.also_of_hard_budgets() {
        return Ok(());
    }
    let named = |name: &str| event.metadata.get(name);
    let told = Answer::new()
        .with("spend", &spend)
        .with("max_budget", &watched.max)
        .with("soft_budget", &watched.soft)
        .with("token", &event.api_key)
        .with("customer_id", &event.end_user)
        .with("user_id", &event.user)
        .with("team_id", &event.team_id)
        .with("team_alias", &named("user_api_key_team_alias"))
        .with("organization_id", &event.organization_id)
        .with("user_email", &named("user_api_key_user_email"))
        .with("key_alias", &event.key_alias)
        .with("projected_exceeded_date", &None::<String>)
        .with("projected_spend", &None::<String>)
        .with("event", crossed.event)
        .with("event_group", kind)
        .with("event_message", &crossed.message);
    let text = format!("{kind} {}: {}, spend {spend}", name(watched, event), crossed.message);
    if it.app.alerts.tell(&it.app.upstream, &told, &text).await { Ok(()) } else { it.app.store.withdraw(&what).await }
}

/// The holder as people know it.
fn name<'a>(watched: &'a Watched, event: &'a policy::spend::SpendEvent) -> &'a str {
    match watched.kind {
        policy::subject::Kind::Key => event.key_alias.as_deref().unwrap_or(&event.api_key),
        _ => &watched.scope.id,
    }
}

//! How many tokens a request is: the provider is asked where it can be, at no cost to anyone.

use policy::routing::{Choice, Group, Progress, choose};
use provider_transform::{Counting, Files};

use super::account::tokens_of;
use super::party::Party;
use super::target::Target;
use super::{ChatCall, limits, permit};
use crate::{ApiError, App, random_unit};

/// A provider's answer to such a question is not longer than this, in bytes.
const LARGEST_ANSWER: usize = 64 << 10;

/// A number of tokens, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// The provider that would answer.
    ByProvider(u64),
    /// The gateway, by the length of the text.
    Estimated(u64),
}

/// Counts the tokens of a call's request. A provider that cannot be asked, or does not answer, leaves an estimate.
///
/// # Errors
/// [`ApiError`] when the caller may not use the model, or there is none of that name.
pub async fn count(app: &App, call: &ChatCall) -> Result<Counted, ApiError> {
    let party = Party::find(app, &call.caller, &call.extras).await?;
    permit::permit(app, call, &party)?;
    let target = pick(app, &permit::group(app, call, &party, &call.chat().model)?);
    let counted = match target {
        Some(target) => ask(app, call, &target).await,
        None => None,
    };
    Ok(counted.map_or_else(|| Counted::Estimated(tokens_of(call.chat().text_chars())), Counted::ByProvider))
}

fn pick(app: &App, group: &Group<'_>) -> Option<Target> {
    let resting = |id: &str| app.cooldowns.rests(id);
    let progress = Progress { resting: &resting, refused: &[], above_order: None };
    match choose(group, &progress, random_unit()) {
        Choice::Deployment(candidate) => Target::new(app, &candidate, &group.name, false),
        Choice::AllResting(_) | Choice::NoHigherOrder => None,
    }
}

async fn ask(app: &App, call: &ChatCall, target: &Target) -> Option<u64> {
    let files = Files::default();
    let Counting { request, read } = call.format.count(&target.cx(app, "", &files))?.ok()?;
    let limits = limits::of_attempt(app, call, target);
    let sent = app.upstream.send(request, &target.served.credentials, &call.call_id, &limits).await;
    let mut answer = match sent {
        Ok(answer) => answer,
        Err(error) => {
            tracing::info!(cause = %error, "the provider was not asked for a count");
            return None;
        }
    };
    let status = answer.status;
    let body = answer.collect(LARGEST_ANSWER).await.ok()?;
    let counted = if status.is_success() { read(&body) } else { None };
    if counted.is_none() {
        tracing::info!(status = status.as_u16(), "the provider did not count");
    }
    counted
}

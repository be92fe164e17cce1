//! What looks at every call of a model beside its route: refusals, changes of what is asked, what is counted. One list,
//! in the order in which hooks run.
//!
//! A hook is a file here, a `struct` that implements [`Hook`], and an entry of [`HOOKS`]. At each point it says whether
//! the call concerns it; a call that concerns no hook waits for none.

mod alerts;
mod cache_control;
mod limits;
mod objects;
pub(crate) mod pricing;
mod response_owner;
mod skills;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use policy::budget::Watched;
use policy::spend::{SpendEvent, Status};
use provider_transform::Object;
use store::{Actual, Reserved};

use crate::chat::{ChatCall, Claim, Ledger};
use crate::{ApiError, App, Caller};

/// Every hook. Those that may refuse come before those that take something.
static HOOKS: [&dyn Hook; 7] = [
    &cache_control::CacheControl,
    // Before skills add tools of the gateway's own.
    &objects::Objects,
    &response_owner::ResponseOwner,
    &skills::Skills,
    &pricing::Pricing,
    // Budgets, rates and parallel requests: one reservation, all or nothing.
    &limits::Limits,
    &alerts::Alerts,
];

/// What a hook wants done; `None` when the call does not concern it.
pub(crate) type Work<'a, T> = Option<BoxFuture<'a, T>>;

/// The points at which a hook may do something.
pub(crate) trait Hook: Sync {
    /// The body has been read and nothing else has happened: may change it, or refuse the call.
    fn asked<'a>(&'a self, _asking: &'a mut Asking<'_>) -> Work<'a, Result<(), ApiError>> {
        None
    }

    /// The deployments that may answer are known, and none has been called: may reserve for the call, or refuse it.
    fn admitting<'a>(&'a self, _admission: &'a mut Admission<'_>) -> Work<'a, Result<(), ApiError>> {
        None
    }

    /// The call has been answered, and its spend event is on its way.
    fn succeeded<'a>(&'a self, _ended: &'a Ended<'_>) -> Work<'a, ()> {
        None
    }

    /// The call has failed or broken off, and its spend event is on its way.
    fn failed<'a>(&'a self, _ended: &'a Ended<'_>) -> Work<'a, ()> {
        None
    }
}

/// A call as its body asks for it.
pub(crate) struct Asking<'a> {
    pub(crate) app: &'a App,
    pub(crate) caller: &'a Caller,
    /// LiteLLM's name of the operation.
    pub(crate) call_type: &'static str,
    /// The agent that calls, by its id or its name.
    pub(crate) agent: Option<&'a str>,
    /// As the client sent it.
    pub(crate) body: &'a mut Object,
}

/// A call before it goes to a provider.
pub(crate) struct Admission<'a> {
    pub(crate) app: &'a App,
    pub(crate) call: &'a ChatCall,
    /// What it asks for, and of whom.
    pub(crate) claim: &'a Claim<'a>,
    /// The call's account.
    pub(crate) ledger: &'a mut Ledger,
    /// The most tokens that may be written, if the call is to be held to it.
    pub(crate) cap: Option<u64>,
    /// The refusal is about this model alone: another one may do.
    pub(crate) only_model: bool,
}

/// A call that is over.
pub(crate) struct Ended<'a> {
    pub(crate) app: &'a App,
    /// What the call was and cost.
    pub(crate) event: &'a SpendEvent,
    /// What was reserved for it.
    pub(crate) reserved: &'a Reserved,
    /// What it came to.
    pub(crate) paid: &'a Actual,
    /// Everyone whose spend someone wants to be told of.
    pub(crate) watched: &'a [Watched],
}

/// Lets every hook look at what is asked.
///
/// # Errors
/// The first refusal.
pub(crate) async fn asked(mut asking: Asking<'_>) -> Result<(), ApiError> {
    for hook in HOOKS {
        if let Some(work) = hook.asked(&mut asking) {
            work.await?;
        }
    }
    Ok(())
}

/// Lets every hook reserve what the call may need.
///
/// # Errors
/// The first refusal.
pub(crate) async fn admit(admission: &mut Admission<'_>) -> Result<(), ApiError> {
    for hook in HOOKS {
        if let Some(work) = hook.admitting(admission) {
            work.await?;
        }
    }
    Ok(())
}

/// Lets every hook do what a call leaves to do.
pub(crate) async fn ended(ended: Ended<'_>) {
    for hook in HOOKS {
        let work = match ended.event.status {
            Status::Success => hook.succeeded(&ended),
            Status::Failure => hook.failed(&ended),
        };
        if let Some(work) = work {
            work.await;
        }
    }
}

/// The work of a hook that has nothing to wait for.
fn at_once<'a>(result: Result<(), ApiError>) -> Work<'a, Result<(), ApiError>> {
    Some(ready(result).boxed())
}

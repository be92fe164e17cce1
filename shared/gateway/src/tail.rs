use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Work that follows a reply: counted, so that whoever may freeze or end the process first waits for it.
#[derive(Debug, Clone, Default)]
pub struct Tail {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    active: AtomicUsize,
    invocations: AtomicU64,
    changed: Notify,
}

/// One piece of work under way; it ends when this is dropped.
#[derive(Debug)]
pub struct Working {
    state: Arc<State>,
}

impl Tail {
    /// Marks the handling of a request as begun.
    #[must_use]
    pub fn begin_invocation(&self) -> Working {
        let working = self.begin();
        self.state.invocations.fetch_add(1, Ordering::AcqRel);
        self.state.changed.notify_waiters();
        working
    }

    fn begin(&self) -> Working {
        self.state.active.fetch_add(1, Ordering::AcqRel);
        Working { state: Arc::clone(&self.state) }
    }

    /// Runs `work` beside the reply; it counts as under way until it ends.
    #[expect(clippy::disallowed_methods, reason = "the one place where work is detached, because it is counted")]
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let working = self.begin();
        drop(tokio::spawn(async move {
            work.await;
            drop(working);
        }));
    }

    /// How much work is under way.
    pub(crate) fn active(&self) -> usize {
        self.state.active.load(Ordering::Acquire)
    }

    /// Waits until no work is under way.
    pub async fn drained(&self) {
        self.wait(|state| state.active.load(Ordering::Acquire) == 0).await;
    }

    /// Waits until the handling of `count` requests has begun since the process started.
    pub(crate) async fn invoked(&self, count: u64) {
        self.wait(|state| state.invocations.load(Ordering::Acquire) >= count).await;
    }

    async fn wait(&self, met: impl Fn(&State) -> bool) {
        loop {
            let changed = self.state.changed.notified();
            tokio::pin!(changed);
            // Registered before the check, so that a change between the two is not missed.
            changed.as_mut().enable();
            if met(&self.state) {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.state.active.fetch_sub(1, Ordering::AcqRel);
        self.state.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;

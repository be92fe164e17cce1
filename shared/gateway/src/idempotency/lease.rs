//! Keeps a claim while its request is carried out, so that it lapses soon after its holder has died and not before.

use std::convert::Infallible;
use std::time::Duration;

use store::Attempt;

use crate::{App, log_chain};

/// How long a claim outlives its holder, in milliseconds.
const LENGTH_MS: u64 = 20_000;
/// How often it is renewed: two renewals may fail.
const RENEWAL: Duration = Duration::from_secs(6);

/// When a claim that is made or renewed at `now` lapses, both in milliseconds.
pub(super) fn until(now: u64) -> u64 {
    now + LENGTH_MS
}

/// A claim to be kept.
pub(crate) struct Lease {
    pub(super) app: App,
    pub(super) attempt: Attempt,
}

impl Lease {
    /// Does the work and renews the claim meanwhile.
    pub(crate) async fn hold<T>(self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            done = work => done,
            never = self.renew() => match never {},
        }
    }

    async fn renew(&self) -> Infallible {
        loop {
            tokio::time::sleep(RENEWAL).await;
            match self.app.store.renew_claim(&self.attempt, until(self.app.clock().now_ms())).await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!("a claim was lost to another attempt; this one's answer will not be recorded");
                    std::future::pending::<()>().await;
                }
                Err(error) => log_chain("a claim was not renewed", &error),
            }
        }
    }
}

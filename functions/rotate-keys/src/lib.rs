//! Gives keys with `auto_rotate` new secrets when they are due, and stores them where their holders read them.

#[cfg(test)]
mod tests;

use std::error::Error;

use gateway::{App, JobError, Tick, random_bytes};
use jiff::{SignedDuration, Timestamp};
use policy::duration::Length;
use policy::key::{Key, OtherSecret};
use store::{ROTATE, Store, StoreError, Stored};

/// Keys looked at in one go.
const PAGE: usize = 100;

/// So long a secret that was stored is good although the job died before it became the key's own.
const ANNOUNCED: SignedDuration = SignedDuration::from_hours(48);

type Failure = Box<dyn Error + Send + Sync>;

/// Does what is due.
///
/// # Errors
/// [`JobError`] with the last failure, after every other key was tried.
pub async fn handle(app: &App, tick: Tick) -> Result<(), JobError> {
    if !app.rotates_keys() {
        return Ok(());
    }
    let millis = i64::try_from(tick.now.as_millis()).unwrap_or(i64::MAX);
    let now = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
    rotate_due(&app.store, now, app.key_grace(), app).await.map_err(JobError)
}

/// Where the holders of keys read their secrets.
trait Publish: Sync {
    fn publish(&self, key: &Key, secret: &str) -> impl Future<Output = Result<(), Failure>> + Send;
}

impl Publish for App {
    async fn publish(&self, key: &Key, secret: &str) -> Result<(), Failure> {
        self.store_secret(key, secret).await.map_err(Failure::from)
    }
}

async fn rotate_due(store: &Store, now: Timestamp, grace: Option<Length>, to: &impl Publish) -> Result<(), Failure> {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
    let mut outcome = Ok(());
    loop {
        let page = store.list_due::<Key>(ROTATE, millis, PAGE).await?;
        let mut rotated = 0;
        for found in &page.records {
            match rotate(store, found, now, grace, to).await {
                Ok(()) => rotated += 1,
                Err(error) => {
                    tracing::error!(key = found.value.key_name, error, "a key was not rotated");
                    outcome = Err(error);
                }
            }
        }
        // Keys that fail stay due; they are tried again when the job runs next.
        if page.next.is_none() || rotated == 0 {
            return outcome;
        }
    }
}

/// The new secret opens the key before it is stored, and the old one until it has been: whoever reads in between, or
/// after a crash, has one that is good.
async fn rotate(
    store: &Store,
    found: &Stored<Key>,
    now: Timestamp,
    grace: Option<Length>,
    to: &impl Publish,
) -> Result<(), Failure> {
    let mut announced = found.value.clone();
    announced.also.retain(|other| other.revoke_at > now);
    let renewed = policy::key::rotate(&announced, random_bytes()?, grace, now)?;
    announced.also.push(OtherSecret { token: renewed.key.token.clone(), revoke_at: now.checked_add(ANNOUNCED)? });
    let stored = match store.renew_key(found, &announced).await {
        // Someone else changes it, perhaps this job at its other run: it stays on the list, if it is still due.
        Err(StoreError::Changed) => return Ok(()),
        stored => stored?,
    };
    to.publish(&renewed.key, &renewed.secret).await?;
    store.renew_key(&stored, &renewed.key).await?;
    tracing::info!(key = renewed.key.origin, alias = renewed.key.key_alias, "a key has a new secret");
    Ok(())
}

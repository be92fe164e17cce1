use std::cell::Cell;

use futures_util::future::join_all;
use tokio::time::sleep;

use super::*;

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(1_000_000) };
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.get())
}

fn after(seconds: u64) {
    NOW.set(NOW.get() + seconds);
}

/// Fetches that count themselves; each gives its number, for an hour.
#[derive(Default)]
struct Source {
    fetches: Cell<u32>,
    broken: Cell<bool>,
}

impl Source {
    async fn fetch(&self) -> Result<Fetched<u32>, CredentialsError> {
        self.fetches.set(self.fetches.get() + 1);
        let number = self.fetches.get();
        sleep(Duration::from_millis(10)).await;
        if self.broken.get() {
            return Err(CredentialsError::Unreadable { by: "a test" });
        }
        Ok(Fetched { value: number, expires: now() + Duration::from_secs(3600) })
    }

    async fn get(&self, cache: &Cache<u32>) -> Result<u32, ()> {
        cache.get(Id::of(["a"]), now, self.fetch()).await.map_err(|_| ())
    }
}

#[tokio::test]
async fn callers_at_once_share_a_fetch() {
    let (cache, source) = (Cache::default(), Source::default());
    let all = join_all((0..20).map(|_| source.get(&cache))).await;
    assert_eq!((all, source.fetches.get()), (vec![Ok(1); 20], 1));
    source.broken.set(true);
    let other = join_all((0..20).map(|_| cache.get(Id::of(["b"]), now, source.fetch()))).await;
    assert_eq!((other.iter().filter(|it| it.is_err()).count(), source.fetches.get()), (20, 2));
}

#[tokio::test]
async fn a_value_is_renewed_before_it_expires() {
    let (cache, source) = (Cache::default(), Source::default());
    assert_eq!(source.get(&cache).await, Ok(1));
    after(3299);
    assert_eq!(source.get(&cache).await, Ok(1));
    after(2);
    // One renews it; the others go on with what they have.
    let all = join_all((0..5).map(|_| source.get(&cache))).await;
    assert_eq!((all, source.fetches.get()), (vec![Ok(2), Ok(1), Ok(1), Ok(1), Ok(1)], 2));
    assert_eq!(source.get(&cache).await, Ok(2));
}

#[tokio::test]
async fn a_failed_renewal_hurts_nobody_while_the_old_value_holds() {
    let (cache, source) = (Cache::default(), Source::default());
    assert_eq!(source.get(&cache).await, Ok(1));
    after(3400);
    source.broken.set(true);
    assert_eq!(source.get(&cache).await, Ok(1));
    assert_eq!(source.get(&cache).await, Ok(1));
    assert_eq!(source.fetches.get(), 2, "not every call tries again");
    after(31);
    assert_eq!(source.get(&cache).await, Ok(1));
    assert_eq!(source.fetches.get(), 3);
    after(160);
    assert_eq!(source.get(&cache).await, Err(()), "within seconds of its end it is too late");
    source.broken.set(false);
    assert_eq!(source.get(&cache).await, Ok(5));
}

#[tokio::test]
async fn a_caller_that_goes_away_holds_nobody_up() {
    let (cache, source) = (Cache::default(), Source::default());
    let gone = tokio::time::timeout(Duration::from_millis(1), source.get(&cache)).await;
    assert!(gone.is_err());
    assert_eq!(source.get(&cache).await, Ok(2));
}

#[test]
fn an_id_is_of_parts_and_not_of_their_text() {
    assert_ne!(Id::of(["ab", "c"]), Id::of(["a", "bc"]));
    assert_eq!(Id::of(["a", "b"]), Id::of(["a", "b"]));
}

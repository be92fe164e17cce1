use std::sync::Mutex;

use jiff::Timestamp;
use policy::key::{Key, OldSecret};
use store::testing::{Local, local};

use super::{Failure, Publish, rotate_due};

/// Keeps what it gets, unless it is out of order.
struct Secrets<'a> {
    it: &'a Local,
    works: bool,
    kept: Mutex<Vec<(Option<String>, String)>>,
}

impl<'a> Secrets<'a> {
    fn new(it: &'a Local, works: bool) -> Self {
        Self { it, works, kept: Mutex::default() }
    }
}

impl Publish for Secrets<'_> {
    async fn publish(&self, key: &Key, secret: &str) -> Result<(), Failure> {
        let opens = self.it.store.find::<OldSecret>(&Key::hash(secret)).await.unwrap().unwrap().value;
        assert_eq!(opens.active, "due", "the new secret opens the key before anyone can read it");
        if !self.works {
            return Err(Failure::from("gone"));
        }
        self.kept.lock().unwrap().push((key.key_alias.clone(), secret.to_owned()));
        Ok(())
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn create(it: &Local, token: &str, due: &str) {
    let key = Key {
        token: token.to_owned(),
        origin: token.to_owned(),
        key_alias: Some(token.to_owned()),
        auto_rotate: true,
        rotation_interval: Some("30d".to_owned()),
        key_rotation_at: Some(at(due)),
        ..Key::default()
    };
    it.store.create(&key).await.unwrap();
}

async fn by_alias(it: &Local, alias: &str) -> Key {
    it.store.find_by::<Key>("alias", alias).await.unwrap().unwrap().value
}

#[tokio::test]
async fn a_due_key_gets_a_secret_that_is_stored() {
    let it = local().await;
    create(&it, "due", "2026-11-22T00:00:00Z").await;
    create(&it, "later", "2026-11-23T00:00:00Z").await;
    let secrets = Secrets::new(&it, true);
    for _ in 0..2 {
        let now = at("2026-11-22T12:00:00Z");
        rotate_due(&it.store, now, Some("1d".parse().unwrap()), &secrets).await.unwrap();
    }
    let published = secrets.kept.into_inner().unwrap();
    let [(alias, secret)] = &published[..] else { panic!("{published:?}") };
    assert_eq!(alias.as_deref(), Some("due"));
    let key = by_alias(&it, "due").await;
    assert_eq!((key.token, key.origin, key.rotation_count), (Key::hash(secret), "due".to_owned(), 1));
    assert_eq!(key.key_rotation_at, Some(at("2026-12-22T12:00:00Z")));
    let old = it.store.find::<OldSecret>("due").await.unwrap().unwrap().value;
    assert_eq!((old.active, old.revoke_at), (Key::hash(secret), Some(at("2026-11-23T12:00:00Z"))));
    assert_eq!(by_alias(&it, "later").await.token, "later");
}

#[tokio::test]
async fn a_key_whose_secret_cannot_be_stored_keeps_its_own() {
    let it = local().await;
    create(&it, "due", "2026-11-22T00:00:00Z").await;
    let now = at("2026-11-22T12:00:00Z");
    rotate_due(&it.store, now, None, &Secrets::new(&it, false)).await.unwrap_err();
    let key = by_alias(&it, "due").await;
    assert_eq!((key.token.as_str(), key.rotation_count), ("due", 0));
    let secrets = Secrets::new(&it, true);
    rotate_due(&it.store, now, None, &secrets).await.unwrap();
    assert_eq!(secrets.kept.into_inner().unwrap().len(), 1);
    let key = by_alias(&it, "due").await;
    assert_eq!((key.rotation_count, key.also), (1, Vec::new()));
}

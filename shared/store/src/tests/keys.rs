//! Keys: aliases are unique, changes are made to what was read, lists come in pages.

use futures_util::future::join_all;
use jiff::Timestamp;
use policy::key::Key;

use super::*;
use crate::testing::{Local, local};
use crate::{KeyFilter, StoreError, StoredKey};

fn key(token: &str, alias: Option<&str>) -> Key {
    let created = Timestamp::from_millisecond(i64::try_from(NOW).unwrap()).unwrap();
    Key {
        token: token.to_owned(),
        origin: token.to_owned(),
        key_alias: alias.map(str::to_owned),
        max_budget: Some(usd("0.123456789012345678")),
        created_at: Some(created),
        ..Key::default()
    }
}

async fn create(it: &Local, token: &str, alias: Option<&str>) -> StoredKey {
    it.store.create_key(&key(token, alias)).await.unwrap()
}

async fn holder(it: &Local, alias: &str) -> Option<String> {
    it.store.find_key_by_alias(alias).await.unwrap().map(|found| found.key.token)
}

#[tokio::test]
async fn a_key_is_found_as_it_was_made() {
    let it = local().await;
    let made = create(&it, "a", Some("ci")).await;
    assert_eq!(it.store.find_key("a").await.unwrap(), Some(made));
    assert_eq!(holder(&it, "ci").await.as_deref(), Some("a"));
    assert_eq!(it.store.find_key("b").await.unwrap(), None);
    assert_eq!(holder(&it, "b").await, None);
}

#[tokio::test]
async fn hash_and_alias_are_unique() {
    let it = local().await;
    create(&it, "a", Some("ci")).await;
    assert!(matches!(it.store.create_key(&key("a", None)).await, Err(StoreError::Exists)));
    let taken = it.store.create_key(&key("b", Some("ci"))).await.unwrap_err();
    assert!(matches!(&taken, StoreError::AliasTaken { alias } if alias == "ci"), "{taken:?}");
    assert_eq!(it.store.find_key("b").await.unwrap(), None);
}

#[tokio::test]
async fn a_change_needs_the_latest_state() {
    let it = local().await;
    let made = create(&it, "a", Some("ci")).await;
    let blocked = Key { blocked: true, ..made.key.clone() };
    let second = it.store.update_key(&made, &blocked).await.unwrap();
    assert!(matches!(it.store.update_key(&made, &made.key).await, Err(StoreError::Changed)));
    assert!(matches!(it.store.delete_key(&made).await, Err(StoreError::Changed)));
    assert_eq!(it.store.find_key("a").await.unwrap(), Some(second.clone()));
    it.store.delete_key(&second).await.unwrap();
    assert!(it.items("entities").await.is_empty());
    assert!(matches!(it.store.update_key(&second, &second.key).await, Err(StoreError::Changed)));
}

#[tokio::test]
async fn an_alias_moves_with_its_key() {
    let it = local().await;
    create(&it, "other", Some("taken")).await;
    let made = create(&it, "a", Some("ci")).await;
    let refused = it.store.update_key(&made, &Key { key_alias: Some("taken".to_owned()), ..made.key.clone() }).await;
    assert!(matches!(refused, Err(StoreError::AliasTaken { .. })));
    let renamed = Key { key_alias: Some("cd".to_owned()), ..made.key.clone() };
    let renamed = it.store.update_key(&made, &renamed).await.unwrap();
    assert_eq!((holder(&it, "ci").await, holder(&it, "cd").await.as_deref()), (None, Some("a")));

    let replaced = Key { token: "b".to_owned(), ..renamed.key.clone() };
    let replaced = it.store.replace_key(&renamed, &replaced).await.unwrap();
    assert_eq!(it.store.find_key("a").await.unwrap(), None);
    assert_eq!(holder(&it, "cd").await.as_deref(), Some("b"));
    assert_eq!(replaced.key.origin, "a");
    assert!(matches!(
        it.store.replace_key(&renamed, &replaced.key).await,
        Err(StoreError::Exists | StoreError::Changed)
    ));

    let nameless = Key { key_alias: None, ..replaced.key.clone() };
    it.store.update_key(&replaced, &nameless).await.unwrap();
    create(&it, "c", Some("cd")).await;
}

#[tokio::test]
async fn a_replaced_key_and_a_new_alias_in_one_step() {
    let it = local().await;
    create(&it, "other", Some("taken")).await;
    let made = create(&it, "a", Some("ci")).await;
    let replace = |alias: &str| Key { token: "b".to_owned(), key_alias: Some(alias.to_owned()), ..made.key.clone() };
    let refused = it.store.replace_key(&made, &replace("taken")).await;
    assert!(matches!(refused, Err(StoreError::AliasTaken { .. })), "{refused:?}");
    it.store.replace_key(&made, &replace("cd")).await.unwrap();
    assert_eq!((holder(&it, "ci").await, holder(&it, "cd").await.as_deref()), (None, Some("b")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_gets_the_alias() {
    let it = local().await;
    let keys: Vec<Key> = (0..20).map(|number| key(&format!("key-{number}"), Some("ci"))).collect();
    let results = join_all(keys.iter().map(|key| it.store.create_key(key))).await;
    let won = results.iter().filter(|result| result.is_ok()).count();
    let lost = results.iter().filter(|result| matches!(result, Err(StoreError::AliasTaken { .. }))).count();
    assert_eq!((won, lost), (1, 19));
}

async fn list(it: &Local, filter: &KeyFilter, limit: usize) -> Vec<String> {
    let (mut tokens, mut cursor): (Vec<String>, Option<String>) = (Vec::new(), None);
    loop {
        let page = it.store.list_keys(filter, limit, cursor.as_deref()).await.unwrap();
        tokens.extend(page.keys.into_iter().map(|found| found.key.token));
        cursor = page.next;
        if cursor.is_none() {
            return tokens;
        }
    }
}

#[tokio::test]
async fn keys_are_listed_by_owner_in_pages() {
    let it = local().await;
    for number in 0..12 {
        let mut key = key(&format!("key-{number:02}"), None);
        key.user_id = (number % 2 == 0).then(|| "u".to_owned());
        key.team_id = (number % 3 == 0).then(|| "t".to_owned());
        it.store.create_key(&key).await.unwrap();
    }
    for limit in [1, 5, 12, 100] {
        let all: Vec<String> = (0..12).rev().map(|number| format!("key-{number:02}")).collect();
        assert_eq!(list(&it, &KeyFilter::All, limit).await, all, "{limit}");
    }
    let user = KeyFilter::User("u".to_owned());
    let team = KeyFilter::Team("t".to_owned());
    assert_eq!(list(&it, &user, 2).await, ["key-10", "key-08", "key-06", "key-04", "key-02", "key-00"]);
    assert_eq!(list(&it, &team, 3).await, ["key-09", "key-06", "key-03", "key-00"]);
    assert!(list(&it, &KeyFilter::Organization("o".to_owned()), 3).await.is_empty());

    let six = it.store.find_key("key-06").await.unwrap().unwrap();
    let moved = Key { team_id: None, organization_id: Some("o".to_owned()), ..six.key.clone() };
    let moved = it.store.update_key(&six, &moved).await.unwrap();
    assert_eq!(list(&it, &team, 3).await, ["key-09", "key-03", "key-00"]);
    assert_eq!(list(&it, &KeyFilter::Organization("o".to_owned()), 3).await, ["key-06"]);
    it.store.delete_key(&moved).await.unwrap();
    assert_eq!(list(&it, &user, 10).await, ["key-10", "key-08", "key-04", "key-02", "key-00"]);
}

#[tokio::test]
async fn keys_are_due_when_their_period_has_ended() {
    let it = local().await;
    for (token, reset) in [("a", Some(NOW - 1)), ("b", Some(NOW - 2)), ("c", Some(NOW + 1)), ("d", None)] {
        let mut key = key(token, None);
        key.budget_reset_at = reset.map(|at| Timestamp::from_millisecond(i64::try_from(at).unwrap()).unwrap());
        it.store.create_key(&key).await.unwrap();
    }
    let due = async || it.store.list_due_keys(NOW, 10).await.unwrap().keys;
    let tokens: Vec<String> = due().await.into_iter().map(|found| found.key.token).collect();
    assert_eq!(tokens, ["b", "a"]);
    for found in due().await {
        it.store.update_key(&found, &Key { budget_reset_at: None, ..found.key.clone() }).await.unwrap();
    }
    assert!(due().await.is_empty());
}

//! Keys: aliases are unique, changes are made to what was read, lists come in pages.

use futures_util::future::join_all;
use jiff::Timestamp;
use policy::key::Key;

use super::*;
use crate::testing::{Local, local};
use policy::entity::Limits;

use crate::{Listing, RESET, StoreError, Stored};

fn key(token: &str, alias: Option<&str>) -> Key {
    let created = Timestamp::from_millisecond(i64::try_from(NOW).unwrap()).unwrap();
    Key {
        token: token.to_owned(),
        origin: token.to_owned(),
        key_alias: alias.map(str::to_owned),
        limits: Limits { max_budget: Some(usd("0.123456789012345678")), ..Limits::default() },
        created_at: Some(created),
        ..Key::default()
    }
}

async fn create(it: &Local, token: &str, alias: Option<&str>) -> Stored<Key> {
    it.store.create(&key(token, alias)).await.unwrap()
}

async fn holder(it: &Local, alias: &str) -> Option<String> {
    it.store.find_by::<Key>("alias", alias).await.unwrap().map(|found| found.value.token)
}

#[tokio::test]
async fn a_key_is_found_as_it_was_made() {
    let it = local().await;
    let made = create(&it, "a", Some("ci")).await;
    assert_eq!(it.store.find::<Key>("a").await.unwrap(), Some(made));
    assert_eq!(holder(&it, "ci").await.as_deref(), Some("a"));
    assert_eq!(it.store.find::<Key>("b").await.unwrap(), None);
    assert_eq!(holder(&it, "b").await, None);
}

#[tokio::test]
async fn hash_and_alias_are_unique() {
    let it = local().await;
    create(&it, "a", Some("ci")).await;
    assert!(matches!(it.store.create(&key("a", None)).await, Err(StoreError::Exists)));
    let taken = it.store.create(&key("b", Some("ci"))).await.unwrap_err();
    assert!(matches!(&taken, StoreError::NameTaken { name, .. } if name == "ci"), "{taken:?}");
    assert_eq!(it.store.find::<Key>("b").await.unwrap(), None);
}

#[tokio::test]
async fn a_change_needs_the_latest_state() {
    let it = local().await;
    let made = create(&it, "a", Some("ci")).await;
    let blocked = Key { blocked: true, ..made.value.clone() };
    let second = it.store.update(&made, &blocked).await.unwrap();
    assert!(matches!(it.store.update(&made, &made.value).await, Err(StoreError::Changed)));
    assert!(matches!(it.store.delete(&made).await, Err(StoreError::Changed)));
    assert_eq!(it.store.find::<Key>("a").await.unwrap(), Some(second.clone()));
    it.store.delete(&second).await.unwrap();
    assert!(it.items("entities").await.is_empty());
    assert!(matches!(it.store.update(&second, &second.value).await, Err(StoreError::Changed)));
}

#[tokio::test]
async fn an_alias_moves_with_its_key() {
    let it = local().await;
    create(&it, "other", Some("taken")).await;
    let made = create(&it, "a", Some("ci")).await;
    let refused = it.store.update(&made, &Key { key_alias: Some("taken".to_owned()), ..made.value.clone() }).await;
    assert!(matches!(refused, Err(StoreError::NameTaken { .. })));
    let renamed = Key { key_alias: Some("cd".to_owned()), ..made.value.clone() };
    let renamed = it.store.update(&made, &renamed).await.unwrap();
    assert_eq!((holder(&it, "ci").await, holder(&it, "cd").await.as_deref()), (None, Some("a")));

    let replaced = Key { token: "b".to_owned(), ..renamed.value.clone() };
    let replaced = it.store.update(&renamed, &replaced).await.unwrap();
    assert_eq!(it.store.find::<Key>("a").await.unwrap(), None);
    assert_eq!(holder(&it, "cd").await.as_deref(), Some("b"));
    assert_eq!(replaced.value.origin, "a");
    assert!(matches!(it.store.update(&renamed, &replaced.value).await, Err(StoreError::Exists | StoreError::Changed)));

    let nameless = Key { key_alias: None, ..replaced.value.clone() };
    it.store.update(&replaced, &nameless).await.unwrap();
    create(&it, "c", Some("cd")).await;
}

#[tokio::test]
async fn a_replaced_key_and_a_new_alias_in_one_step() {
    let it = local().await;
    create(&it, "other", Some("taken")).await;
    let made = create(&it, "a", Some("ci")).await;
    let replace = |alias: &str| Key { token: "b".to_owned(), key_alias: Some(alias.to_owned()), ..made.value.clone() };
    let refused = it.store.update(&made, &replace("taken")).await;
    assert!(matches!(refused, Err(StoreError::NameTaken { .. })), "{refused:?}");
    it.store.update(&made, &replace("cd")).await.unwrap();
    assert_eq!((holder(&it, "ci").await, holder(&it, "cd").await.as_deref()), (None, Some("b")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_gets_the_alias() {
    let it = local().await;
    let keys: Vec<Key> = (0..20).map(|number| key(&format!("key-{number}"), Some("ci"))).collect();
    let results = join_all(keys.iter().map(|key| it.store.create(key))).await;
    let won = results.iter().filter(|result| result.is_ok()).count();
    let lost = results.iter().filter(|result| matches!(result, Err(StoreError::NameTaken { .. }))).count();
    assert_eq!((won, lost), (1, 19));
}

async fn list(it: &Local, filter: &Listing, limit: usize) -> Vec<String> {
    let (mut tokens, mut cursor): (Vec<String>, Option<String>) = (Vec::new(), None);
    loop {
        let page = it.store.list::<Key>(filter, limit, cursor.as_deref()).await.unwrap();
        tokens.extend(page.records.into_iter().map(|found| found.value.token));
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
        it.store.create(&key).await.unwrap();
    }
    for limit in [1, 5, 12, 100] {
        let all: Vec<String> = (0..12).rev().map(|number| format!("key-{number:02}")).collect();
        assert_eq!(list(&it, &Listing::All, limit).await, all, "{limit}");
    }
    let user = Listing::Of("USER", "u".to_owned());
    let team = Listing::Of("TEAM", "t".to_owned());
    assert_eq!(list(&it, &user, 2).await, ["key-10", "key-08", "key-06", "key-04", "key-02", "key-00"]);
    assert_eq!(list(&it, &team, 3).await, ["key-09", "key-06", "key-03", "key-00"]);
    assert!(list(&it, &Listing::Of("ORGANIZATION", "o".to_owned()), 3).await.is_empty());

    let six = it.store.find::<Key>("key-06").await.unwrap().unwrap();
    let moved = Key { team_id: None, organization_id: Some("o".to_owned()), ..six.value.clone() };
    let moved = it.store.update(&six, &moved).await.unwrap();
    assert_eq!(list(&it, &team, 3).await, ["key-09", "key-03", "key-00"]);
    assert_eq!(list(&it, &Listing::Of("ORGANIZATION", "o".to_owned()), 3).await, ["key-06"]);
    it.store.delete(&moved).await.unwrap();
    assert_eq!(list(&it, &user, 10).await, ["key-10", "key-08", "key-04", "key-02", "key-00"]);
}

#[tokio::test]
async fn keys_are_due_when_their_period_has_ended() {
    let it = local().await;
    for (token, reset) in [("a", Some(NOW - 1)), ("b", Some(NOW - 2)), ("c", Some(NOW + 1)), ("d", None)] {
        let mut key = key(token, None);
        key.limits.budget_reset_at = reset.map(|at| Timestamp::from_millisecond(i64::try_from(at).unwrap()).unwrap());
        it.store.create(&key).await.unwrap();
    }
    let due = async || it.store.list_due::<Key>(RESET, NOW, 10).await.unwrap().records;
    let tokens: Vec<String> = due().await.into_iter().map(|found| found.value.token).collect();
    assert_eq!(tokens, ["b", "a"]);
    for found in due().await {
        it.store.update(&found, &Key { limits: Limits::default(), ..found.value.clone() }).await.unwrap();
    }
    assert!(due().await.is_empty());
}

#[tokio::test]
async fn a_page_is_found_by_its_number_and_a_list_is_counted() {
    let it = local().await;
    for number in 0..7 {
        let key = Key { user_id: (number != 3).then(|| "u".to_owned()), ..key(&format!("key-{number}"), None) };
        it.store.create(&key).await.unwrap();
    }
    let user = Listing::Of("USER", "u".to_owned());
    for (listing, skip, want) in [
        (&Listing::All, 0, vec!["key-6", "key-5", "key-4"]),
        (&Listing::All, 3, vec!["key-3", "key-2", "key-1"]),
        (&Listing::All, 6, vec!["key-0"]),
        (&Listing::All, 7, vec![]),
        (&user, 2, vec!["key-4", "key-2", "key-1"]),
    ] {
        let page = it.store.list_after::<Key>(listing, skip, 3).await.unwrap();
        let tokens: Vec<String> = page.into_iter().map(|found| found.value.token).collect();
        assert_eq!(tokens, want, "{listing:?} {skip}");
    }
    assert_eq!(it.store.count::<Key>(&Listing::All).await.unwrap(), 7);
    assert_eq!(it.store.count::<Key>(&user).await.unwrap(), 6);
    assert_eq!(it.store.count::<Key>(&Listing::Of("USER", "v".to_owned())).await.unwrap(), 0);
}

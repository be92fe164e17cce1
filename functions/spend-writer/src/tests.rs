use policy::entity::Customer;
use policy::money::Usd;
use policy::spend::{Scope, Status};
use store::testing::local;

use super::*;

fn message(id: &str, event: &str, spend: &str) -> SqsMessage {
    let mut it = SpendEvent::new(event, 1_795_374_000_000);
    it.spend = spend.parse().unwrap();
    it.scopes = vec![Scope::new("key", "k")];
    SqsMessage { id: id.to_owned(), body: serde_json::to_string(&it).unwrap() }
}

fn text(id: &str, body: &str) -> SqsMessage {
    SqsMessage { id: id.to_owned(), body: body.to_owned() }
}

#[tokio::test]
async fn what_can_be_written_is_and_the_rest_is_named() {
    let it = local().await;
    let mut large = SpendEvent::new("large", 1);
    large.model_id = "x".repeat(500_000);
    let batch = [
        message("m1", "a", "0.1"),
        text("m2", "not an event"),
        message("m3", "b", "0.2"),
        text("m4", r#"{"v":99,"id":"c","status":"success","started":1,"spend":7}"#),
        text("m5", &serde_json::to_string(&large).unwrap()),
        message("m6", "a", "0.1"),
    ];
    let mut failed = write(&it.store, &batch, Keep::default()).await.failed;
    failed.sort();
    assert_eq!(failed, ["m2", "m4", "m5"]);

    let again = [message("m7", "b", "0.2"), message("m8", "d", "0.4"), message("m9", "a", "0.1")];
    assert!(write(&it.store, &again, Keep::default()).await.failed.is_empty());
    let total = it.store.find_total(&Scope::new("key", "k")).await.unwrap();
    assert_eq!((total.spend, total.requests), ("0.7".parse::<Usd>().unwrap(), 3));
}

#[tokio::test]
async fn a_first_call_makes_its_customer() {
    let it = local().await;
    let named = |id: &str, customer: &str, started: u64, status| {
        let mut event = SpendEvent::new(id, started);
        event.end_user = Some(customer.to_owned());
        event.status = status;
        SqsMessage { id: id.to_owned(), body: serde_json::to_string(&event).unwrap() }
    };
    let blocked = Customer { user_id: "known".to_owned(), blocked: true, ..Customer::default() };
    it.store.create(&blocked).await.unwrap();
    let batch = [
        named("m1", "new", 1_795_374_000_000, Status::Success),
        named("m2", "new", 1_795_373_000_000, Status::Success),
        named("m3", "known", 1_795_374_000_000, Status::Success),
        named("m4", "refused", 1_795_374_000_000, Status::Failure),
    ];
    for _ in 0..2 {
        assert!(write(&it.store, &batch, Keep::default()).await.failed.is_empty());
    }
    let new = it.store.find::<Customer>("new").await.unwrap().unwrap();
    assert_eq!((new.rev, new.value.created_at.unwrap().as_second()), (1, 1_795_373_000));
    assert!(it.store.find::<Customer>("known").await.unwrap().unwrap().value.blocked);
    assert_eq!(it.store.find::<Customer>("refused").await.unwrap(), None);
}

use policy::money::Usd;
use policy::spend::Scope;
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

//! Answers that callers continue: whole or not at all, however large, and gone when they expire.

use serde_json::{Value, json};

use crate::ResponseKey;
use crate::testing::local;

const KEY: ResponseKey<'static> = ResponseKey { model_id: "d#1", response_id: "chatcmpl-1" };
const NOW: u64 = 1_770_000_000;

#[tokio::test]
async fn an_answer_is_found_as_it_was_kept_until_it_expires() {
    let it = local().await;
    let answer = json!({"response": {"id": "resp_1", "output": []}, "input": "Hi", "history": []});
    it.store.save_response(KEY, &answer, NOW + 60).await.unwrap();
    assert_eq!(it.calls(), 1);
    assert_eq!(it.store.find_response(KEY, NOW).await.unwrap(), Some(answer));
    assert_eq!(it.calls(), 1);
    assert_eq!(it.store.find_response(KEY, NOW + 60).await.unwrap(), None);
    let other = ResponseKey { model_id: "d", ..KEY };
    assert_eq!(it.store.find_response(other, NOW).await.unwrap(), None);
}

#[tokio::test]
async fn a_large_answer_takes_several_items_and_goes_with_them() {
    let it = local().await;
    // Text that does not compress.
    let mut state = 1_u64;
    let letters = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b' ' + (state >> 58) as u8)
    });
    let answer = Value::String(letters.take(2 << 20).collect());
    it.store.save_response(KEY, &answer, NOW + 60).await.unwrap();
    assert!(it.items("cache").await.len() > 1);
    assert_eq!(it.store.find_response(KEY, NOW).await.unwrap(), Some(answer));

    it.store.save_response(KEY, &json!("short"), NOW + 60).await.unwrap();
    assert_eq!(it.store.find_response(KEY, NOW).await.unwrap(), Some(json!("short")));

    assert!(it.store.delete_response(KEY).await.unwrap());
    assert!(!it.store.delete_response(KEY).await.unwrap());
    assert_eq!(it.store.find_response(KEY, NOW).await.unwrap(), None);
    assert_eq!(it.items("cache").await.len(), 0);
}

//! Of many who would tell something, one does.

use crate::testing::local;

#[tokio::test]
async fn one_of_many_announces() {
    let it = local().await;
    let all = (0..8).map(|_| it.store.announce("soft#team", 100, 200));
    let first = futures_util::future::join_all(all).await.into_iter().filter(|it| matches!(it, Ok(true))).count();
    assert_eq!(first, 1);
    assert!(!it.store.announce("soft#team", 199, 300).await.unwrap());
    assert!(it.store.announce("soft#user", 100, 200).await.unwrap());
    // Told again once it is forgotten, or taken back.
    assert!(it.store.announce("soft#team", 200, 300).await.unwrap());
    it.store.withdraw("soft#team").await.unwrap();
    assert!(it.store.announce("soft#team", 201, 300).await.unwrap());
}

//! What a call costs: requests to DynamoDB before and after it, and time against the embedded one.

use std::time::Instant;

use super::*;
use crate::Actual;
use crate::testing::local;

#[tokio::test]
async fn calls_of_the_common_shapes() {
    let it = local().await;
    let team = || Budget { scope: Scope::new("team", "t"), window: String::new(), max: usd("100") };
    let limits = || vec![Limit { requests: Some(1000), tokens: Some(100_000), estimate: 10, ..limit() }];
    let shapes: [(&str, Reserve, usize, usize); 4] = [
        ("plain key", ask(""), 0, 0),
        ("budget", ask_budget("", "0.1", "100"), 1, 1),
        ("budget and limits", Reserve { limits: limits(), ..ask_budget("", "0.1", "100") }, 1, 1),
        (
            "two budgets and limits",
            Reserve { limits: limits(), budgets: vec![budget("100"), team()], ..ask_budget("", "0.1", "100") },
            1,
            2,
        ),
    ];
    for (shape, mut req, before, after) in shapes {
        let mut took = Vec::new();
        for call in 0..20 {
            req.event.id = format!("{shape}-{call}");
            it.calls();
            let begin = Instant::now();
            let reserved = admitted(it.store.reserve(&req).await.unwrap());
            took.push(begin.elapsed().as_micros());
            if call > 0 {
                assert_eq!(it.calls(), before, "{shape}: before the call");
            }
            it.calls();
            it.store.settle(&reserved, &Actual { spend: usd("0.05"), tokens: 5, ..Actual::default() }).await.unwrap();
            assert_eq!(it.calls(), after, "{shape}: after the call");
        }
        took.sort_unstable();
        println!("{shape}: {before} calls before, {after} after; reserve takes {} us (median)", took[took.len() / 2]);
    }
}

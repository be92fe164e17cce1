//! Many budgets and limits of many entities in one call.

use super::*;
use crate::testing::{Local, local};
use crate::{Actual, Counted, Limited, StoreError};

/// Who pays for a call in a team of an organization, with a project, a customer and tags.
const PAYERS: [&str; 10] =
    ["key", "user", "team", "team_member", "organization", "project", "end_user", "tag", "model_per_key", "global"];

fn budget_of(kind: &str, window: &str, max: &str) -> Budget {
    Budget { scope: Scope::new(kind, "it"), window: window.to_owned(), max: usd(max), refuses: true }
}

fn limit_of(kind: &str, counter: &str) -> Limit {
    Limit { descriptor: format!("{kind}{counter}"), entity: entity(kind, "it"), counter: counter.to_owned(), ..limit() }
}

/// Two budgets of each payer, and a dozen limits.
fn ask_many(id: &str) -> Reserve {
    let budgets = PAYERS.iter().flat_map(|kind| [budget_of(kind, "1d", "10"), budget_of(kind, "30d", "100")]);
    let limits = PAYERS.iter().chain(&["agent", "model_per_team"]);
    let limits =
        limits.map(|kind| Limit { requests: Some(100), tokens: Some(10_000), estimate: 10, ..limit_of(kind, "") });
    Reserve { estimate: usd("0.25"), budgets: budgets.collect(), limits: limits.collect(), ..ask(id) }
}

async fn state(it: &Local, kind: &str) -> crate::state::State {
    it.store.find_counters(&entity(kind, "it")).await.unwrap()
}

#[tokio::test]
async fn however_many_there_are_it_is_one_request() {
    let it = local().await;
    admitted(it.store.reserve(&ask_many("cold")).await.unwrap());
    assert_eq!(it.calls(), 3, "one that finds nothing, all totals at once, the write");
    let reserved = admitted(it.store.reserve(&ask_many("warm")).await.unwrap());
    assert_eq!(it.calls(), 1);
    let left = it.store.find_remaining(&reserved).await.unwrap();
    assert_eq!(it.calls(), 1, "one read for all limits");
    let expected: Vec<&str> = PAYERS.iter().chain(&["agent", "model_per_team"]).copied().collect();
    assert_eq!(left.iter().map(|it| it.descriptor.as_str()).collect::<Vec<_>>(), expected);
    assert!(left.iter().all(|it| it.requests == Some((100, 98)) && it.tokens == Some((10_000, 9_980))), "{left:?}");
    it.store.settle(&reserved, &Actual { spend: usd("0.125"), tokens: 7, ..Actual::default() }).await.unwrap();
    for kind in PAYERS {
        let state = state(&it, kind).await;
        let left = (state.budgets["1d"].headroom, state.budgets["30d"].headroom, state.windows[""].tokens);
        assert_eq!(left, (usd("9.625"), usd("99.625"), 17), "{kind}");
    }
    let mut next = ask_many("next minute");
    next.now += MINUTE;
    it.calls();
    admitted(it.store.reserve(&next).await.unwrap());
    assert_eq!(it.calls(), 1, "all windows have ended, and the store remembers when they began");
}

#[tokio::test]
async fn the_first_in_the_order_of_the_request_refuses() {
    let it = local().await;
    let full = Budget { max: Usd::ZERO, ..budget_of("organization", "", "0") };
    let budgets = |first: &str, second: &str| {
        vec![budget_of(first, "", "0"), budget_of("user", "", "5"), budget_of(second, "", "0")]
    };
    let nothing = |kind: &str| Limit { requests: Some(0), ..limit_of(kind, "") };
    let scope_of = |refusal: Refusal| match refusal {
        Refusal::OverBudget { scope, .. } => scope.kind,
        Refusal::RateLimited { descriptor, .. } => descriptor,
    };
    let limits = || vec![nothing("team"), nothing("key")];
    let asks = [
        (budgets("team", "key"), limits(), "team"),
        (budgets("key", "team"), limits(), "key"),
        (vec![budget_of("user", "", "5"), full.clone()], limits(), "organization"),
        (vec![budget_of("user", "", "5")], limits(), "team"),
        (vec![budget_of("key", "", "5")], vec![nothing("key"), nothing("team")], "key"),
        (Vec::new(), vec![nothing("team"), nothing("key")], "team"),
        (Vec::new(), vec![nothing("key"), nothing("team")], "key"),
        // Of one entity, too: its second budget comes before its limit.
        (vec![budget_of("key", "1d", "5"), budget_of("key", "30d", "0")], vec![nothing("key")], "key"),
    ];
    for (budgets, limits, first) in asks {
        let what = format!("{budgets:?} {limits:?}");
        let refusal = refused(it.store.reserve(&Reserve { budgets, limits, ..ask("a") }).await.unwrap());
        assert_eq!(scope_of(refusal), first, "{what}");
    }
    assert!(it.items("counters").await.is_empty(), "refusals have written something");
}

#[tokio::test]
async fn a_refusal_by_any_of_them_consumes_nothing_of_the_others() {
    let it = local().await;
    admitted(it.store.reserve(&ask_many("a")).await.unwrap());
    let before = it.items("counters").await;
    let last = |req: &Reserve| (req.budgets.len(), req.limits.len());
    let (budgets, limits) = last(&ask_many("b"));
    for place in 0..budgets + limits {
        let mut req = ask_many("b");
        match req.budgets.get_mut(place) {
            Some(budget) => budget.max = usd("0.1"),
            None => req.limits[place - budgets].tokens = Some(12),
        }
        it.calls();
        refused(it.store.reserve(&req).await.unwrap());
        assert_eq!(it.calls(), 1);
    }
    let sorted = |mut items: Vec<crate::attributes::Item>| {
        items.sort_by_key(|item| format!("{:?}", item["pk"]));
        items
    };
    assert_eq!(sorted(it.items("counters").await), sorted(before));
}

#[tokio::test]
async fn as_many_entities_as_a_transaction_takes_and_no_more() {
    let it = local().await;
    let tags = |count: usize| {
        let budgets = (0..count).map(|tag| Budget { scope: Scope::new("tag", format!("{tag}")), ..budget("1") });
        Reserve { budgets: budgets.collect(), estimate: usd("0.1"), ..ask("a") }
    };
    let error = it.store.reserve(&tags(100)).await.unwrap_err();
    assert!(matches!(error, StoreError::TooMany { most: 99, .. }), "{error:?}");
    assert_eq!(it.calls(), 0);
    admitted(it.store.reserve(&tags(99)).await.unwrap());
    assert_eq!(it.items("counters").await.len(), 100, "and the call's own");
}

#[tokio::test]
async fn limits_of_one_entity_with_counters_of_their_own_are_one_update() {
    let it = local().await;
    let ask = |id: &str, now| {
        let own = Limit { requests: Some(5), tokens: Some(100), estimate: 10, ..limit_of("key", "") };
        let model = Limit { requests: Some(2), ..limit_of("key", "gpt-4o") };
        Reserve { now, limits: vec![own, model], ..ask(id) }
    };
    let first = admitted(it.store.reserve(&ask("a", NOW)).await.unwrap());
    let left = first.remaining().unwrap();
    assert_eq!((left[0].requests, left[1].requests, left[1].tokens), (Some((5, 4)), Some((2, 1)), None));
    it.calls();
    admitted(it.store.reserve(&ask("b", NOW)).await.unwrap());
    assert_eq!(it.calls(), 1);
    let refusal = refused(it.store.reserve(&ask("c", NOW)).await.unwrap());
    assert!(matches!(&refusal, Refusal::RateLimited { descriptor, limit: 2, .. } if descriptor == "keygpt-4o"));
    let state = state(&it, "key").await;
    assert_eq!((state.windows[""].requests, state.windows["gpt-4o"].requests), (2, 2));
    assert_eq!(it.items("counters").await.len(), 1);
}

#[tokio::test]
async fn limits_that_share_a_counter_count_a_call_once() {
    let it = local().await;
    let ask = |id: &str| {
        let one = Limit { requests: Some(3), ..limit_of("key", "") };
        let other = Limit { descriptor: "stricter".to_owned(), requests: Some(2), ..one.clone() };
        Reserve { limits: vec![one, other], ..ask(id) }
    };
    for id in ["a", "b"] {
        admitted(it.store.reserve(&ask(id)).await.unwrap());
    }
    let refusal = refused(it.store.reserve(&ask("c")).await.unwrap());
    assert!(matches!(&refusal, Refusal::RateLimited { descriptor, used: 2, .. } if descriptor == "stricter"));
}

#[tokio::test]
async fn tokens_of_the_prompt_and_of_the_answer_count_apart() {
    let it = local().await;
    let side = |counter: &str, tokens, estimate, counted| Limit {
        tokens: Some(tokens),
        estimate,
        counted,
        ..limit_of("project", counter)
    };
    let ask = |id: &str, input, output| {
        let limits = vec![side("input", 100, input, Counted::Input), side("output", 50, output, Counted::Output)];
        Reserve { limits, ..ask(id) }
    };
    let reserved = admitted(it.store.reserve(&ask("a", 60, 40)).await.unwrap());
    let actual = Actual { input_tokens: 61, output_tokens: 4, tokens: 1000, ..Actual::default() };
    it.store.settle(&reserved, &actual).await.unwrap();
    let state = state(&it, "project").await;
    assert_eq!((state.windows["input"].tokens, state.windows["output"].tokens), (61, 4));
    let refusal = refused(it.store.reserve(&ask("b", 40, 1)).await.unwrap());
    assert!(matches!(&refusal, Refusal::RateLimited { limited: Limited::Tokens, limit: 100, used: 61, .. }));
}

#[tokio::test]
async fn a_slot_of_a_crashed_call_goes_to_the_next_one_in_a_transaction_too() {
    let it = local().await;
    let ask = |id: &str, now: u64| {
        let limits = vec![
            Limit { parallel: Some(2), ..limit_of("key", "") },
            Limit { parallel: Some(3), ..limit_of("team", "") },
        ];
        Reserve { now, expires: now + MINUTE, limits, ..ask(id) }
    };
    for id in ["a", "b"] {
        admitted(it.store.reserve(&ask(id, NOW)).await.unwrap());
    }
    refused(it.store.reserve(&ask("c", NOW + MINUTE - 1)).await.unwrap());
    it.calls();
    let next = admitted(it.store.reserve(&ask("d", NOW + MINUTE)).await.unwrap());
    assert_eq!(it.calls(), 2, "the one that met the crashed calls, and the one that takes their place");
    let other = admitted(it.store.reserve(&ask("e", NOW + MINUTE)).await.unwrap());
    refused(it.store.reserve(&ask("f", NOW + MINUTE)).await.unwrap());
    for reserved in [&next, &other, &next] {
        it.store.settle(reserved, &Actual::default()).await.unwrap();
    }
    for entity in it.store.find_due_counters(NOW + 120 * MINUTE).await.unwrap() {
        it.store.reclaim(&entity, NOW + 120 * MINUTE).await.unwrap();
    }
    for kind in ["key", "team"] {
        let state = state(&it, kind).await;
        assert_eq!((state.slots, state.held.len()), (0, 0), "{kind}");
    }
}

#[tokio::test]
async fn an_open_call_is_small_in_every_item_of_many_writers() {
    let budgets = |kinds: &[&str]| kinds.iter().map(|kind| budget_of(kind, "30d", "1000")).collect::<Vec<_>>();
    for (kinds, most) in [(&["key"][..], 90), (&["key", "team", "organization"], 90)] {
        let it = local().await;
        let mut sizes = Vec::new();
        for call in 0..60 {
            let id = format!("0198c1de-7d3a-7c44-9d0a-{:012}", call + 100 * kinds.len());
            let mut req = Reserve { budgets: budgets(kinds), estimate: usd("0.0123456789"), ..ask(&id) };
            req.event.user = Some("x".repeat(300));
            admitted(it.store.reserve(&req).await.unwrap());
            let place = crate::attributes::text(entity(kinds[0], "it").place().0);
            let items = it.items("counters").await;
            sizes.push(super::figures::size(items.iter().find(|item| item["pk"] == place).unwrap()));
        }
        let last: Vec<usize> = sizes.windows(2).skip(10).map(|pair| pair[1] - pair[0]).collect();
        assert!(last.iter().all(|it| *it < most), "bytes a call: {last:?}");
        assert!(sizes[59] < 60 * most + 2_500, "the item has {} bytes", sizes[59]);
    }
}

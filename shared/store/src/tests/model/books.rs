//! Compares what the store keeps with what the model says.

use super::*;
use crate::state::State;
use crate::testing::Local;

/// Every counter is what the model says, and no budget was passed but by what calls cost too much.
pub(super) async fn compare(it: &Local, model: &Model, after: &str) {
    let items = it.items("counters").await;
    for (kind, counters) in &model.entities {
        let item = items.iter().find(|item| crate::counters::Entity::from_key(item) == Some(entity(kind, "it")));
        let state = item.map(State::read).unwrap_or_default();
        for (window, expected) in &counters.budgets {
            let found = state.budgets[*window];
            let what = format!("{kind} {window:?} after {after}");
            assert_eq!((found.start, found.max), (expected.start, expected.max), "{what}");
            assert_eq!(found.headroom, expected.max - expected.used, "{what}");
            assert!(found.headroom + expected.excess >= Usd::ZERO, "{what}: {found:?}, {expected:?}");
        }
        assert_eq!(state.budgets.len(), counters.budgets.len(), "{kind} after {after}");
        let window = state.windows.get("").map(|window| (window.start, window.requests, window.tokens));
        assert_eq!((window, state.slots), (counters.window, counters.slots), "{kind} after {after}");
        let ids = |ids: Vec<&String>| ids.into_iter().cloned().collect::<std::collections::BTreeSet<String>>();
        let open = ids(counters.held.iter().map(|mark| &mark.id).collect());
        assert_eq!(ids(state.held.iter().map(|held| &held.id).collect()), open, "{kind} after {after}");
    }
}

/// When nothing is open and nothing under way: each scope's rows and adjustments come to its total, and its total and
/// what is left of its budget to the budget.
pub(super) async fn close(it: &Local, model: &Model, sent: usize) {
    let ids: Vec<&str> = model.rows.keys().map(String::as_str).collect();
    let found = it.store.find_row_spends(&ids).await.unwrap();
    let rows = model.rows.iter().map(|(id, (spend, _))| (id.clone(), *spend)).collect();
    assert_eq!(found, rows);
    assert_eq!(model.rows.len(), sent, "each call that may have reached a provider has one row");
    for (scope, (total, adjusted)) in &model.totals {
        let paid: Usd = model.rows.values().filter(|(_, scopes)| scopes.contains(scope)).map(|(spend, _)| *spend).sum();
        assert_eq!(*total, paid + *adjusted, "{scope:?}");
        let found = it.store.find_total(scope).await.unwrap().spend;
        assert_eq!((found, it.store.find_adjusted(scope).await.unwrap()), (*total, *adjusted), "{scope:?}");
    }
    for (kind, counters) in &model.entities {
        assert_eq!((counters.slots, counters.held.len()), (0, 0), "{kind}");
        for (window, used) in &counters.budgets {
            let scope = Scope::new(*kind, "it");
            let scope = if window.is_empty() { scope } else { scope.within(used.start) };
            assert_eq!(used.used, model.total(&scope), "{kind} {window:?}");
        }
    }
}

//! GET `/key/list` with `status=deleted`.

use std::collections::BTreeSet;

use gateway::{ApiError, App};
use policy::entity::Deleted;
use policy::key::{Key, Page, View};
use store::Record;

use crate::around::{unread, values};
use crate::views::listing;

/// The page's keys of those that were deleted, and how many there are on all pages.
pub(crate) async fn select(app: &App, page: &Page, views: &[View]) -> Result<(Vec<Deleted<Key>>, usize), ApiError> {
    let (mut keys, mut seen) = (Vec::new(), BTreeSet::new());
    for view in views {
        let found = app.store.list_whole::<Deleted<Key>>(&listing(view, page)).await.map_err(unread)?;
        keys.extend(values(found).into_iter().filter(|it| view.holds(&it.value) && seen.insert(it.id())));
    }
    let now = gateway::timestamp(app);
    keys.retain(|it| page.filter.matches(&it.value, now));
    for key in &mut keys {
        key.value.spend = key.spend;
    }
    keys.sort_by(|a, b| page.order.compare(&a.value, &b.value));
    let total = keys.len();
    Ok((page.number.cut(keys), total))
}

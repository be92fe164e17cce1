//! GET `/spend/logs/v2`: rows by page, filtered and sorted.

use std::cmp::Ordering;

use gateway::{ApiError, Reply, Request};
use http::StatusCode;
use policy::spend::SpendEvent;
use serde::Serialize;

use crate::found::{MOST, Wanted};
use crate::query::{count, moments, text};
use crate::row::Row;
use crate::sight::{View, store};

const PAGE: usize = 50;
const LARGEST_PAGE: usize = 100;

#[derive(Serialize)]
struct Listing {
    data: Vec<Row>,
    /// Of how many rows the pages are made.
    total: usize,
    page: usize,
    page_size: usize,
    total_pages: usize,
    /// There are older rows than one request looks at: `end_date` may be set to the last one's time to see them.
    has_more: bool,
}

pub(crate) async fn handle(view: &View<'_>, req: &Request) -> Result<Reply, ApiError> {
    let page = count(req, "page", 1, MOST)?;
    let page_size = count(req, "page_size", PAGE, LARGEST_PAGE)?;
    let moments = if text(req, "request_id").is_some() { None } else { Some(moments(req)?) };
    let wanted = Wanted::of(view, req, moments).await?;
    let order = Order::of(req)?;
    let first = (page - 1).saturating_mul(page_size);
    let (data, total, has_more) = match wanted.indexed().filter(|_| order.is_natural()) {
        Some(filter) => {
            let found = view.app.store.find_spend_ids(filter, MOST, None).await.map_err(store)?;
            let ids: Vec<String> = found.ids.iter().skip(first).take(page_size).cloned().collect();
            (view.app.store.read_spend_rows(&ids).await.map_err(store)?, found.ids.len(), found.next.is_some())
        }
        None => {
            let mut found = wanted.all(view).await?;
            if found.next.is_some() && !order.is_natural() {
                let message = format!("More than {MOST} rows would have to be sorted; ask for a shorter time.");
                return Err(ApiError::invalid(message).param("sort_by"));
            }
            order.sort(&mut found.rows);
            let total = found.rows.len();
            (found.rows.into_iter().skip(first).take(page_size).collect(), total, found.next.is_some())
        }
    };
    let data = data.into_iter().map(Row::from).collect();
    let listing = Listing { data, total, page, page_size, total_pages: total.div_ceil(page_size), has_more };
    Ok(Reply::json(StatusCode::OK, &listing))
}

type Compare = fn(&SpendEvent, &SpendEvent) -> Ordering;

/// What can be sorted by.
const FIELDS: &[(&str, Compare)] = &[
    ("startTime", |one, other| one.started.cmp(&other.started)),
    ("endTime", |one, other| one.ended.cmp(&other.ended)),
    ("spend", |one, other| one.spend.cmp(&other.spend)),
    ("total_tokens", |one, other| one.tokens.total.cmp(&other.tokens.total)),
    ("prompt_tokens", |one, other| one.tokens.prompt.cmp(&other.tokens.prompt)),
    ("completion_tokens", |one, other| one.tokens.completion.cmp(&other.tokens.completion)),
    ("request_duration_ms", |one, other| one.duration().cmp(&other.duration())),
    ("model", |one, other| one.model.cmp(&other.model)),
];

struct Order {
    field: &'static str,
    compare: Compare,
    ascending: bool,
}

impl Order {
    fn of(req: &Request) -> Result<Self, ApiError> {
        let name = text(req, "sort_by").unwrap_or("startTime");
        let Some((field, compare)) = FIELDS.iter().find(|(field, _)| *field == name) else {
            let names: Vec<&str> = FIELDS.iter().map(|(field, _)| *field).collect();
            let message = format!("`sort_by` must be one of {}.", names.join(", "));
            return Err(ApiError::invalid(message).param("sort_by"));
        };
        let ascending = match text(req, "sort_order") {
            Some("asc") => true,
            Some("desc") | None => false,
            Some(_) => return Err(ApiError::invalid("`sort_order` must be asc or desc.").param("sort_order")),
        };
        Ok(Self { field, compare: *compare, ascending })
    }

    /// As the index gives them.
    fn is_natural(&self) -> bool {
        self.field == "startTime" && !self.ascending
    }

    fn sort(&self, rows: &mut [SpendEvent]) {
        if self.is_natural() {
            return;
        }
        rows.sort_by(|one, other| if self.ascending { (self.compare)(one, other) } else { (self.compare)(other, one) });
    }
}

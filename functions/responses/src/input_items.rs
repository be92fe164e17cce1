//! `GET /v1/responses/{id}/input_items`.

use gateway::chat::Place;
use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use provider_transform::responses::resource::Action;
use serde_json::{Value, json};

use crate::kept::Kept;

/// Items on a page where the caller does not say.
const USUAL_PAGE: usize = 20;
/// The most items on a page.
const LARGEST_PAGE: usize = 100;

pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller, id: &str) -> Result<Reply, ApiError> {
    let limit = limit(req)?;
    let place = Place::find(app, caller, id)?;
    if place.is_kept_by_provider(app) {
        let query = query(req, &["after", "before", "include", "limit", "order"]);
        return Ok(Reply::json(StatusCode::OK, &place.ask(app, Action::InputItems, &query, id).await?));
    }
    let kept = Kept::require(app, &place.origin, id).await?;
    let items = kept.input().into_iter().enumerate().map(|(at, item)| numbered(item, &place.origin.response_id, at));
    Ok(Reply::json(StatusCode::OK, &page(items.collect(), req, limit)))
}

fn limit(req: &Request) -> Result<usize, ApiError> {
    let Some(text) = req.query_param("limit") else { return Ok(USUAL_PAGE) };
    let number = text.parse().ok().filter(|it| (1..=LARGEST_PAGE).contains(it));
    number
        .ok_or_else(|| ApiError::invalid(format!("`limit` must be a number from 1 to {LARGEST_PAGE}.")).param("limit"))
}

/// An item with the id and the type that lists show.
fn numbered(item: Value, response_id: &str, at: usize) -> Value {
    let Value::Object(mut item) = item else { return item };
    item.entry("type").or_insert_with(|| "message".into());
    let id = format!("item_{at}_{response_id}");
    item.entry("id").or_insert_with(|| id.into());
    if let Some(Value::String(text)) = item.get("content") {
        let part = json!([{"type": "input_text", "text": text}]);
        item.insert("content".into(), part);
    }
    Value::Object(item)
}

/// A page of the list, newest first unless asked otherwise.
fn page(mut items: Vec<Value>, req: &Request, limit: usize) -> Value {
    if req.query_param("order") != Some("asc") {
        items.reverse();
    }
    if let Some(after) = req.query_param("after")
        && let Some(at) = items.iter().position(|it| it["id"] == after)
    {
        items.drain(..=at);
    }
    let has_more = items.len() > limit;
    items.truncate(limit);
    let id = |item: Option<&Value>| item.map(|it| it["id"].clone()).unwrap_or_default();
    json!({
        "object": "list", "first_id": id(items.first()), "last_id": id(items.last()), "has_more": has_more,
        "data": items,
    })
}

/// The caller's query as far as the provider knows it.
pub(crate) fn query(req: &Request, names: &[&str]) -> String {
    let known = req.query.iter().filter(|(name, _)| names.contains(&name.trim_end_matches("[]")));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(known).finish()
}

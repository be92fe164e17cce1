use std::cmp::Reverse;

use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use policy::skill::Skill;
use serde_json::Value;
use store::{Listing, OWNERS_OF_SKILLS, Store};

use crate::answer;

const USUAL_PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;

/// `GET /v1/skills`: newest first; an admin sees all, others what they own.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let limit = limit(req)?;
    if req.query_param("source").is_some_and(|it| it != "custom") {
        // Those of others are kept by others.
        return Ok(Reply::json(StatusCode::OK, &answer::page(Vec::new(), None)));
    }
    let mut skills: Vec<Skill> = Vec::new();
    for listing in listings(caller) {
        let page = app.store.list::<Skill>(&listing, limit + 1, req.query_param("page")).await;
        skills.extend(page.map_err(ApiError::unavailable)?.records.into_iter().map(|it| it.value));
    }
    skills.sort_by_cached_key(|it| Reverse(Store::place_of(it)));
    let has_more = skills.len() > limit;
    skills.truncate(limit);
    let next = skills.last().filter(|_| has_more).map(Store::place_of);
    let data: Vec<Value> = skills.iter().map(answer::skill).collect();
    Ok(Reply::json(StatusCode::OK, &answer::page(data, next)))
}

/// A skill has one owner, so no two of these hold the same one.
fn listings(caller: &Caller) -> Vec<Listing> {
    if caller.is_admin() {
        return vec![Listing::All];
    }
    let owners = gateway::skill_owners(caller).into_iter();
    let listing = |owner: policy::skill::Owner| {
        let kind = OWNERS_OF_SKILLS.iter().find(|it| **it == owner.kind)?;
        Some(Listing::Of(kind, owner.id))
    };
    owners.filter_map(listing).collect()
}

/// How many to answer at most.
pub(crate) fn limit(req: &Request) -> Result<usize, ApiError> {
    let Some(text) = req.query_param("limit").filter(|it| !it.is_empty()) else { return Ok(USUAL_PAGE) };
    let wrong = |_| ApiError::invalid("`limit` must be a whole number.").param("limit");
    Ok(text.parse::<usize>().map_err(wrong)?.clamp(1, LARGEST_PAGE))
}

//! `/jwt/key/mapping/*`: which virtual keys tokens of identity providers stand for. Who may is in policy's table of
//! routes: admins, and viewers what only reads.

use gateway::{ApiError, App, Caller, Reply, Request, json_object, new_id, required, timestamp};
use http::{Method, StatusCode};
use policy::answer::Answer;
use policy::jwt::KeyMapping;
use policy::key::Key;
use serde_json::{Map, Value, json};
use store::{Listing, StoreError, Stored};

/// The most mappings of a page.
const MOST: usize = 100;

/// Answers one of these routes.
pub(crate) async fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    match (&req.method, req.path.trim_end_matches('/')) {
        (&Method::POST, "/jwt/key/mapping/new") => new(app, req, caller).await,
        (&Method::POST, "/jwt/key/mapping/update") => update(app, req, caller).await,
        (&Method::POST, "/jwt/key/mapping/delete") => delete(app, req).await,
        (&Method::GET, "/jwt/key/mapping/info") => info(app, req).await,
        (&Method::GET, "/jwt/key/mapping/list") => list(app, req).await,
        _ => Err(ApiError::not_found("Not Found")),
    }
}

async fn new(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let token = token(app, &body).await?.ok_or_else(|| {
        ApiError::invalid("Provide exactly one of `key` (the virtual key) or `token` (its SHA-256 hash).").param("key")
    })?;
    let now = Some(timestamp(app));
    let author = caller.user_id().map(str::to_owned);
    let mapping = KeyMapping {
        id: new_id().to_string(),
        jwt_issuer: text(&body, "jwt_issuer")?.unwrap_or_default(),
        jwt_claim_name: required(&body, "jwt_claim_name")?.to_owned(),
        jwt_claim_value: required(&body, "jwt_claim_value")?.to_owned(),
        token,
        description: text(&body, "description")?,
        is_active: flag(&body, "is_active")?.unwrap_or(true),
        created_at: now,
        created_by: author.clone(),
        updated_at: now,
        updated_by: author,
        ..KeyMapping::default()
    };
    app.store.create(&mapping).await.map_err(stored)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &answer(&mapping)))
}

async fn update(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let found = find(app, required(&body, "id")?).await?;
    let mut changed = found.value.clone();
    if let Some(token) = token(app, &body).await? {
        changed.token = token;
    }
    if body.contains_key("jwt_issuer") {
        changed.jwt_issuer = text(&body, "jwt_issuer")?.unwrap_or_default();
    }
    for (field, place) in
        [("jwt_claim_name", &mut changed.jwt_claim_name), ("jwt_claim_value", &mut changed.jwt_claim_value)]
    {
        if body.contains_key(field) {
            required(&body, field)?.clone_into(place);
        }
    }
    if body.contains_key("description") {
        changed.description = text(&body, "description")?;
    }
    changed.is_active = flag(&body, "is_active")?.unwrap_or(changed.is_active);
    changed.updated_at = Some(timestamp(app));
    changed.updated_by = caller.user_id().map(str::to_owned);
    app.store.update(&found, &changed).await.map_err(stored)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &answer(&changed)))
}

async fn delete(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let found = find(app, required(&body, "id")?).await?;
    app.store.delete(&found).await.map_err(stored)?;
    app.forget_entities();
    Ok(Reply::json(StatusCode::OK, &json!({"status": "success"})))
}

async fn info(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let id = req.query_param("id").filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| ApiError::invalid("`id` is required.").param("id"))?;
    Ok(Reply::json(StatusCode::OK, &answer(&find(app, id).await?.value)))
}

async fn list(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let (page, size) = (number(req, "page", 1, usize::MAX)?, number(req, "size", 50, MOST)?);
    let skip = (page - 1).checked_mul(size).ok_or_else(|| out_of_range("page"))?;
    let total = app.store.count::<KeyMapping>(&Listing::All).await.map_err(stored)?;
    let found = if skip < total {
        app.store.list_after::<KeyMapping>(&Listing::All, skip, size).await.map_err(stored)?
    } else {
        Vec::new()
    };
    let mappings: Vec<Answer> = found.iter().map(|it| answer(&it.value)).collect();
    let answer = Answer::new()
        .with("mappings", &mappings)
        .with("total_count", &total)
        .with("current_page", &page)
        .with("total_pages", &total.div_ceil(size));
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// The key that a request names: by itself or by its hash.
async fn token(app: &App, body: &Map<String, Value>) -> Result<Option<String>, ApiError> {
    let token = match (text(body, "key")?, text(body, "token")?) {
        (Some(_), Some(_)) => {
            let message = "Provide at most one of `key` (the virtual key) or `token` (its SHA-256 hash).";
            return Err(ApiError::invalid(message).param("key"));
        }
        (Some(key), None) => Key::hash(&key),
        (None, Some(token)) => token,
        (None, None) => return Ok(None),
    };
    match app.store.find::<Key>(&token).await.map_err(stored)? {
        Some(_) => Ok(Some(token)),
        None => Err(ApiError::invalid("The provided key does not match an existing virtual key.").param("key")),
    }
}

async fn find(app: &App, id: &str) -> Result<Stored<KeyMapping>, ApiError> {
    app.store.find(id).await.map_err(stored)?.ok_or_else(|| ApiError::missing("Mapping", "id"))
}

/// A mapping without the key's hash.
fn answer(mapping: &KeyMapping) -> Answer {
    Answer::new()
        .with("id", &mapping.id)
        .with("jwt_issuer", &Some(&mapping.jwt_issuer).filter(|it| !it.is_empty()))
        .with("jwt_claim_name", &mapping.jwt_claim_name)
        .with("jwt_claim_value", &mapping.jwt_claim_value)
        .with("description", &mapping.description)
        .with("is_active", &mapping.is_active)
        .with("created_at", &mapping.created_at)
        .with("updated_at", &mapping.updated_at)
        .with("created_by", &mapping.created_by)
        .with("updated_by", &mapping.updated_by)
}

fn text(body: &Map<String, Value>, field: &str) -> Result<Option<String>, ApiError> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(wrong_type(field, "a string")),
    }
}

fn flag(body: &Map<String, Value>, field: &str) -> Result<Option<bool>, ApiError> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(wrong_type(field, "true or false")),
    }
}

fn number(req: &Request, name: &str, default: usize, most: usize) -> Result<usize, ApiError> {
    match req.query_param(name) {
        None => Ok(default),
        Some(text) => {
            let number = text.parse().ok().filter(|it| (1..=most).contains(it));
            number.ok_or_else(|| out_of_range(name))
        }
    }
}

fn out_of_range(name: &str) -> ApiError {
    let message = format!("`{name}` is out of range.");
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", message).param(name)
}

fn wrong_type(field: &str, expected: &str) -> ApiError {
    let message = format!("`{field}` must be {expected}.");
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", message).param(field)
}

fn stored(error: StoreError) -> ApiError {
    match error {
        StoreError::NameTaken { .. } => {
            let message = "A mapping for this claim, value and issuer exists already.";
            ApiError::new(StatusCode::CONFLICT, "invalid_request_error", message).param("jwt_claim_value")
        }
        error => ApiError::stored(error, "Mapping", "id"),
    }
}

//! POST `/customer/delete`.

use gateway::{ApiError, App, Reply, Request, json_object, required_list};
use http::StatusCode;
use serde_json::json;

use crate::{find, missing, stored};

/// Deletes every customer that is named, or none: all are looked up before the first goes.
pub(crate) async fn handle(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let body = json_object(app, req)?;
    let ids = required_list(&body, "user_ids")?;
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for id in &ids {
        match find(app, id).await? {
            Some(customer) => found.push(customer),
            None => unknown.push(*id),
        }
    }
    if !unknown.is_empty() {
        return Err(missing(&unknown, "user_ids"));
    }
    for customer in &found {
        gateway::remove(app, customer).await.map_err(stored)?;
    }
    app.forget_entities();
    let message = format!("Successfully deleted customers with ids: {}", ids.join(", "));
    Ok(Reply::json(StatusCode::OK, &json!({"deleted_customers": found.len(), "message": message})))
}

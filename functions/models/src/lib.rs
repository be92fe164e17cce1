//! Not served yet.

use gateway::{ApiError, App, Reply, Request};

/// Refuses every request.
///
/// # Errors
/// Always.
pub async fn handle(_: &App, req: Request) -> Result<Reply, ApiError> {
    std::future::ready(()).await;
    Err(ApiError::not_found(format!("{} is not served", req.path)))
}

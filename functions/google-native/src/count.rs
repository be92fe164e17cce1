use gateway::chat::{ChatCall, Counted, Extras};
use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use provider_transform::google_native::GoogleFormat;
use serde_json::json;

/// LiteLLM's name of this operation.
const CALL_TYPE: &str = "acount_tokens";

/// Counts a request's tokens: the provider where it can be asked, an estimate elsewhere. Costs nothing.
pub(crate) async fn handle(app: &App, req: &Request, caller: Caller, model: &str) -> Result<Reply, ApiError> {
    let mut body = gateway::json_object(app, req)?;
    let extras = Extras::take(app, &caller, &mut body, req)?;
    let format = GoogleFormat::parse_to_count(model, body).map_err(gateway::transform_error)?;
    let call = ChatCall::new(req, Box::new(format), extras, caller, CALL_TYPE);
    let (Counted::ByProvider(tokens) | Counted::Estimated(tokens)) = gateway::chat::count(app, &call).await?;
    Ok(Reply::json(StatusCode::OK, &json!({"totalTokens": tokens})))
}

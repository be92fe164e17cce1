use gateway::chat::{ChatCall, Counted};
use gateway::{ApiError, App, Caller, Reply, Request};
use http::StatusCode;
use provider_transform::messages::MessagesFormat;
use serde_json::json;

use crate::body;

/// LiteLLM's name of this operation.
const CALL_TYPE: &str = "acount_tokens";

/// Counts a request's tokens: the provider where it can be asked, an estimate elsewhere. Costs nothing.
pub(crate) async fn handle(app: &App, req: &Request, caller: Caller) -> Result<Reply, ApiError> {
    let (body, extras) = body::read(app, &caller, req, gateway::json_object(app, req)?)?;
    let format = MessagesFormat::parse_to_count(body).map_err(gateway::transform_error)?;
    let call = ChatCall::new(req, Box::new(format), extras, caller, CALL_TYPE);
    let counted = gateway::chat::count(app, &call).await?;
    Ok(Reply::json(
        StatusCode::OK,
        &match counted {
            Counted::ByProvider(tokens) => json!({"input_tokens": tokens}),
            Counted::Estimated(tokens) => json!({"input_tokens": tokens, "litellm_count_source": "local_estimate"}),
        },
    ))
}

use gateway::chat::{ChatCall, Extras};
use gateway::{ApiError, App, Caller, Reply, Request};
use provider_transform::messages::MessagesFormat;

use crate::body;

/// LiteLLM's name of this operation in spend rows.
const CALL_TYPE: &str = "anthropic_messages";

pub(crate) async fn handle(app: &App, req: &Request, caller: Caller) -> Result<Reply, ApiError> {
    match parse(app, req) {
        Ok((format, extras)) => {
            let call = ChatCall::new(req, Box::new(format), extras, caller, CALL_TYPE);
            gateway::chat::chat(app, call).await
        }
        Err(error) => {
            gateway::chat::account_refusal(app, req, &caller, CALL_TYPE, &error);
            Err(error)
        }
    }
}

fn parse(app: &App, req: &Request) -> Result<(MessagesFormat, Extras), ApiError> {
    let (body, extras) = body::read(app, req)?;
    let format = MessagesFormat::parse(body).map_err(gateway::transform_error)?;
    Ok((format, extras))
}

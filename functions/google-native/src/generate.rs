use gateway::chat::{ChatCall, Extras};
use gateway::{ApiError, App, Caller, Reply, Request};
use provider_transform::google_native::GoogleFormat;

/// How an answer comes; in spend rows LiteLLM names the operation by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    Stream,
}

pub(crate) async fn handle(
    app: &App,
    req: &Request,
    caller: Caller,
    model: &str,
    delivery: Delivery,
) -> Result<Reply, ApiError> {
    let call_type = match delivery {
        Delivery::Whole => "agenerate_content",
        Delivery::Stream => "agenerate_content_stream",
    };
    match parse(app, req, model, delivery) {
        Ok((format, extras)) => {
            let call = ChatCall::new(req, Box::new(format), extras, caller, call_type);
            gateway::chat::chat(app, call).await
        }
        Err(error) => {
            gateway::chat::account_refusal(app, req, &caller, call_type, &error);
            Err(error)
        }
    }
}

fn parse(app: &App, req: &Request, model: &str, delivery: Delivery) -> Result<(GoogleFormat, Extras), ApiError> {
    let mut body = gateway::json_object(app, req)?;
    let extras = Extras::take(&mut body, req)?;
    let format = GoogleFormat::parse(model, delivery == Delivery::Stream, body).map_err(gateway::transform_error)?;
    Ok((format, extras))
}

use gateway::chat::{Asked, Extras, Route, serve};
use gateway::{ApiError, App, Caller, Reply, Request, Shape};
use provider_transform::Object;
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
    let route = Route { call_type, shape: Shape::Google };
    let read = |body| std::future::ready(parse(app, &caller, req, body, model, delivery));
    serve(app, req, &caller, route, read).await
}

fn parse(
    app: &App,
    caller: &Caller,
    req: &Request,
    mut body: Object,
    model: &str,
    delivery: Delivery,
) -> Result<Asked, ApiError> {
    let extras = Extras::take(app, caller, &mut body, req)?;
    let format = GoogleFormat::parse(model, delivery == Delivery::Stream, body).map_err(gateway::transform_error)?;
    Ok(Asked::new(format, extras))
}

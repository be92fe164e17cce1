use gateway::chat::{Asked, Route, serve};
use gateway::{ApiError, App, Caller, Reply, Request, Shape};
use provider_transform::Object;
use provider_transform::messages::MessagesFormat;

use crate::body;

const ROUTE: Route = Route { call_type: "anthropic_messages", shape: Shape::Anthropic };

pub(crate) async fn handle(app: &App, req: &Request, caller: Caller) -> Result<Reply, ApiError> {
    serve(app, req, &caller, ROUTE, |body| std::future::ready(parse(app, &caller, req, body))).await
}

fn parse(app: &App, caller: &Caller, req: &Request, body: Object) -> Result<Asked, ApiError> {
    let (body, extras) = body::read(app, caller, req, body)?;
    let format = MessagesFormat::parse(body).map_err(gateway::transform_error)?;
    Ok(Asked::new(format, extras))
}

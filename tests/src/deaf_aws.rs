//! An AWS that takes every call and keeps nothing, so that only the function is measured.

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, Response};
use serde_json::json;

use crate::Result;
use crate::server::{self, Body, Server};

/// Starts it on a free loopback port.
pub async fn start() -> Result<Server> {
    Server::start(server::loopback().await?, take)
}

async fn take(request: Request<Incoming>) -> Result<Response<Body>> {
    request.into_body().collect().await?;
    server::json(200, &json!({"MessageId": "0198c1de-7d3a-7c44-9d0a-3f6f0c8a1b2c"}))
}

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt, service_fn};

use super::{Handler, extension};
use crate::{ApiError, App, Clock, Reply, ReplyBody, Request};

/// Answers whole; also the twin of the streaming way where the platform cannot stream.
pub(super) async fn serve_buffered<F>(app: App, handle: F) -> Result<(), lambda_http::Error>
where
    F: for<'a> Handler<'a, Request, Result<Reply, ApiError>>,
{
    let app = extension::keep_awake(app).await;
    lambda_http::run(service_fn(move |event: lambda_http::Request| {
        let app = app.clone();
        async move {
            let ends = event.lambda_context_ref().map(|it| it.deadline());
            let ends = ends.and_then(|it| it.duration_since(SystemTime::UNIX_EPOCH).ok());
            let reply = answer(&app, handle, event, ends).await;
            let bytes = collect(reply.body).await;
            let body = match String::from_utf8(bytes.into()) {
                Ok(text) => Body::Text(text),
                Err(raw) => Body::Binary(raw.into_bytes()),
            };
            let mut response = http::Response::new(body);
            *response.status_mut() = reply.status;
            *response.headers_mut() = reply.headers;
            Ok::<_, lambda_http::Error>(response)
        }
    }))
    .await
}

/// Calls the handler; `ends` is when Lambda ends the invocation, since the Unix epoch.
pub(super) async fn answer<F>(app: &App, handle: F, event: lambda_http::Request, ends: Option<Duration>) -> Reply
where
    F: for<'a> Handler<'a, Request, Result<Reply, ApiError>>,
{
    let working = app.tail().begin_invocation();
    let request = request(event, ends, app.clock());
    let handling = async {
        let caught = AssertUnwindSafe(handle.call(app, request)).catch_unwind().await;
        caught.map_err(|_| ApiError::internal("the handler panicked")).flatten()
    };
    let reply = app.answer(handling).await;
    drop(working);
    if !app.accounts_after_reply() && matches!(reply.body, ReplyBody::Full(_)) {
        app.tail().drained().await;
    }
    reply
}

async fn collect(body: ReplyBody) -> Bytes {
    match body {
        ReplyBody::Full(bytes) => bytes,
        ReplyBody::Stream(mut pieces) => {
            let mut whole = BytesMut::new();
            while let Some(piece) = pieces.recv().await {
                whole.extend_from_slice(&piece);
            }
            whole.freeze()
        }
    }
}

fn request(event: lambda_http::Request, ends: Option<Duration>, clock: Clock) -> Request {
    let path_params = event
        .path_parameters_ref()
        .map(|map| map.iter().map(|(name, value)| (name.to_owned(), percent_decode(value))).collect())
        .unwrap_or_default();
    let query = event
        .query_string_parameters_ref()
        .map(|map| map.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
        .unwrap_or_default();
    let client_ip = client_ip(event.request_context_ref());
    let deadline = ends.map(|ends| Instant::now() + ends.saturating_sub(clock.now()));
    let path = event.raw_http_path().to_owned();
    let (parts, body) = event.into_parts();
    let body = match body {
        Body::Text(text) => Bytes::from(text),
        Body::Binary(bytes) => Bytes::from(bytes),
        _ => Bytes::new(),
    };
    Request { method: parts.method, path, path_params, query, headers: parts.headers, body, client_ip, deadline }
}

fn client_ip(context: Option<&RequestContext>) -> Option<IpAddr> {
    let text = match context? {
        RequestContext::ApiGatewayV1(v1) => v1.identity.source_ip.as_deref(),
        RequestContext::ApiGatewayV2(v2) => v2.http.source_ip.as_deref(),
        _ => None,
    };
    text?.parse().ok()
}

/// API Gateway hands path parameters over as the client encoded them.
fn percent_decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::net::IpAddr;
use std::time::{Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use http_body::Frame;
use http_body_util::StreamBody;
use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt, service_fn};
use lambda_runtime::streaming;

use super::{Handler, extension};
use crate::{ApiError, App, Clock, Reply, ReplyBody, Request};

/// Answers by Lambda response streaming.
pub(super) async fn serve_streaming<F>(app: App, handle: F) -> Result<(), lambda_http::Error>
where
    F: for<'a> Handler<'a, Request, Result<Reply, ApiError>>,
{
    let app = extension::keep_awake(app).await;
    lambda_http::run_with_streaming_response(service_fn(move |event| {
        let app = app.clone();
        async move {
            let reply = answer(&app, handle, event).await;
            let body = match reply.body {
                ReplyBody::Full(bytes) => streaming::Body::from(bytes),
                ReplyBody::Stream(pieces) => {
                    let frames = futures_util::stream::unfold(pieces, async |mut pieces| {
                        let piece = pieces.recv().await?;
                        Some((Ok::<_, Infallible>(Frame::data(piece)), pieces))
                    });
                    streaming::Body::new(StreamBody::new(frames))
                }
            };
            let mut response = http::Response::new(body);
            *response.status_mut() = reply.status;
            *response.headers_mut() = reply.headers;
            Ok::<_, lambda_http::Error>(response)
        }
    }))
    .await
}

/// Answers whole; also the twin of the streaming way where the platform cannot stream.
pub(super) async fn serve_buffered<F>(app: App, handle: F) -> Result<(), lambda_http::Error>
where
    F: for<'a> Handler<'a, Request, Result<Reply, ApiError>>,
{
    let app = extension::keep_awake(app).await;
    lambda_http::run(service_fn(move |event| {
        let app = app.clone();
        async move {
            let reply = answer(&app, handle, event).await;
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

async fn answer<F>(app: &App, handle: F, event: lambda_http::Request) -> Reply
where
    F: for<'a> Handler<'a, Request, Result<Reply, ApiError>>,
{
    let working = app.tail().begin_invocation();
    let reply = app.answer(handle.call(app, request(event, app.clock()))).await;
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

fn request(event: lambda_http::Request, clock: Clock) -> Request {
    let path_params = event
        .path_parameters_ref()
        .map(|map| map.iter().map(|(name, value)| (name.to_owned(), percent_decode(value))).collect())
        .unwrap_or_default();
    let query = event
        .query_string_parameters_ref()
        .map(|map| map.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
        .unwrap_or_default();
    let client_ip = client_ip(event.request_context_ref());
    let deadline = event.lambda_context_ref().map(|context| {
        let ends = context.deadline().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Instant::now() + ends.saturating_sub(clock.now())
    });
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

//! The runtime loop of functions whose answers stream.
//!
//! The runtime crate's own loop writes the head, a separator and each piece of an answer one by one, on connections
//! that hold a small write back until the one before is acknowledged: 40 ms of delayed acknowledgement in every answer.
//! Here connections send at once, and the head travels with the first piece.
//! (AWS documentation: "Using the Lambda runtime API for custom runtimes", "Response streaming".)

use std::convert::Infallible;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{HeaderMap, Method};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper_util::client::legacy::connect::HttpConnector;
use lambda_runtime::MetadataPrelude;
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};
use serde_json::json;

use super::Handler;
use super::extension::keep_awake;
use super::http::answer;
use crate::{ApiError, App, Reply, ReplyBody, Request};

const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE: &str = "lambda-runtime-deadline-ms";
/// Ends the head of an answer.
const SEPARATOR: &[u8] = &[0; 8];

/// Takes invocations one after another until the runtime API goes away.
pub(super) async fn serve<F>(app: App, handle: F) -> Result<(), lambda_runtime::Error>
where
    F: for<'a> Handler<'a, Request, Result<Reply, ApiError>>,
{
    let app = keep_awake(app).await;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = PooledClient::builder().with_connector(connector).build();
    loop {
        let next = build_request().uri("/2018-06-01/runtime/invocation/next").body(Body::empty())?;
        let (head, body) = client.call(next).await?.into_parts();
        if !head.status.is_success() {
            return Err(format!("the runtime API answered {} to a request for the next event", head.status).into());
        }
        let text = |name: &str| head.headers.get(name).and_then(|it| it.to_str().ok());
        let id = text(REQUEST_ID).unwrap_or_default().to_owned();
        let ends = text(DEADLINE).and_then(|it| it.parse().ok()).map(Duration::from_millis);
        let event = body.collect().await?.to_bytes();
        let done = match lambda_http::request::from_reader(event.as_ref()) {
            Ok(event) => client.call(response(&id, answer(&app, handle, event, ends).await).await?).await,
            Err(error) => {
                crate::log_chain("the event is not one of API Gateway's", &error);
                client.call(unreadable(&id)?).await
            }
        };
        if let Err(error) = done {
            // The invocation is over either way, as when the client has left.
            crate::log_chain("an answer was not taken", error.as_ref());
        }
    }
}

async fn response(id: &str, reply: Reply) -> Result<http::Request<Body>, lambda_runtime::Error> {
    let mut headers = reply.headers;
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/octet-stream"));
    let prelude = MetadataPrelude { status_code: reply.status, headers, cookies: Vec::new() };
    let mut first = BytesMut::from(serde_json::to_vec(&prelude)?.as_slice());
    first.extend_from_slice(SEPARATOR);
    let rest = match reply.body {
        ReplyBody::Full(bytes) => {
            first.extend_from_slice(&bytes);
            None
        }
        ReplyBody::Stream(mut pieces) => {
            if let Some(piece) = pieces.recv().await {
                first.extend_from_slice(&piece);
            }
            Some(pieces)
        }
    };
    let frames = futures_util::stream::unfold((Some(first.freeze()), rest), async |(first, rest)| {
        let (piece, rest) = match (first, rest) {
            (Some(first), rest) => (first, rest),
            (None, Some(mut pieces)) => (pieces.recv().await?, Some(pieces)),
            (None, None) => return None,
        };
        Some((Ok::<Frame<Bytes>, Infallible>(Frame::data(piece)), (None, rest)))
    });
    let mut request = invocation(id, "response")?.body(Body::new(StreamBody::new(Box::pin(frames))))?;
    request.headers_mut().extend(HeaderMap::from_iter([
        (TRANSFER_ENCODING, HeaderValue::from_static("chunked")),
        (CONTENT_TYPE, HeaderValue::from_static("application/vnd.awslambda.http-integration-response")),
        (HeaderName::from_static("lambda-runtime-function-response-mode"), HeaderValue::from_static("streaming")),
    ]));
    Ok(request)
}

fn unreadable(id: &str) -> Result<http::Request<Body>, lambda_runtime::Error> {
    let error = json!({"errorType": "Runtime.UnreadableEvent", "errorMessage": "not an event of API Gateway"});
    Ok(invocation(id, "error")?.body(Body::from(error.to_string()))?)
}

fn invocation(id: &str, what: &str) -> Result<http::request::Builder, lambda_runtime::Error> {
    let uri: http::Uri = format!("/2018-06-01/runtime/invocation/{id}/{what}").parse()?;
    Ok(build_request().method(Method::POST).uri(uri))
}

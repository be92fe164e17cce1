//! Turns an HTTP request into a handler's call, as API Gateway does, and the handler's reply into the response.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use gateway::{ApiError, App, Reply, ReplyBody, Request, largest_body, too_large};
use http::header::{CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::oneshot;

use crate::body::Body;
use crate::functions::{Handler, HttpHandler, find};
use crate::router::{Found, Router};
use crate::template::Template;

/// Longest wait for the rest of a body that is refused anyway, so that the client reads the refusal.
const REFUSED_BODY_WAIT: Duration = Duration::from_secs(10);

/// Everything that answers requests.
pub(crate) struct Site {
    app: App,
    router: Router<Endpoint>,
}

#[derive(Debug, Clone, Copy)]
struct Endpoint {
    handle: HttpHandler,
    timeout: Duration,
    streams: bool,
}

impl Site {
    /// Joins the template's routes to the functions' handlers.
    pub(crate) fn new(app: App, template: &Template) -> Self {
        let mut router = Router::default();
        for function in &template.functions {
            let Some(Handler::Http(handle)) = find(&function.name) else { continue };
            for route in &function.routes {
                let endpoint = Endpoint { handle, timeout: function.timeout, streams: route.streams };
                router.add(route.method.clone(), &route.path, endpoint);
            }
        }
        Self { app, router }
    }

    /// Answers one request.
    pub(crate) async fn respond(
        &self,
        request: http::Request<Incoming>,
        client: IpAddr,
    ) -> Result<http::Response<Body>, Infallible> {
        let reply = match self.route(request, client).await {
            Ok(reply) => reply,
            Err(refusal) => self.app.answer(std::future::ready(Err(refusal))).await,
        };
        let mut response = http::Response::new(Body::from(reply.body));
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        Ok(response)
    }

    async fn route(&self, request: http::Request<Incoming>, client: IpAddr) -> Result<Reply, ApiError> {
        let (mut parts, body) = request.into_parts();
        if parts.method == Method::HEAD {
            // Hyper leaves the body out.
            parts.method = Method::GET;
        }
        let path = parts.uri.path();
        let (endpoint, path_params) = match self.router.find(&parts.method, path) {
            Found::Route(endpoint, path_params) => (*endpoint, path_params),
            Found::WrongMethod(allowed) if parts.method == Method::OPTIONS => {
                return Ok(preflight(&allowed, &parts.headers));
            }
            Found::WrongMethod(allowed) => {
                let error = ApiError::not_found("Method Not Allowed").header("allow", &names(&allowed));
                return Err(ApiError { status: StatusCode::METHOD_NOT_ALLOWED, ..error });
            }
            Found::Nothing => return Err(ApiError::not_found("Not Found")),
        };
        let body = read(body, &parts.headers, largest_body(&self.app)).await?;
        let request = Request {
            path: path.to_owned(),
            path_params,
            query: query(parts.uri.query().unwrap_or_default()),
            method: parts.method,
            headers: parts.headers,
            body,
            client_ip: Some(client),
            deadline: Some(Instant::now() + endpoint.timeout),
        };
        Ok(self.call(endpoint, request).await)
    }

    async fn call(&self, endpoint: Endpoint, request: Request) -> Reply {
        let (app, working) = (self.app.clone(), self.app.tail().begin_invocation());
        let answering = async move {
            let handling = async {
                let caught = AssertUnwindSafe((endpoint.handle)(&app, request)).catch_unwind().await;
                caught.map_err(|_| ApiError::internal("the handler panicked")).flatten()
            };
            let reply = app.answer(handling).await;
            drop(working);
            reply
        };
        if endpoint.streams {
            // Dropped when the client leaves, which is how the handler learns of it.
            return answering.await;
        }
        // As on Lambda, a client that leaves stops nothing that has begun.
        let (done, reply) = oneshot::channel();
        self.app.tail().spawn(async move { drop(done.send(answering.await)) });
        match reply.await {
            Ok(reply) => reply,
            Err(error) => self.app.answer(std::future::ready(Err(ApiError::internal(error)))).await,
        }
    }
}

fn preflight(allowed: &[Method], headers: &HeaderMap) -> Reply {
    let mut answer = HeaderMap::new();
    let wanted = headers.get("access-control-request-headers").cloned();
    let methods = HeaderValue::from_str(&names(allowed)).unwrap_or(HeaderValue::from_static("*"));
    for (name, value) in [
        ("access-control-allow-origin", HeaderValue::from_static("*")),
        ("access-control-allow-methods", methods),
        ("access-control-allow-headers", wanted.unwrap_or(HeaderValue::from_static("*"))),
        ("access-control-max-age", HeaderValue::from_static("600")),
    ] {
        answer.insert(HeaderName::from_static(name), value);
    }
    Reply { status: StatusCode::OK, headers: answer, body: ReplyBody::Full(Bytes::new()) }
}

fn names(methods: &[Method]) -> String {
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
}

/// Reads a body of at most `limit` bytes.
async fn read(mut body: Incoming, headers: &HeaderMap, limit: usize) -> Result<Bytes, ApiError> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok()).unwrap_or(0);
    if announced > limit && headers.contains_key(EXPECT) {
        return Err(too_large(limit));
    }
    let mut whole = BytesMut::with_capacity(announced.min(limit));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ApiError::invalid("The request body was cut off.").because(error))?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + data.len() > limit {
            drop(
                tokio::time::timeout(REFUSED_BODY_WAIT, async { while let Some(Ok(_)) = body.frame().await {} }).await,
            );
            return Err(too_large(limit));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

fn query(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

#[cfg(test)]
mod tests;

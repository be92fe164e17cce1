//! The function alone, as Lambda would run it: one thread, warm, its accounting sent to an AWS that keeps nothing.

use std::sync::Arc;

use bytes::Bytes;
use gateway::{App, Environment, Reply, ReplyBody, Request, Start};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use tests::Result;
use tests::local::MASTER_KEY;
use tests::server::{self, Body, Server};

/// Serves chat completions by a configuration's text.
pub(crate) async fn serve(config: String, aws: &str) -> Result<Server> {
    let env = Environment::isolated()
        .with("LITELLM_MASTER_KEY", MASTER_KEY)
        .with("GATEWAY_AWS_ENDPOINT", aws)
        .with("AWS_REGION", "us-east-1")
        .with("AWS_ACCESS_KEY_ID", "test")
        .with("AWS_SECRET_ACCESS_KEY", "test")
        .with("SPEND_QUEUE_URL", format!("{aws}/000000000000/spend"));
    let start = Start { env, config: Some(config), allow_weak_master_key: false, with_secrets: false };
    let app = Arc::new(App::start(start).await?);
    app.account_after_reply();
    Server::start(server::loopback().await?, move |request| answer(Arc::clone(&app), request))
}

async fn answer(app: Arc<App>, request: hyper::Request<Incoming>) -> Result<hyper::Response<Body>> {
    let (head, body) = request.into_parts();
    let request = Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        path_params: Default::default(),
        query: Default::default(),
        headers: head.headers,
        body: body.collect().await?.to_bytes(),
        client_ip: None,
        deadline: None,
    };
    let Reply { status, headers, body } = app.answer(chat_completions::handle(&app, request)).await;
    let mut response = hyper::Response::new(match body {
        ReplyBody::Full(bytes) => server::full(bytes),
        ReplyBody::Stream(pieces) => {
            let frames = futures_util::stream::unfold(pieces, async |mut pieces| {
                let piece: Bytes = pieces.recv().await?;
                Some((Ok(Frame::data(piece)), pieces))
            });
            StreamBody::new(frames).boxed_unsync()
        }
    });
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

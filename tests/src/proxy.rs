//! The least a reverse proxy can do, written on bare hyper: what the gateway's figures are compared with.

use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::Result;
use crate::server::{Body, Server};

type Pool = Arc<Mutex<Vec<SendRequest<Incoming>>>>;

/// Passes every request to `target` (`host:port`) and every piece of the answer back.
pub fn start(listener: TcpListener, target: &str) -> Result<Server> {
    let target: Arc<str> = target.into();
    let pool = Pool::default();
    Server::start(listener, move |request| pass(Arc::clone(&pool), Arc::clone(&target), request))
}

async fn pass(pool: Pool, target: Arc<str>, request: Request<Incoming>) -> Result<Response<Body>> {
    let mut sender = match idle(&pool) {
        Some(sender) => sender,
        None => connect(&target).await?,
    };
    let response = sender.send_request(request).await?;
    pool.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
    Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()))
}

/// A pooled connection is taken again only when its last answer has been read to the end.
fn idle(pool: &Pool) -> Option<SendRequest<Incoming>> {
    let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
    pool.retain(|it| !it.is_closed());
    let ready = pool.iter().position(SendRequest::is_ready)?;
    Some(pool.swap_remove(ready))
}

async fn connect(target: &str) -> Result<SendRequest<Incoming>> {
    let socket = TcpStream::connect(target).await?;
    socket.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    tokio::spawn(async move {
        connection.await.ok();
    });
    Ok(sender)
}

//! An HTTP/1.1 server on loopback that dies with its handle.

use std::future::Future;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::{Error, Result};

/// Body of an answer; an error in it drops the connection.
pub type Body = UnsyncBoxBody<Bytes, Error>;

/// A running server; dropping it closes every connection.
pub struct Server {
    addr: SocketAddr,
    accept: JoinHandle<()>,
}

impl Server {
    /// Serves `handler` on the listener. A handler's error closes the connection without an answer.
    pub fn start<H, F>(listener: TcpListener, handler: H) -> Result<Self>
    where
        H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Result<Response<Body>>> + Send + 'static,
    {
        let addr = listener.local_addr()?;
        let accept = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    Ok((socket, _)) = listener.accept() => {
                        socket.set_nodelay(true).ok();
                        let handler = handler.clone();
                        connections.spawn(async move {
                            hyper::server::conn::http1::Builder::new()
                                .serve_connection(TokioIo::new(socket), service_fn(handler))
                                .await
                                .ok();
                        });
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Ok(Self { addr, accept })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://host:port`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

/// A listener on a free loopback port.
pub async fn loopback() -> Result<TcpListener> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).await?)
}

/// A whole body at once.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A JSON answer.
pub fn json(status: u16, value: &serde_json::Value) -> Result<Response<Body>> {
    Ok(Response::builder().status(status).header("content-type", "application/json").body(full(value.to_string()))?)
}

//! One loopback endpoint that speaks DynamoDB and SQS, on a thread of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use gateway::Clock;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinSet;

use crate::dynamodb::{self, TablesError};
use crate::sqs::{self, QueueError, Queues};
use crate::template::Template;

type Body = Either<Full<Bytes>, Incoming>;

/// The running endpoint; it ends when this is dropped.
#[derive(Debug)]
pub struct Aws {
    /// Where it listens: a URL for every AWS service.
    pub endpoint: String,
    /// The queues, for whoever delivers their messages.
    pub queues: Arc<Queues>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why the endpoint cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// The tables.
    #[error(transparent)]
    Tables(#[from] TablesError),
    /// The queues.
    #[error(transparent)]
    Queues(#[from] QueueError),
    /// The network or the thread.
    #[error("starting the local AWS endpoint")]
    Io(#[from] std::io::Error),
}

impl Aws {
    /// Starts the endpoint with its state in a folder, or in memory without one.
    ///
    /// # Errors
    /// When the state cannot be opened or no port is to be had.
    pub fn start(template: &Template, folder: Option<&Path>) -> Result<Self, AwsError> {
        let database = dynamodb::open(folder.map(|it| it.join("dynamodb.db")).as_deref(), &template.tables)?;
        let (listener, address) = listen()?;
        let (tables, tables_address) = listen()?;
        let endpoint = format!("http://{address}");
        let now = i64::try_from(Clock.now_ms()).unwrap_or(i64::MAX);
        let file = folder.map(|it| it.join("sqs.db"));
        let queues = Arc::new(Queues::open(file.as_deref(), &template.queues, &endpoint, now)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&queues);
        // The emulator blocks its thread while it reads and writes; the functions' threads must not wait with it.
        let thread = std::thread::Builder::new().name("aws".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let (Ok(listener), Ok(tables)) = (TcpListener::from_std(listener), TcpListener::from_std(tables))
                else {
                    tracing::error!("the local AWS endpoint found no network");
                    return;
                };
                tokio::select! {
                    () = dynoxide::server::serve_on(tables, database.clone()) => {}
                    () = dynamodb::expire(database) => {}
                    () = accept(listener, tables_address, served) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { endpoint, queues, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to close.
            drop(thread.join());
        }
    }
}

fn listen() -> std::io::Result<(std::net::TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

async fn accept(listener: TcpListener, tables: SocketAddr, queues: Arc<Queues>) {
    let mut connections = JoinSet::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the local AWS endpoint could not accept a connection");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        connections.spawn(connection(stream, tables, Arc::clone(&queues)));
    }
}

async fn connection(stream: TcpStream, tables: SocketAddr, queues: Arc<Queues>) {
    let forward = Forward { address: tables, sender: Mutex::new(None) };
    let service = service_fn(async |request: Request<Incoming>| {
        let operation = request.headers().get("x-amz-target").and_then(|it| it.to_str().ok());
        match operation.and_then(|it| it.strip_prefix(sqs::TARGET_PREFIX)).map(str::to_owned) {
            Some(operation) => {
                let body = request.into_body().collect().await?.to_bytes();
                Ok(sqs::answer(&queues, &operation, &body).await.map(|it| Either::Left(Full::new(it))))
            }
            None => forward.send(request).await,
        }
    });
    drop(stream.set_nodelay(true));
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the local AWS endpoint broke");
    }
}

/// The way to the emulator's own server, one connection for each of ours.
struct Forward {
    address: SocketAddr,
    sender: Mutex<Option<(SendRequest<Incoming>, JoinSet<()>)>>,
}

impl Forward {
    async fn send(&self, request: Request<Incoming>) -> Result<Response<Body>, hyper::Error> {
        let mut connected = self.sender.lock().await;
        if connected.as_ref().is_none_or(|(sender, _)| sender.is_closed()) {
            let Ok(stream) = TcpStream::connect(self.address).await else { return Ok(unavailable()) };
            drop(stream.set_nodelay(true));
            let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
            let mut task = JoinSet::new();
            task.spawn(async move { drop(connection.await) });
            *connected = Some((sender, task));
        }
        match connected.as_mut() {
            Some((sender, _)) => {
                sender.ready().await?;
                Ok(sender.send_request(request).await?.map(Either::Right))
            }
            None => Ok(unavailable()),
        }
    }
}

fn unavailable() -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::new(Bytes::new())));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

#[cfg(test)]
mod tests;

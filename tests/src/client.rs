//! A small HTTP/1.1 client that says when each piece of an answer arrived.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::http::{HeaderMap, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Result;

/// One connection kept open between calls; dropping it closes the socket.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    authority: String,
    driver: tokio::task::JoinHandle<()>,
}

/// A request as a test writes it.
#[derive(Clone, Debug)]
pub struct Call {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: StatusCode,
    /// Headers as sent.
    pub headers: HeaderMap,
    /// Pieces in the order of arrival, with the time since the call was sent.
    pub pieces: Vec<(Duration, Bytes)>,
    /// Whether the body ended as announced; false for a cut connection.
    pub complete: bool,
}

impl Connection {
    /// Connects to the host and port of `url`.
    pub async fn open(url: &str) -> Result<Self> {
        let uri: Uri = url.parse()?;
        let authority = uri.authority().ok_or("url without a host")?.to_string();
        let socket = TcpStream::connect(&authority).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        let driver = tokio::spawn(async move {
            connection.await.ok();
        });
        Ok(Self { sender, authority, driver })
    }

    /// Sends a call and returns when the answer's headers are there.
    pub async fn send(&mut self, call: &Call) -> Result<Response<Incoming>> {
        let uri: Uri = call.url.parse()?;
        let path = uri.path_and_query().map_or("/", |it| it.as_str());
        let mut request = Request::builder().method(call.method).uri(path).header("host", &self.authority);
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        self.sender.ready().await?;
        Ok(self.sender.send_request(request.body(Full::new(call.body.clone()))?).await?)
    }

    /// Sends a call and collects the answer.
    pub async fn fetch(&mut self, call: &Call) -> Result<Answer> {
        let start = Instant::now();
        let response = self.send(call).await?;
        let (head, mut body) = response.into_parts();
        let mut answer = Answer { status: head.status, headers: head.headers, pieces: Vec::new(), complete: true };
        while let Some(frame) = body.frame().await {
            match frame.map(|it| it.into_data()) {
                Ok(Ok(data)) => answer.pieces.push((start.elapsed(), data)),
                Ok(Err(_trailers)) => {}
                Err(_) => answer.complete = false,
            }
        }
        Ok(answer)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Call {
    /// A GET.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A POST of JSON.
    pub fn post(url: impl Into<String>, body: &serde_json::Value) -> Self {
        let mut call = Self::new("POST", url).header("content-type", "application/json");
        call.body = body.to_string().into();
        call
    }

    /// A call without a body.
    pub fn new(method: &'static str, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: Bytes::new() }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds `authorization: Bearer`.
    pub fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// Replaces the body by bytes as they are.
    pub fn body(mut self, bytes: impl Into<Bytes>) -> Self {
        self.body = bytes.into();
        self
    }

    /// Sends over a connection of its own.
    pub async fn fetch(&self) -> Result<Answer> {
        Connection::open(&self.url).await?.fetch(self).await
    }
}

impl Answer {
    /// The whole body.
    pub fn body(&self) -> Bytes {
        match self.pieces.as_slice() {
            [(_, only)] => only.clone(),
            pieces => pieces.iter().flat_map(|(_, piece)| piece.iter().copied()).collect(),
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body()).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body())
            .map_err(|error| format!("{error} in {} {}", self.status, self.text()).into())
    }

    /// A header's text, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
    }

    /// The JSON of each `data:` line without `[DONE]`.
    pub fn events(&self) -> Result<Vec<serde_json::Value>> {
        self.text()
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(str::trim)
            .filter(|data| *data != "[DONE]")
            .map(|data| Ok(serde_json::from_str(data)?))
            .collect()
    }
}

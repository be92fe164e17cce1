//! An HTTP server on loopback, for tests: one closure answers every request and all of them are kept.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What came.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// What goes back.
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Waits so long before each piece of this size.
    pub(crate) slowly: Option<(usize, Duration)>,
}

pub(crate) struct Server {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// A field of the form in the body, or in the query.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let mut fields = form_urlencoded::parse(self.body.as_bytes()).chain(form_urlencoded::parse(query.as_bytes()));
        fields.find(|(it, _)| it == name).map(|(_, value)| value.into_owned())
    }
}

impl Answer {
    pub(crate) fn new(status: u16, headers: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let head =
            format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n", body.len());
        Self { head, body, slowly: None }
    }

    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, "content-type: application/json\r\n", body.to_string())
    }

    pub(crate) fn redirect(target: &str) -> Self {
        Self::new(302, &format!("location: {target}\r\n"), "")
    }
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), Arc::clone(&asked));
        #[expect(clippy::disallowed_methods, reason = "a test's server")]
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&answer), Arc::clone(&kept)));
            }
        });
        Self { port, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> Asked {
        self.asked().pop().unwrap()
    }
}

async fn serve(mut socket: TcpStream, answer: Arc<impl Fn(&Asked) -> Answer>, kept: Arc<Mutex<Vec<Asked>>>) {
    let Some(asked) = read(&mut socket).await else { return };
    let given = answer(&asked);
    kept.lock().unwrap().push(asked);
    let (size, pause) = given.slowly.unwrap_or((usize::MAX, Duration::ZERO));
    drop(socket.write_all(given.head.as_bytes()).await);
    for piece in given.body.chunks(size) {
        tokio::time::sleep(pause).await;
        if socket.write_all(piece).await.is_err() {
            return;
        }
    }
    drop(socket.shutdown().await);
}

async fn read(socket: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break end;
        }
        match socket.read(&mut piece).await.ok()? {
            0 => return None,
            read => bytes.extend_from_slice(&piece[..read]),
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let (method, target) = (first.next()?, first.next()?);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, it)| it.parse().unwrap());
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        let read = socket.read(&mut piece).await.ok()?;
        body.extend_from_slice(&piece[..read]);
    }
    Some(Asked { method, target, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

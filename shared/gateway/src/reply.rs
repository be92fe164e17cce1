use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use tokio::sync::mpsc;

/// What a handler answers.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers, without those that the transport adds.
    pub headers: HeaderMap,
    /// The body.
    pub body: ReplyBody,
}

/// A reply's body.
#[derive(Debug)]
pub enum ReplyBody {
    /// Known in full.
    Full(Bytes),
    /// Pieces as they come; dropping the receiver tells the sender that the client has left.
    Stream(mpsc::Receiver<Bytes>),
}

impl Reply {
    /// A JSON answer.
    #[must_use]
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        Self::json_bytes(status, crate::json_bytes(body))
    }

    /// An answer that is JSON already.
    #[must_use]
    pub fn json_bytes(status: StatusCode, body: Bytes) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self { status, headers, body: ReplyBody::Full(body) }
    }

    /// A stream of server-sent events.
    #[must_use]
    pub fn events(pieces: mpsc::Receiver<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
        Self { status: StatusCode::OK, headers, body: ReplyBody::Stream(pieces) }
    }

    /// Adds the headers that every answer carries.
    pub(crate) fn secured(mut self) -> Self {
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("content-security-policy", "frame-ancestors 'none'"),
            ("x-content-type-options", "nosniff"),
            ("access-control-allow-origin", "*"),
            ("vary", "Origin"),
        ] {
            self.headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
        }
        self
    }
}

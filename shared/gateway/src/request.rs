use std::net::IpAddr;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Method};

/// A call of this gateway's API, whatever brought it: API Gateway or the local server.
#[derive(Debug, Clone)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The path without the stage, as the client wrote it.
    pub path: String,
    /// The template's path parameters, percent-decoded.
    pub path_params: Vec<(String, String)>,
    /// The query's parameters in order, percent-decoded.
    pub query: Vec<(String, String)>,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The caller's address, if whatever accepted the connection knows it.
    pub client_ip: Option<IpAddr>,
    /// When the platform ends this invocation, if it will.
    pub deadline: Option<Instant>,
}

impl Request {
    /// A path parameter of the template by name.
    #[must_use]
    pub fn path_param(&self, name: &str) -> Option<&str> {
        find(&self.path_params, name)
    }

    /// The first query parameter of that name.
    #[must_use]
    pub fn query_param(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// A header's text; `None` when absent, empty or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let text = self.headers.get(name)?.to_str().ok()?.trim();
        (!text.is_empty()).then_some(text)
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

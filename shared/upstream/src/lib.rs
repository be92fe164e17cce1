//! Sends a provider request and hands back its bytes; the only crate that talks to providers. Translates nothing.
#![warn(missing_docs)]

mod cache;
mod cloud;
mod credentials;
mod error;
mod files;
mod identity;
mod sign;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, StatusCode};
use provider_transform::ProviderRequest;
use tokio::time::{Instant, timeout_at};

use cloud::Cloud;
pub use cloud::Setup;
use credentials::Proof;
pub use credentials::{Credentials, CredentialsError, Given};
pub use files::{FileError, Limits};
pub use identity::{IdentityError, Inquiry};

pub use error::{Blame, Error, Retry, Stage};

/// How long each part of a call may take. All are measured from where that part begins.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// From the start of the call to the provider's response headers.
    pub headers: Duration,
    /// Between two pieces of the body.
    pub idle: Duration,
    /// From the start of the call to the end of the body.
    pub total: Duration,
}

/// The one HTTP client of a process: pooled connections, one TLS stack, and the tokens that calls authenticate with.
#[derive(Clone)]
pub struct Upstream {
    cloud: Cloud,
}

/// A provider's answer whose body is still to be read.
#[derive(Debug)]
pub struct Response {
    /// HTTP status as the provider sent it.
    pub status: StatusCode,
    /// Headers as the provider sent them.
    pub headers: HeaderMap,
    inner: reqwest::Response,
    idle: Duration,
    waiting_since: Option<Instant>,
    deadline: Instant,
}

impl Upstream {
    /// Builds the client; opens no connection.
    ///
    /// # Errors
    /// [`Error`] with [`Blame::Us`] when the TLS roots cannot be loaded.
    #[expect(clippy::disallowed_methods, reason = "this is the one client")]
    pub fn new(setup: Setup) -> Result<Self, Error> {
        // A second install in one process fails harmlessly: the first stays.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .tcp_nodelay(true)
            .pool_idle_timeout(Duration::from_secs(90))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|source| Error::from_reqwest(source, Stage::Connect))?;
        Ok(Self { cloud: Cloud::new(client, setup) })
    }

    /// Sends `req`, authenticated with `credentials` in the way that the request names; a token that this takes is
    /// fetched first. `call_id` travels as `x-client-request-id`, so that a provider's log can be matched with ours.
    ///
    /// # Errors
    /// [`Error`] when no response headers arrived; a provider's error status is not an `Error`.
    pub async fn send(
        &self,
        req: ProviderRequest,
        credentials: &Credentials,
        call_id: &str,
        timeouts: &Timeouts,
    ) -> Result<Response, Error> {
        let started = Instant::now();
        let mut headers = req.headers;
        if let Ok(id) = HeaderValue::from_str(call_id) {
            headers.insert(HeaderName::from_static("x-client-request-id"), id);
        }
        headers.entry(USER_AGENT).or_insert(HeaderValue::from_static("sluice"));
        let client = &self.cloud.client;
        let request = client.request(req.method, req.url).headers(headers).body(req.body.clone()).build();
        let mut request = request.map_err(|source| Error::from_reqwest(source, Stage::Connect))?;
        let proof = match timeout_at(started + timeouts.headers, credentials.prove(&self.cloud, req.auth)).await {
            Ok(proof) => proof?,
            Err(_) => return Err(CredentialsError::Unreachable { by: "the token endpoint", source: None }.into()),
        };
        authenticate(&mut request, &req.body, &proof, self.cloud.now())?;
        let sending = client.execute(request);
        let inner = match timeout_at(started + timeouts.headers, sending).await {
            Ok(sent) => sent.map_err(|source| Error::from_reqwest(source, Stage::Headers))?,
            Err(_) => return Err(Error::TimedOut { stage: Stage::Headers, after: timeouts.headers }),
        };
        Ok(Response {
            status: inner.status(),
            headers: inner.headers().clone(),
            inner,
            idle: timeouts.idle,
            waiting_since: None,
            deadline: started + timeouts.total,
        })
    }
}

impl Response {
    /// The next piece of the body as it came from the wire, `None` at its end. May be dropped and called again: the
    /// provider's silence is counted from the first call that has not been answered.
    ///
    /// # Errors
    /// [`Error`] when the provider was silent for too long or the connection broke.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        match timeout_at(self.deadline.min(since + self.idle), self.inner.chunk()).await {
            Ok(read) => {
                self.waiting_since = None;
                read.map_err(|source| Error::from_reqwest(source, Stage::Body))
            }
            Err(_) => Err(Error::TimedOut { stage: Stage::Body, after: self.idle }),
        }
    }

    /// The whole body, refused beyond `limit` bytes.
    ///
    /// # Errors
    /// As [`Response::chunk`], and [`Error::TooLarge`].
    pub async fn collect(&mut self, limit: usize) -> Result<Bytes, Error> {
        let Some(first) = self.chunk().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.chunk().await? else {
            return if first.len() > limit { Err(Error::TooLarge { limit }) } else { Ok(first) };
        };
        let mut whole = Vec::with_capacity(first.len() + second.len());
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(piece) = self.chunk().await? {
            if whole.len() + piece.len() > limit {
                return Err(Error::TooLarge { limit });
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.into())
    }
}

/// Adds a proof to a request that is otherwise as it will be sent.
fn authenticate(request: &mut reqwest::Request, body: &[u8], proof: &Proof, now: SystemTime) -> Result<(), Error> {
    match proof {
        Proof::None => Ok(()),
        Proof::Bearer(token) => put(request, AUTHORIZATION, &format!("Bearer {}", token.expose())),
        Proof::Header(name, key) => put(request, HeaderName::from_static(name), key.expose()),
        Proof::Signature { keys, service, region } => {
            let is_signed = |name: &str| name == "content-type" || name.starts_with("x-amz");
            let headers = request.headers().iter().filter(|(name, _)| is_signed(name.as_str()));
            let headers: Vec<_> =
                headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
            let (method, url) = (request.method().as_str(), request.url().as_str());
            let asked = sign::Asked { method, url, headers: &headers, body };
            let signed = sign::sign(keys, service, region, &asked, now).ok_or(Error::BadCredentials)?;
            signed.iter().try_for_each(|(name, value)| put(request, HeaderName::from_static(name), value.expose()))
        }
    }
}

fn put(request: &mut reqwest::Request, name: HeaderName, text: &str) -> Result<(), Error> {
    let mut value = HeaderValue::from_str(text).map_err(|_| Error::BadCredentials)?;
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(())
}

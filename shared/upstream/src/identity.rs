//! Asks identity providers: for what they publish, and whose a token is.

use std::sync::Arc;
use std::time::Duration;

use policy::config::Secret;
use reqwest::{RequestBuilder, Url};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::Upstream;

/// The longest wait for an answer. Callers wait for it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pause before a second try, where no answer came.
const PAUSE: Duration = Duration::from_millis(100);
/// Key sets and accounts take a few kilobytes.
const LARGEST: usize = 512 << 10;

/// How an identity provider is asked.
#[derive(Debug, Clone, Copy)]
pub enum Inquiry<'a> {
    /// For something that it publishes.
    Published,
    /// For the account of a token's bearer: the token itself is sent.
    Account(&'a Secret),
    /// Whose a token is, by RFC 7662.
    Introspection {
        /// The token.
        token: &'a Secret,
        /// Who asks: a client's id and secret.
        client: (&'a str, &'a Secret),
    },
}

/// Why an identity provider gave no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IdentityError {
    /// Not an `https` URL without credentials; `http` will do on this machine alone.
    #[error("the identity provider's address is not an https URL")]
    Address,
    /// No answer came.
    #[error("asking the identity provider")]
    Unreachable(#[source] Option<Arc<reqwest::Error>>),
    /// The answer was an error.
    #[error("the identity provider answered with status {0}")]
    Status(u16),
    /// The answer was not JSON, or too large.
    #[error("the identity provider's answer is not readable")]
    Unreadable,
}

impl IdentityError {
    /// Whether the identity provider may answer when it is asked later.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Status(408 | 429 | 500..))
    }
}

impl Upstream {
    /// Asks an identity provider at `url` and reads its answer. Redirects are not followed, so that a token goes nowhere
    /// else.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn ask_identity_provider(&self, url: &str, inquiry: Inquiry<'_>) -> Result<Value, IdentityError> {
        let url = address(url).ok_or(IdentityError::Address)?;
        let client = &self.cloud.client;
        let request = match inquiry {
            Inquiry::Published => client.get(url),
            Inquiry::Account(token) => client.get(url).bearer_auth(token.expose()),
            Inquiry::Introspection { token, client: (id, secret) } => {
                let form = form_urlencoded::Serializer::new(String::new())
                    .append_pair("token", token.expose())
                    .append_pair("token_type_hint", "access_token")
                    .finish();
                let kind = "application/x-www-form-urlencoded";
                client.post(url).basic_auth(id, Some(secret.expose())).header("content-type", kind).body(form)
            }
        };
        let request = request.header("accept", "application/json").header("user-agent", "sluice");
        let again = request.try_clone();
        match (read(request).await, again) {
            (Err(IdentityError::Unreachable(_)), Some(again)) => {
                sleep(PAUSE).await;
                read(again).await
            }
            (answer, _) => answer,
        }
    }
}

fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let host = url.host_str()?.trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback());
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    (is_safe && url.username().is_empty() && url.password().is_none()).then_some(url)
}

async fn read(request: RequestBuilder) -> Result<Value, IdentityError> {
    // The URL may hold what must not reach a log.
    let failed = |source: reqwest::Error| IdentityError::Unreachable(Some(Arc::new(source.without_url())));
    let reading = async {
        let mut response = request.send().await.map_err(failed)?;
        if !response.status().is_success() {
            return Err(IdentityError::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if body.len() + piece.len() > LARGEST {
                return Err(IdentityError::Unreadable);
            }
            body.extend_from_slice(&piece);
        }
        serde_json::from_slice(&body).map_err(|_| IdentityError::Unreadable)
    };
    timeout(PATIENCE, reading).await.unwrap_or(Err(IdentityError::Unreachable(None)))
}

#[cfg(test)]
mod tests;

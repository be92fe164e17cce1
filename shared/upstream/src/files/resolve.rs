//! Looks a name up once, and gives the connection only addresses that are public.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;

/// A name's addresses.
type Lookup = dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync;

/// A name that leads nowhere, or not only to public addresses. Callers are not told which: it would tell them which
/// names exist in a private network.
#[derive(Debug, thiserror::Error)]
#[error("the name does not lead to a public address")]
pub(super) struct NotPublic;

/// The resolver of the client for public addresses.
#[derive(Clone)]
pub(super) struct PublicOnly {
    lookup: Arc<Lookup>,
}

impl PublicOnly {
    /// With the system's own lookup.
    pub(super) fn new() -> Self {
        Self::with(|name| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
                Ok(found.map(|it| it.ip()).collect())
            })
        })
    }

    pub(super) fn with(
        lookup: impl Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync + 'static,
    ) -> Self {
        Self { lookup: Arc::new(lookup) }
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.lookup)(name.as_str().to_owned());
        Box::pin(async move {
            let found = found.await.unwrap_or_default();
            // One private address among public ones is a name that changes its mind: it is refused as a whole.
            if found.is_empty() || !found.iter().all(|it| is_public(*it)) {
                return Err(NotPublic.into());
            }
            // Port 0 stands for the URL's own.
            let addresses: Addrs = Box::new(found.into_iter().map(|it| SocketAddr::new(it, 0)));
            Ok(addresses)
        })
    }
}

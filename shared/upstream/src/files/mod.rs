//! Downloads files that callers name by URL, without becoming their way into private networks (server-side request
//! forgery): every address that is connected to is checked first, those of redirects too.

mod address;
mod error;
mod media_type;
mod resolve;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, LOCATION, USER_AGENT};
use provider_transform::{File, Files};
use reqwest::{Client, Response, Url, redirect};
use tokio::time::timeout;

pub use error::FileError;
use resolve::PublicOnly;

use crate::Upstream;

/// Redirects that are followed.
const MOST_REDIRECTS: usize = 3;
/// Files that are downloaded at once.
const AT_ONCE: usize = 4;
/// Whoever takes no connection within this time will hardly send a file in time.
const CONNECT: Duration = Duration::from_secs(5);

/// What a download may take, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Limits<'a> {
    /// Most bytes of all files of one call; 0 refuses every download.
    pub bytes: usize,
    /// From the first connection to the last byte.
    pub time: Duration,
    /// Whether only public addresses are connected to; `false` only where every caller is trusted with the network.
    pub public_only: bool,
    /// Hosts that may have private addresses, as they stand in URLs: `files.corp.example`, `10.0.0.7:8080`, `[::1]`.
    pub allowed_hosts: &'a [String],
}

/// The clients for downloads. They use no proxy: behind one, the addresses that we checked would not be those that are
/// connected to.
pub(crate) struct Downloaders {
    public: Client,
    any: Client,
}

impl Upstream {
    /// Downloads the file that `url` names.
    ///
    /// # Errors
    /// [`FileError`]; its text is fit for the caller.
    pub async fn download(&self, url: &str, limits: &Limits<'_>) -> Result<File, FileError> {
        self.download_within(url, limits, &AtomicUsize::new(limits.bytes)).await
    }

    /// Downloads the files that `urls` name, several at once, and adds them to `files`.
    ///
    /// # Errors
    /// The first [`FileError`], with the URL that it is about.
    pub async fn download_all(
        &self,
        urls: &[String],
        limits: &Limits<'_>,
        files: &mut Files,
    ) -> Result<(), (String, FileError)> {
        let left = AtomicUsize::new(limits.bytes);
        let wanted: BTreeSet<&String> = urls.iter().filter(|url| files.get(url).is_none()).collect();
        let downloads: Vec<BoxFuture<'_, _>> = wanted
            .into_iter()
            .map(|url| self.download_within(url, limits, &left).map(move |downloaded| (url, downloaded)).boxed())
            .collect();
        let mut downloads = stream::iter(downloads).buffer_unordered(AT_ONCE);
        while let Some((url, downloaded)) = downloads.next().await {
            files.insert(url.clone(), downloaded.map_err(|error| (url.clone(), error))?);
        }
        Ok(())
    }

    /// Takes the file's bytes from those that are `left`.
    async fn download_within(&self, url: &str, limits: &Limits<'_>, left: &AtomicUsize) -> Result<File, FileError> {
        match timeout(limits.time, Box::pin(self.fetch(url, limits, left))).await {
            Ok(fetched) => fetched,
            Err(_) => Err(FileError::TimedOut { after: limits.time }),
        }
    }

    async fn fetch(&self, url: &str, limits: &Limits<'_>, left: &AtomicUsize) -> Result<File, FileError> {
        if limits.bytes == 0 {
            return Err(FileError::Disabled);
        }
        let mut url = Url::parse(url.trim()).map_err(|_| FileError::BadUrl)?;
        for _ in 0..=MOST_REDIRECTS {
            let client = self.client_for(&url, limits)?;
            let request = client.get(url.clone()).header(USER_AGENT, "sluice").header(ACCEPT, media_type::WANTED);
            let response = request.send().await.map_err(FileError::from_reqwest)?;
            let status = response.status();
            if status.is_success() {
                return read(response, left, limits.bytes).await;
            }
            let is_redirect = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
            let Some(target) = header(&response, &LOCATION).filter(|_| is_redirect) else {
                return Err(FileError::Status(status.as_u16()));
            };
            url = url.join(target).map_err(|_| FileError::BadUrl)?;
        }
        Err(FileError::TooManyRedirects)
    }

    /// The client that may connect to the host of `url`.
    fn client_for(&self, url: &Url, limits: &Limits<'_>) -> Result<&Client, FileError> {
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return Err(FileError::BadUrl);
        }
        let host = url.host_str().ok_or(FileError::BadUrl)?;
        let downloaders = self.cloud.shared.downloaders.get_or_init(Downloaders::new);
        let downloaders = downloaders.as_ref().ok_or(FileError::Broken)?;
        if !limits.public_only || is_allowed(url, host, limits.allowed_hosts) {
            return Ok(&downloaders.any);
        }
        // An address in the URL, in whatever spelling, is one here: parsing has brought it into its usual form. No name
        // is looked up for it, so it is checked here.
        let v4 = host.parse::<Ipv4Addr>().map(address::is_public_v4);
        let v6 = host.trim_matches(['[', ']']).parse::<Ipv6Addr>().map(address::is_public_v6);
        match v4.or(v6) {
            Ok(false) => Err(FileError::NotPublic),
            Ok(true) | Err(_) => Ok(&downloaders.public),
        }
    }
}

impl Downloaders {
    #[expect(clippy::disallowed_methods, reason = "these check whom they connect to")]
    fn new() -> Option<Self> {
        let builder = || {
            Client::builder()
                .no_proxy()
                .connect_timeout(CONNECT)
                .redirect(redirect::Policy::none())
                .referer(false)
                .pool_max_idle_per_host(1)
        };
        Some(Self { public: builder().dns_resolver(PublicOnly::new()).build().ok()?, any: builder().build().ok()? })
    }
}

/// Whether the operator allows a host by its name, or by its name and port.
fn is_allowed(url: &Url, host: &str, allowed: &[String]) -> bool {
    let with_port = url.port_or_known_default().map(|port| format!("{host}:{port}"));
    allowed.iter().any(|it| {
        let it = it.trim();
        it.eq_ignore_ascii_case(host) || with_port.as_deref().is_some_and(|full| it.eq_ignore_ascii_case(full))
    })
}

fn header<'a>(response: &'a Response, name: &HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// The body, as long as there is room for it and it is of a type that a model may be shown.
async fn read(mut response: Response, left: &AtomicUsize, limit: usize) -> Result<File, FileError> {
    let too_large = || FileError::TooLarge { limit };
    if header(&response, &CONTENT_ENCODING).is_some_and(|it| !it.eq_ignore_ascii_case("identity")) {
        return Err(FileError::Encoded);
    }
    let declared = header(&response, &CONTENT_TYPE).map(str::to_owned);
    media_type::check_declared(declared.as_deref())?;
    let announced = response.content_length().unwrap_or_default();
    if usize::try_from(announced).map_or(true, |length| length > left.load(Ordering::Relaxed)) {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(FileError::from_reqwest)? {
        let take = |left: usize| left.checked_sub(piece.len());
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).map_err(|_| too_large())?;
        body.extend_from_slice(&piece);
    }
    let bytes: Bytes = body.freeze();
    let media_type = media_type::of(declared.as_deref(), &bytes)?;
    Ok(File { media_type, bytes })
}

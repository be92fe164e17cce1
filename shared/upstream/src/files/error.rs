use std::error::Error;
use std::time::Duration;

use super::resolve::NotPublic;

/// Why a file was not downloaded. The text is fit for the caller: it says nothing of addresses or of what was found at
/// the end of a redirect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Downloads are switched off.
    #[error("downloading files from URLs is disabled here")]
    Disabled,
    /// Not an absolute `http` or `https` URL, or one that holds a name or password.
    #[error("the URL is not one of http or https without credentials")]
    BadUrl,
    /// The host is not known, or has an address that is not public.
    #[error("the URL does not lead to a public address")]
    NotPublic,
    /// No connection came about.
    #[error("the server cannot be reached")]
    Unreachable,
    /// The server answered with an error.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// The redirects do not end.
    #[error("the URL redirects too often")]
    TooManyRedirects,
    /// The file, or all files of the request together, are too large.
    #[error("the files are larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The type is none that a model takes.
    #[error("the file is not an image, audio, video, text, PDF or office document")]
    WrongType,
    /// The server sent the file compressed, though it was not asked to.
    #[error("the server sent the file in a compressed form")]
    Encoded,
    /// The time ran out.
    #[error("the file did not arrive within {after:?}")]
    TimedOut {
        /// The limit.
        after: Duration,
    },
    /// The connection broke.
    #[error("the connection to the server broke")]
    Broken,
}

impl FileError {
    pub(super) fn from_reqwest(error: reqwest::Error) -> Self {
        let mut cause: Option<&dyn Error> = Some(&error);
        while let Some(it) = cause {
            if it.is::<NotPublic>() {
                return Self::NotPublic;
            }
            cause = it.source();
        }
        match () {
            () if error.is_builder() => Self::BadUrl,
            () if error.is_connect() => Self::Unreachable,
            () => Self::Broken,
        }
    }
}

//! A reply's body as hyper sends it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use gateway::ReplyBody;
use http_body::{Frame, SizeHint};

/// Pieces go out as they come; dropping it tells the handler that the client has left.
#[derive(Debug)]
pub(crate) struct Body(ReplyBody);

impl From<ReplyBody> for Body {
    fn from(body: ReplyBody) -> Self {
        Self(body)
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match &mut self.0 {
            ReplyBody::Full(bytes) if bytes.is_empty() => None,
            ReplyBody::Full(bytes) => Some(std::mem::take(bytes)),
            ReplyBody::Stream(pieces) => ready!(pieces.poll_recv(cx)),
        };
        Poll::Ready(piece.map(|it| Ok(Frame::data(it))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, ReplyBody::Full(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            ReplyBody::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            ReplyBody::Stream(_) => SizeHint::default(),
        }
    }
}

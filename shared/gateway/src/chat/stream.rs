//! Hands a streamed answer on, chunk by chunk, while the client listens.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use provider_transform::{ChatChunk, ChatStream, ProviderError, Usage};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::account::{Ledger, tokens_of};
use super::target::Target;
use super::{ChatCall, ChatFormat, ReplySender, disconnected, headers};
use crate::{ApiError, App, Reply};

/// Pieces that may wait for a slow client before the provider is no longer read.
const PIECES_AHEAD: usize = 32;

/// Silence after which a stream gets a comment, so that nothing between us and the client closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A streamed answer whose first content has come.
pub(super) struct Streaming {
    pub(super) target: Target,
    pub(super) provider_headers: http::HeaderMap,
    /// Chunks that came up to the first content.
    pub(super) pending: Vec<ChatChunk>,
    /// Where the rest comes from.
    pub(super) source: Source,
}

/// Where the chunks after the pending ones come from.
pub(super) enum Source {
    /// The provider is still writing.
    Live {
        /// Decodes what it writes.
        decoder: Box<dyn ChatStream>,
        /// What it writes.
        body: upstream::Response,
    },
    /// The pending chunks are all there is.
    Ended {
        /// What the provider, or a mock, counted.
        usage: Option<Usage>,
    },
    /// The pending chunks are all there is, and they are not the whole answer.
    Broken {
        /// What the provider counted.
        usage: Option<Usage>,
        /// Why the rest is missing.
        error: ProviderError,
    },
}

impl Source {
    fn into_usage(self) -> Option<Usage> {
        match self {
            Self::Live { decoder, .. } => decoder.usage().cloned(),
            Self::Ended { usage } | Self::Broken { usage, .. } => usage,
        }
    }
}

/// How a stream went.
enum End {
    Whole,
    Failed(ApiError),
    ClientLeft,
}

pub(super) async fn relay(
    app: &App,
    call: &ChatCall,
    format: impl ChatFormat,
    streaming: Streaming,
    mut ledger: Ledger,
    reply: ReplySender,
) {
    let Streaming { target, provider_headers, pending, source } = streaming;
    ledger.first_token(app);
    if let Some(first) = pending.first() {
        ledger.request_id(&first.id);
    }
    let (out, pieces) = mpsc::channel(PIECES_AHEAD);
    let mut answer = Reply::events(pieces);
    answer.headers.extend(headers::of_success(call, &ledger, &provider_headers));
    let shown_model = target.shown_model(call).to_owned();
    let mut relay = Relay {
        format,
        shown_model,
        show_usage: call.chat.wants_usage() || target.always_show_usage(app),
        produced_chars: 0,
        usage_shown: false,
        prompt_tokens: ledger.estimated_prompt_tokens(),
        id: pending.first().map(|it| (it.id.clone(), it.created)).unwrap_or_default(),
        buffer: BytesMut::with_capacity(4096),
        out,
        keep_alive: call.extras.keepalive.map_or(KEEP_ALIVE, Duration::from_secs_f64),
    };
    let mut source = source;
    let end = match reply.send(Ok(answer)) {
        Ok(()) => relay.run(pending, &mut source, &target).await,
        Err(_) => {
            relay.count(&pending);
            End::ClientLeft
        }
    };
    // Also closes the connection to the provider, so that it stops writing what nobody reads.
    let usage = source.into_usage();
    let Relay { out, produced_chars, buffer, .. } = relay;
    let last = buffer.freeze();
    match end {
        End::Whole => ledger.succeeded(app, &target, usage.as_ref(), produced_chars),
        End::Failed(error) => ledger.broke_off(app, &target, usage.as_ref(), produced_chars, &error),
        End::ClientLeft => ledger.broke_off(app, &target, usage.as_ref(), produced_chars, &disconnected()),
    }
    // A client who leaves before the last piece has everything else; the account is the same.
    if app.accounts_after_reply() {
        drop(out.send(last).await);
        drop(out);
        ledger.close(app).await;
    } else {
        ledger.close(app).await;
        drop(out.send(last).await);
    }
}

struct Relay<F> {
    format: F,
    shown_model: String,
    show_usage: bool,
    produced_chars: usize,
    usage_shown: bool,
    prompt_tokens: u64,
    /// Id and time of the stream's chunks.
    id: (String, u64),
    buffer: BytesMut,
    out: mpsc::Sender<Bytes>,
    keep_alive: Duration,
}

impl<F: ChatFormat> Relay<F> {
    /// Relays everything; the last piece stays in `buffer`, to be sent when the account allows it.
    async fn run(&mut self, mut chunks: Vec<ChatChunk>, source: &mut Source, target: &Target) -> End {
        let read = match source {
            Source::Ended { .. } => Ok(()),
            Source::Broken { error, .. } => Err(Stopped::Failed(target.provider_error(error))),
            Source::Live { decoder, body } => {
                if !self.send(&mut chunks).await {
                    return End::ClientLeft;
                }
                self.read(decoder.as_mut(), body, &mut chunks, target).await
            }
        };
        self.render(&mut chunks);
        match read {
            Ok(()) => {
                if self.show_usage && !self.usage_shown {
                    let estimate = self.estimated_usage();
                    self.format.chunk(estimate, &mut self.buffer);
                }
                self.format.end(&mut self.buffer);
                End::Whole
            }
            Err(Stopped::Failed(error)) => {
                error.log();
                self.format.fail(&error, &mut self.buffer);
                End::Failed(error)
            }
            Err(Stopped::ClientLeft) => End::ClientLeft,
        }
    }

    /// The usage that the client asked for and the provider did not give.
    fn estimated_usage(&self) -> ChatChunk {
        let completion_tokens = tokens_of(self.produced_chars as u64);
        let counts = [
            ("prompt_tokens", self.prompt_tokens),
            ("completion_tokens", completion_tokens),
            ("total_tokens", self.prompt_tokens + completion_tokens),
        ];
        let usage = counts.into_iter().map(|(name, count)| (name.to_owned(), count.into())).collect();
        let (id, created) = &self.id;
        ChatChunk::new(id, *created, &self.shown_model).with_usage(usage)
    }

    /// Reads to the provider's end; chunks that are decoded but not yet sent stay in `chunks`.
    async fn read(
        &mut self,
        decoder: &mut dyn ChatStream,
        body: &mut upstream::Response,
        chunks: &mut Vec<ChatChunk>,
        target: &Target,
    ) -> Result<(), Stopped> {
        let mut quiet_since = Instant::now();
        loop {
            let piece = tokio::select! {
                biased;
                piece = body.chunk() => piece.map_err(|error| Stopped::Failed(target.upstream_error(error)))?,
                () = self.out.closed() => return Err(Stopped::ClientLeft),
                () = tokio::time::sleep_until(quiet_since + self.keep_alive) => {
                    quiet_since = Instant::now();
                    if self.out.send(Bytes::from_static(b": keep-alive\n\n")).await.is_err() {
                        return Err(Stopped::ClientLeft);
                    }
                    continue;
                }
            };
            let Some(piece) = piece else { break };
            let decoded = decoder.push(&piece, chunks);
            if !self.send(chunks).await {
                return Err(Stopped::ClientLeft);
            }
            decoded.map_err(|error| Stopped::Failed(target.provider_error(&error)))?;
            quiet_since = Instant::now();
        }
        decoder.finish(chunks).map_err(|error| Stopped::Failed(target.provider_error(&error)))
    }

    /// Sends what there is; false when the client has left.
    async fn send(&mut self, chunks: &mut Vec<ChatChunk>) -> bool {
        self.render(chunks);
        self.flush().await
    }

    async fn flush(&mut self) -> bool {
        self.buffer.is_empty() || self.out.send(self.buffer.split().freeze()).await.is_ok()
    }

    fn render(&mut self, chunks: &mut Vec<ChatChunk>) {
        self.count(chunks);
        for mut chunk in chunks.drain(..) {
            if !self.show_usage {
                if chunk.is_usage_only() {
                    continue;
                }
                chunk.usage = None;
            }
            self.usage_shown |= chunk.usage.is_some();
            self.shown_model.clone_into(&mut chunk.model);
            self.format.chunk(chunk, &mut self.buffer);
        }
    }

    fn count(&mut self, chunks: &[ChatChunk]) {
        self.produced_chars += chunks.iter().map(ChatChunk::text_len).sum::<usize>();
    }
}

enum Stopped {
    ClientLeft,
    Failed(ApiError),
}

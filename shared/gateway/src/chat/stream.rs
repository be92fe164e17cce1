//! Hands a streamed answer on, chunk by chunk, while the client listens.

use std::time::Duration;

use bytes::Bytes;
use provider_transform::format::FrameStream;
use provider_transform::{Frames, ProviderError};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::account::Ledger;
use super::target::Target;
use super::{ChatCall, ReplySender, disconnected, headers};
use crate::idempotency::Recording;
use crate::{ApiError, App, Reply};

/// Pieces that may wait for a slow client before the provider is no longer read.
const PIECES_AHEAD: usize = 32;

/// Silence after which a stream gets a comment, so that nothing between us and the client closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A streamed answer whose first content has come.
pub(super) struct Streaming {
    pub(super) target: Target,
    pub(super) provider_headers: http::HeaderMap,
    /// What is written up to the first content.
    pub(super) frames: Frames,
    /// Writes the rest.
    pub(super) stream: Box<dyn FrameStream>,
    /// Where the rest comes from.
    pub(super) source: Source,
}

/// Where the rest of a stream comes from.
pub(super) enum Source {
    /// The provider is still writing.
    Live(upstream::Response),
    /// What is written is all there is.
    Ended,
    /// What is written is all there is, and it is not the whole answer.
    Broken(ProviderError),
}

/// As often as the caller wishes, within reason: a comment takes work, and time has an end.
fn keep_alive(seconds: f64) -> Duration {
    const MOST_OFTEN: Duration = Duration::from_secs(1);
    const SELDOM: Duration = Duration::from_secs(3600);
    Duration::try_from_secs_f64(seconds).unwrap_or(SELDOM).clamp(MOST_OFTEN, SELDOM)
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
    streaming: Streaming,
    mut ledger: Ledger,
    mut recording: Option<Box<Recording>>,
    reply: ReplySender,
) {
    let Streaming { target, provider_headers, frames, stream, source } = streaming;
    ledger.first_token(app);
    if let Some(id) = &frames.id {
        ledger.request_id(id);
    }
    let (client, pieces) = mpsc::channel(PIECES_AHEAD);
    let mut answer = Reply::events(pieces);
    answer.headers.extend(headers::of_success(call, &ledger, &provider_headers));
    let keep_alive = call.extras.keepalive.map_or(KEEP_ALIVE, keep_alive);
    if let Some(recording) = &mut recording {
        recording.begin(&answer);
    }
    let mut relay = Relay { frames, stream, out: Out { client, recording }, keep_alive };
    let end = match reply.send(Ok(answer)) {
        Err(_) if relay.out.recording.is_none() => End::ClientLeft,
        _ => relay.run(source, &target).await,
    };
    // The connection to the provider is closed by now, so that it stops writing what nobody reads.
    let Relay { out: Out { client, recording }, mut frames, stream, .. } = relay;
    let is_whole = matches!(end, End::Whole);
    let (usage, written) = (stream.usage(), frames.text_len);
    match end {
        End::Whole => ledger.succeeded(app, &target, usage, written),
        End::Failed(error) => ledger.broke_off(app, &target, usage, written, &error),
        End::ClientLeft => ledger.broke_off(app, &target, usage, written, &disconnected()),
    }
    if let Some(id) = frames.id.take() {
        call.keep(app, &id, frames.keep.take()).await;
    }
    let last = frames.bytes.freeze();
    match recording {
        Some(mut recording) if is_whole => {
            recording.write(&last).await;
            recording.complete().await;
        }
        // What broke off is better asked for again.
        Some(recording) => recording.give_up().await,
        None => {}
    }
    // A client who leaves before the last piece has everything else; the account is the same.
    if app.accounts_after_reply() {
        drop(client.send(last).await);
        drop(client);
        ledger.close(app).await;
    } else {
        ledger.close(app).await;
        drop(client.send(last).await);
    }
}

struct Relay {
    frames: Frames,
    stream: Box<dyn FrameStream>,
    out: Out,
    keep_alive: Duration,
}

/// The way to the client, and the record of what it gets.
struct Out {
    client: mpsc::Sender<Bytes>,
    recording: Option<Box<Recording>>,
}

impl Out {
    async fn send(&mut self, piece: Bytes) -> Result<(), Stopped> {
        match &mut self.recording {
            None => self.client.send(piece).await.map_err(|_| Stopped::ClientLeft),
            // Whoever repeats the request gets the rest.
            Some(recording) => {
                drop(self.client.send(piece.clone()).await);
                recording.write(&piece).await;
                Ok(())
            }
        }
    }

    /// Waits until nobody wants the rest.
    async fn closed(&self) {
        match &self.recording {
            None => self.client.closed().await,
            Some(_) => std::future::pending().await,
        }
    }
}

impl Relay {
    /// Relays everything; the last piece stays in `frames`, to be sent when the account allows it.
    async fn run(&mut self, source: Source, target: &Target) -> End {
        let read = match source {
            Source::Ended => Ok(()),
            Source::Broken(error) => Err(Stopped::Failed(target.provider_error(&error))),
            Source::Live(mut body) => self.read(&mut body, target).await,
        };
        match read {
            Ok(()) => End::Whole,
            Err(Stopped::Failed(error)) => {
                error.log();
                self.stream.fail(&error.fault(), &mut self.frames);
                End::Failed(error)
            }
            Err(Stopped::ClientLeft) => End::ClientLeft,
        }
    }

    /// Reads to the provider's end; what its end makes is not sent yet.
    async fn read(&mut self, body: &mut upstream::Response, target: &Target) -> Result<(), Stopped> {
        self.flush().await?;
        let mut quiet_since = Instant::now();
        loop {
            let piece = tokio::select! {
                biased;
                piece = body.chunk() => piece.map_err(|error| Stopped::Failed(target.upstream_error(error)))?,
                () = self.out.closed() => return Err(Stopped::ClientLeft),
                () = tokio::time::sleep_until(quiet_since + self.keep_alive) => {
                    quiet_since = Instant::now();
                    let comment = Bytes::from_static(b": keep-alive\n\n");
                    self.out.send(comment).await?;
                    continue;
                }
            };
            let Some(piece) = piece else { break };
            let decoded = self.stream.push(&piece, &mut self.frames);
            if self.frames.keep.is_none() {
                self.flush().await?;
            }
            decoded.map_err(|error| Stopped::Failed(target.provider_error(&error)))?;
            quiet_since = Instant::now();
        }
        self.stream.finish(&mut self.frames).map_err(|error| Stopped::Failed(target.provider_error(&error)))
    }

    async fn flush(&mut self) -> Result<(), Stopped> {
        if self.frames.bytes.is_empty() {
            return Ok(());
        }
        self.out.send(self.frames.bytes.split().freeze()).await
    }
}

enum Stopped {
    ClientLeft,
    Failed(ApiError),
}

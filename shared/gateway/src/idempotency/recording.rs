//! Writes down an answer while it goes out, piece by piece, so that memory does not grow with its length.

use bytes::BytesMut;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use store::{Attempt, LARGEST_RECORDED_PIECE, Outcome, StoreError};

use super::lease::Lease;
use crate::{App, Reply, ReplyBody, log_chain};

/// A body longer than this is not kept, in bytes.
const LONGEST_BODY: usize = 32 << 20;

/// Headers that describe the moment and not the answer, by their beginnings.
const MOMENTARY: &[&str] =
    &["x-ratelimit-", "x-litellm-key-", "x-litellm-response-duration-ms", "x-litellm-overhead-duration-ms"];

/// What precedes a recorded body.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Head {
    status: u16,
    headers: Vec<(String, String)>,
    /// Whether the body is sent in pieces.
    pub(super) is_stream: bool,
}

/// An answer being recorded. One that is dropped is given up.
pub(crate) struct Recording {
    app: App,
    attempt: Attempt,
    /// How long the answer is kept, in seconds.
    lifetime: u64,
    head: Head,
    /// What has not been saved yet: at most a piece.
    pending: BytesMut,
    saved: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// It runs, and cannot be given again.
    Lost,
    /// Recorded or given up.
    Closed,
}

impl Recording {
    pub(super) fn new(app: App, attempt: Attempt, lifetime: u64) -> Self {
        let (head, pending) = (Head::default(), BytesMut::new());
        Self { app, attempt, lifetime, head, pending, saved: 0, state: State::Open }
    }

    /// What keeps the claim.
    pub(crate) fn lease(&self) -> Lease {
        Lease { app: self.app.clone(), attempt: self.attempt.clone() }
    }

    /// Notes what precedes the body.
    pub(crate) fn begin(&mut self, reply: &Reply) {
        self.head = Head::of(reply);
    }

    /// Notes a part of the body.
    pub(crate) async fn write(&mut self, mut bytes: &[u8]) {
        if self.saved as usize * LARGEST_RECORDED_PIECE + self.pending.len() + bytes.len() > LONGEST_BODY {
            self.state = State::Lost;
        }
        while self.state == State::Open && self.pending.len() + bytes.len() > LARGEST_RECORDED_PIECE {
            let (now, later) = bytes.split_at(LARGEST_RECORDED_PIECE - self.pending.len());
            self.pending.extend_from_slice(now);
            bytes = later;
            if let Err(error) = self.save().await {
                log_chain("an answer could not be recorded", &error);
                self.state = State::Lost;
            }
        }
        if self.state == State::Open {
            self.pending.extend_from_slice(bytes);
        } else {
            self.pending = BytesMut::new();
        }
    }

    async fn save(&mut self) -> Result<(), StoreError> {
        let expires = self.expires();
        self.app.store.save_recorded_piece(&self.attempt, self.saved, &self.pending, expires).await?;
        self.saved += 1;
        self.pending.clear();
        Ok(())
    }

    /// The body has ended: from here on the answer is given again.
    pub(crate) async fn complete(mut self) {
        let head = serde_json::to_string(&self.head).unwrap_or_default();
        let pieces = (self.state == State::Open).then_some(self.saved);
        let outcome = Outcome { head: &head, pieces, last: &self.pending };
        match self.app.store.record_outcome(&self.attempt, outcome, self.expires()).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!("an answer was not recorded, since another attempt has taken its claim over"),
            // The caller gets the answer all the same; when the claim lapses the request may be repeated.
            Err(error) => log_chain("an answer could not be recorded", &error),
        }
        self.state = State::Closed;
    }

    /// Records a whole answer.
    pub(crate) async fn keep(mut self, reply: &Reply) {
        self.begin(reply);
        if let ReplyBody::Full(body) = &reply.body {
            self.write(body).await;
        }
        self.complete().await;
    }

    /// Lets the request be repeated.
    pub(crate) async fn give_up(mut self) {
        self.state = State::Closed;
        give_up(&self.app, &self.attempt).await;
    }

    fn expires(&self) -> u64 {
        self.app.clock().now_secs() + self.lifetime
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if self.state != State::Closed {
            let (app, attempt) = (self.app.clone(), self.attempt.clone());
            self.app.tail().spawn(async move { give_up(&app, &attempt).await });
        }
    }
}

async fn give_up(app: &App, attempt: &Attempt) {
    if let Err(error) = app.store.give_up_claim(attempt).await {
        log_chain("a claim was not given up; it will lapse", &error);
    }
}

impl Head {
    fn of(reply: &Reply) -> Self {
        let lasting =
            reply.headers.iter().filter(|(name, _)| !MOMENTARY.iter().any(|it| name.as_str().starts_with(it)));
        let text = lasting.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
        let is_stream = matches!(reply.body, ReplyBody::Stream(_));
        Self { status: reply.status.as_u16(), headers: text.collect(), is_stream }
    }

    /// The answer again, with `body`.
    pub(super) fn reply(&self, body: ReplyBody) -> Option<Reply> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
        }
        headers.insert(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"));
        Some(Reply { status: StatusCode::from_u16(self.status).ok()?, headers, body })
    }
}

//! Lets calls that end at the same moment share one request to the queue. Nobody waits for company: whoever finds a
//! lane free sends at once, and takes along what others have ready by the time a lane is free again.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::StoreError;

/// Messages of one request to SQS, and their bytes, with room for the request's own.
/// (AWS documentation: "SendMessageBatch".)
const MOST: usize = 10;
const MOST_BYTES: usize = 200_000;

/// Requests under way at the same time; fewer would let messages pile up under load.
pub(crate) const LANES: usize = 8;

/// Messages that wait until the way is free.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sending: usize,
    waiting: VecDeque<Letter>,
}

#[derive(Debug)]
struct Letter {
    body: String,
    turn: oneshot::Sender<Turn>,
}

/// What becomes of a message that waits.
#[derive(Debug)]
pub(crate) enum Turn {
    /// It is this one's turn to send, with others.
    Send(String),
    /// Another one has sent it along.
    Sent(Result<(), StoreError>),
}

/// Where a message stands.
pub(crate) enum Place {
    First(String),
    Waiting(oneshot::Receiver<Turn>),
}

/// The right to send. Dropping it, however that comes about, hands it on.
pub(crate) struct Way<'a> {
    outbox: &'a Outbox,
}

/// Others' messages that go along.
#[derive(Default)]
pub(crate) struct Company {
    turns: Vec<oneshot::Sender<Turn>>,
    pub(crate) bodies: Vec<String>,
}

impl Outbox {
    pub(crate) fn enter(&self, body: String) -> Place {
        let mut state = self.lock();
        if state.sending < LANES {
            state.sending += 1;
            return Place::First(body);
        }
        let (turn, told) = oneshot::channel();
        state.waiting.push_back(Letter { body, turn });
        Place::Waiting(told)
    }

    /// For whoever has been told to send.
    pub(crate) fn way(&self) -> Way<'_> {
        Way { outbox: self }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Way<'_> {
    /// Takes along what fits into one request beside `own`.
    pub(crate) fn company(&self, own: &str) -> Company {
        let mut state = self.outbox.lock();
        let (mut company, mut bytes) = (Company::default(), own.len());
        while company.bodies.len() + 1 < MOST {
            let Some(next) = state.waiting.front() else { break };
            bytes += next.body.len();
            if bytes > MOST_BYTES {
                break;
            }
            let Some(letter) = state.waiting.pop_front() else { break };
            company.bodies.push(letter.body);
            company.turns.push(letter.turn);
        }
        company
    }
}

impl Drop for Way<'_> {
    fn drop(&mut self) {
        let mut state = self.outbox.lock();
        while let Some(letter) = state.waiting.pop_front() {
            // One who has given up meanwhile takes the message away, too.
            if letter.turn.send(Turn::Send(letter.body)).is_ok() {
                return;
            }
        }
        state.sending -= 1;
    }
}

impl Company {
    pub(crate) fn tell(self, results: impl IntoIterator<Item = Result<(), StoreError>>) {
        for (turn, result) in self.turns.into_iter().zip(results) {
            drop(turn.send(Turn::Sent(result)));
        }
    }
}

//! Messages of standard queues in SQLite: visibility, receipts, dead-lettering.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use crate::template::{Queue, Redrive};

/// The queues of the template, kept in a file or in memory.
#[derive(Debug)]
pub struct Queues {
    db: Mutex<Connection>,
    queues: HashMap<String, Queue>,
    endpoint: String,
    changed: Notify,
}

/// A message as a consumer receives it.
#[derive(Debug, Clone)]
pub struct Message {
    /// The queue's id of this message.
    pub id: String,
    /// The handle by which this receipt is answered.
    pub receipt: String,
    /// The text that was sent.
    pub body: String,
    /// The sender's own attributes, as sent.
    pub attributes: Option<String>,
    /// When it was sent, in milliseconds since the epoch.
    pub sent: i64,
    /// When it was first received.
    pub first_received: i64,
    /// How often it was received, this time included.
    pub receives: u32,
    /// The queue it was undeliverable in, when this is a dead-letter queue.
    pub origin: Option<String>,
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Ready to be received.
    pub visible: u64,
    /// Received and not answered.
    pub in_flight: u64,
    /// Sent with a delay that is not over.
    pub delayed: u64,
}

/// Whether a receipt's visibility could be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisibilityChange {
    /// It was.
    Changed,
    /// The message was answered, or its receipt has run out.
    NotInFlight,
}

/// Why a queue's state cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("reading or writing the queue's file")]
pub struct QueueError(#[from] rusqlite::Error);

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS messages (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        attributes TEXT,
        sent INTEGER NOT NULL,
        visible INTEGER NOT NULL,
        first_received INTEGER,
        receives INTEGER NOT NULL DEFAULT 0,
        receipt TEXT,
        origin TEXT
    );
    CREATE INDEX IF NOT EXISTS by_visible ON messages (queue, visible);
    CREATE INDEX IF NOT EXISTS by_receipt ON messages (receipt) WHERE receipt IS NOT NULL;
";

impl Queues {
    /// Opens the queues in a file, or in memory without one. Messages that a former process had received and not
    /// answered become visible at once: their consumer ended with it.
    ///
    /// # Errors
    /// When the file cannot be opened or is something else.
    pub fn open(path: Option<&Path>, queues: &[Queue], endpoint: &str, now: i64) -> Result<Self, QueueError> {
        let db = match path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        db.pragma_update(None, "journal_mode", "WAL")?;
        // A killed process loses nothing; a machine without power may lose its last moments.
        db.pragma_update(None, "synchronous", "NORMAL")?;
        db.execute_batch(SCHEMA)?;
        db.execute(
            "UPDATE messages SET visible = sent, receipt = NULL WHERE receipt IS NOT NULL AND visible > ?1",
            [now],
        )?;
        let queues = queues.iter().map(|it| (it.name.clone(), it.clone())).collect();
        Ok(Self { db: Mutex::new(db), queues, endpoint: endpoint.to_owned(), changed: Notify::new() })
    }

    /// The settings of a queue.
    pub fn find(&self, name: &str) -> Option<&Queue> {
        self.queues.get(name)
    }

    /// The URL of a queue.
    pub fn url(&self, name: &str) -> String {
        format!("{}/000000000000/{name}", self.endpoint)
    }

    /// Resolves at the next change after which something may be visible.
    pub fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Adds messages, all or none; answers their ids. A process that is killed after this has returned does not lose them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn send(&self, queue: &str, outgoing: &[Outgoing], now: i64) -> Result<Vec<String>, QueueError> {
        let ids = self.transaction(|tx| {
            let mut insert = tx.prepare_cached(
                "INSERT INTO messages (queue, id, body, attributes, sent, visible) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            outgoing
                .iter()
                .map(|it| {
                    let id = gateway::new_id().to_string();
                    insert.execute(params![queue, id, it.body, it.attributes, now, now + millis(it.delay)])?;
                    Ok(id)
                })
                .collect()
        })?;
        self.changed.notify_waiters();
        Ok(ids)
    }

    /// Takes up to `most` visible messages and hides them for `visibility`. Those received too often before go to
    /// the dead-letter queue instead; those kept too long are dropped.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn receive(
        &self,
        queue: &Queue,
        most: usize,
        visibility: Duration,
        now: i64,
    ) -> Result<Vec<Message>, QueueError> {
        self.transaction(|tx| {
            let mut received = Vec::new();
            while received.is_empty() {
                let found = ready(tx, queue, most, now)?;
                if found.is_empty() {
                    break;
                }
                for (number, sent, receives) in found {
                    if sent < now - millis(queue.retention) {
                        tx.prepare_cached("DELETE FROM messages WHERE number = ?1")?.execute([number])?;
                    } else if let Some(redrive) = queue.redrive.as_ref().filter(|it| receives >= it.max_receives) {
                        bury(tx, number, queue, redrive)?;
                    } else {
                        received.push(take(tx, number, now + millis(visibility), now)?);
                    }
                }
            }
            Ok(received)
        })
    }

    /// Removes a message by the handle of its latest receipt; an older handle removes nothing.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn delete(&self, queue: &str, receipts: &[&str]) -> Result<(), QueueError> {
        self.transaction(|tx| {
            let mut delete = tx.prepare_cached("DELETE FROM messages WHERE receipt = ?1 AND queue = ?2")?;
            receipts.iter().try_for_each(|it| delete.execute(params![it, queue]).map(drop))
        })
    }

    /// Hides a received message until `visibility` from now.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn change_visibility(
        &self,
        queue: &str,
        receipt: &str,
        visibility: Duration,
        now: i64,
    ) -> Result<VisibilityChange, QueueError> {
        let changed = self.transaction(|tx| {
            tx.prepare_cached("UPDATE messages SET visible = ?1 WHERE receipt = ?2 AND queue = ?3 AND visible > ?4")?
                .execute(params![now + millis(visibility), receipt, queue, now])
        })?;
        self.changed.notify_waiters();
        Ok(if changed == 0 { VisibilityChange::NotInFlight } else { VisibilityChange::Changed })
    }

    /// Counts a queue's messages.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn depth(&self, queue: &str, now: i64) -> Result<Depth, QueueError> {
        self.transaction(|tx| {
            tx.prepare_cached(
                "SELECT count(*) FILTER (WHERE visible <= ?2),
                        count(*) FILTER (WHERE visible > ?2 AND receipt IS NOT NULL),
                        count(*) FILTER (WHERE visible > ?2 AND receipt IS NULL)
                 FROM messages WHERE queue = ?1",
            )?
            .query_row(params![queue, now], |row| {
                Ok(Depth { visible: row.get(0)?, in_flight: row.get(1)?, delayed: row.get(2)? })
            })
        })
    }

    /// When the next hidden message of a queue becomes visible, if there is one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_visible(&self, queue: &str, now: i64) -> Result<Option<Instant>, QueueError> {
        let visible: Option<i64> = self.transaction(|tx| {
            tx.prepare_cached("SELECT visible FROM messages WHERE queue = ?1 ORDER BY visible LIMIT 1")?
                .query_row([queue], |row| row.get(0))
                .optional()
        })?;
        let wait = visible.map(|it| Duration::from_millis(u64::try_from(it - now).unwrap_or(0)));
        Ok(wait.map(|it| Instant::now() + it))
    }

    fn transaction<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, QueueError> {
        // A transaction that a panic cut off is rolled back, so the connection stays usable.
        let mut db = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        let tx = db.transaction()?;
        let result = work(&tx)?;
        tx.commit()?;
        Ok(result)
    }
}

/// A message to send.
#[derive(Debug)]
pub struct Outgoing {
    /// The text.
    pub body: String,
    /// The sender's own attributes.
    pub attributes: Option<String>,
    /// How long it stays hidden at first.
    pub delay: Duration,
}

/// The messages that have been visible longest: number, when sent, how often received.
fn ready(tx: &Transaction<'_>, queue: &Queue, most: usize, now: i64) -> rusqlite::Result<Vec<(i64, i64, u32)>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    tx.prepare_cached(
        "SELECT number, sent, receives FROM messages WHERE queue = ?1 AND visible <= ?2
         ORDER BY visible, number LIMIT ?3",
    )?
    .query_map(params![queue.name, now, most], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
    .collect()
}

/// Moves a message to the dead-letter queue.
fn bury(tx: &Transaction<'_>, number: i64, queue: &Queue, redrive: &Redrive) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE messages SET queue = ?2, origin = ?3, receives = 0, first_received = NULL, receipt = NULL
         WHERE number = ?1",
    )?
    .execute(params![number, redrive.queue, queue.name])?;
    Ok(())
}

fn take(tx: &Transaction<'_>, number: i64, until: i64, now: i64) -> rusqlite::Result<Message> {
    let receipt = gateway::new_id().to_string();
    let mut update = tx.prepare_cached(
        "UPDATE messages SET visible = ?2, receives = receives + 1, receipt = ?3,
             first_received = coalesce(first_received, ?4)
         WHERE number = ?1 RETURNING id, body, attributes, sent, first_received, receives, origin",
    )?;
    update.query_row(params![number, until, receipt, now], |row| {
        Ok(Message {
            id: row.get(0)?,
            receipt: receipt.clone(),
            body: row.get(1)?,
            attributes: row.get(2)?,
            sent: row.get(3)?,
            first_received: row.get(4)?,
            receives: row.get(5)?,
            origin: row.get(6)?,
        })
    })
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

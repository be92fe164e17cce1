//! Many clients at once, some of which leave in the middle of an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use http_body_util::BodyExt;
use serde_json::json;
use tests::Result;
use tests::client::{Call, Connection};
use tokio::task::JoinSet;

use tests::world::question;

/// Clients that call until they are stopped or the server is gone.
pub(crate) struct Traffic {
    workers: JoinSet<()>,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
}

impl Traffic {
    pub(crate) fn start(url: &str, keys: &[String], clients: usize) -> Self {
        let mut traffic = Self { workers: JoinSet::new(), stop: Arc::default(), answered: Arc::default() };
        for (client, key) in (0..clients).zip(keys.iter().cycle()) {
            let (url, key) = (url.to_owned(), key.clone());
            let (stop, answered) = (Arc::clone(&traffic.stop), Arc::clone(&traffic.answered));
            traffic.workers.spawn(async move {
                for number in client.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    // An error is the server's end, which is what these tests are about.
                    let Ok(whole) = one(&url, &key, number).await else { return };
                    answered.fetch_add(u64::from(whole), Ordering::Relaxed);
                }
            });
        }
        traffic
    }

    /// Whole answers so far.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Lets every client finish its call.
    pub(crate) async fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while self.workers.join_next().await.is_some() {}
    }
}

/// One call; whether its answer was read to the end.
async fn one(url: &str, key: &str, number: usize) -> Result<bool> {
    let leaves = number % 8 == 3;
    let body = question(
        "Which road leads to the sea? standin:chunks=12&chunk_delay=3ms",
        json!({"stream": leaves || number % 2 == 1, "max_tokens": 64}),
    );
    let call = Call::post(format!("{url}/v1/chat/completions"), &body).key(key);
    let mut connection = Connection::open(url).await?;
    let mut response = connection.send(&call).await?;
    if response.status() != 200 {
        return Err(format!("status {}", response.status()).into());
    }
    let mut frames = 0;
    while let Some(frame) = response.body_mut().frame().await {
        frame?;
        frames += 1;
        if leaves && frames == 3 {
            return Ok(false);
        }
    }
    Ok(true)
}

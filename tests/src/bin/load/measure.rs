//! One target measured at one kind of call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use serde_json::json;
use tests::Result;
use tests::client::{Call, Connection};
use tests::figures::Samples;

/// Calls before the measured ones.
const WARM_UP: u32 = 30;
/// Linux counts a process's CPU time in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Buffered,
    Streamed,
    /// Buffered, against a stand-in that takes a millisecond.
    Slow,
}

/// Something that answers chat completions.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    url: String,
    key: Option<String>,
    pid: Option<u32>,
}

/// Times of one call after the other.
#[derive(Default)]
pub(crate) struct Latency {
    pub(crate) first: Samples,
    pub(crate) whole: Samples,
}

/// Calls of many connections at once.
#[derive(Clone, Copy, Default)]
pub(crate) struct Throughput {
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    pub(crate) seconds: f64,
    /// CPU time of the target's process.
    pub(crate) cpu_seconds: f64,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Buffered, Self::Streamed, Self::Slow];

    /// How the stand-in answers it.
    pub(crate) fn script(self) -> &'static str {
        match self {
            Self::Buffered => "chunks=20",
            Self::Streamed => "chunks=50",
            Self::Slow => "delay=1ms",
        }
    }

    /// The gateway's name for it.
    pub(crate) fn model(self) -> &'static str {
        match self {
            Self::Buffered => "buffered",
            Self::Streamed => "streamed",
            Self::Slow => "slow",
        }
    }
}

impl Target {
    /// The stand-in, or a proxy before it.
    pub(crate) fn plain(name: &'static str, url: &str, pid: Option<u32>) -> Self {
        Self { name, url: url.to_owned(), key: None, pid }
    }

    /// The gateway in some form, called with a key.
    pub(crate) fn gateway(name: &'static str, url: &str, key: &str, pid: Option<u32>) -> Self {
        Self { name, url: url.to_owned(), key: Some(key.to_owned()), pid }
    }

    /// Whether it is a form of the gateway, for which DESIGN section 9 sets targets.
    pub(crate) fn is_gateway(&self) -> bool {
        self.key.is_some()
    }

    fn call(&self, kind: Kind) -> Call {
        let question =
            "Which of the two roads leads to the sea, and how long would it take to walk there in the rain? ".repeat(4);
        let body = json!({
            "model": kind.model(),
            "messages": [
                {"role": "system", "content": "You answer in one sentence."},
                {"role": "user", "content": question},
            ],
            "temperature": 0.2,
            "stream": kind == Kind::Streamed,
        });
        match &self.key {
            Some(key) => Call::post(format!("{}/v1/chat/completions", self.url), &body).key(key),
            None => Call::post(format!("{}/{}/v1/chat/completions", self.url, kind.script()), &body),
        }
    }

    /// Calls one after the other over one connection.
    pub(crate) async fn latency(&self, kind: Kind, calls: u32) -> Result<Latency> {
        let call = self.call(kind);
        let mut connection = Connection::open(&self.url).await?;
        let mut latency = Latency::default();
        for number in 0..WARM_UP + calls {
            let answer = connection.fetch(&call).await?;
            if answer.status != 200 || !answer.complete {
                return Err(format!("{}: {} {}", self.name, answer.status, answer.text()).into());
            }
            if number >= WARM_UP {
                let (first, last) = (answer.pieces.first(), answer.pieces.last());
                latency.first.add(first.map_or(Duration::ZERO, |it| it.0));
                latency.whole.add(last.map_or(Duration::ZERO, |it| it.0));
            }
        }
        Ok(latency)
    }

    /// As many calls as the connections manage within the time.
    pub(crate) async fn throughput(&self, kind: Kind, connections: usize, time: Duration) -> Result<Throughput> {
        let call = self.call(kind);
        let done = Arc::new(AtomicU64::new(0));
        let failed = Arc::new(AtomicU64::new(0));
        let (start, cpu) = (Instant::now(), self.cpu()?);
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..connections {
            let (call, done, failed) = (call.clone(), Arc::clone(&done), Arc::clone(&failed));
            let mut connection = Connection::open(&self.url).await?;
            workers.spawn(async move {
                while start.elapsed() < time {
                    match drain(&mut connection, &call).await {
                        Ok(()) => done.fetch_add(1, Ordering::Relaxed),
                        Err(_) => {
                            failed.fetch_add(1, Ordering::Relaxed);
                            break;
                        }
                    };
                }
            });
        }
        workers.join_all().await;
        Ok(Throughput {
            calls: done.load(Ordering::Relaxed),
            failed: failed.load(Ordering::Relaxed),
            seconds: start.elapsed().as_secs_f64(),
            cpu_seconds: self.cpu()? - cpu,
        })
    }

    fn cpu(&self) -> Result<f64> {
        let pid = self.pid.ok_or("the target has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let (_, fields) = stat.rsplit_once(')').ok_or("unreadable /proc stat")?;
        // User and system time are the 14th and 15th field of all, two of which stand before the bracket.
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: f64 = ticks.filter_map(|it| it.parse::<f64>().ok()).sum();
        Ok(ticks / TICKS_PER_SECOND)
    }
}

async fn drain(connection: &mut Connection, call: &Call) -> Result<()> {
    let mut response = connection.send(call).await?;
    if response.status() != 200 {
        return Err(format!("status {}", response.status()).into());
    }
    while let Some(frame) = response.body_mut().frame().await {
        frame?;
    }
    Ok(())
}

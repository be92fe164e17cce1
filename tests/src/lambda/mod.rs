//! A Lambda execution environment on loopback: the runtime API and the extensions API, serving one real function binary.
//!
//! It behaves as Lambda does where a function can tell: one event at a time, the next only after the runtime and every extension have asked for it, and a process that may be frozen as soon as they have.

mod api;
pub mod events;
mod outcome;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use crate::Result;
use crate::server::{self, Server};

pub use outcome::{Outcome, Reply, Running};

use api::Api;

/// How long a function may take before the harness gives up on it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A started function.
pub struct Function {
    child: Child,
    spawned: Instant,
    api: Arc<Api>,
    logs: Logs,
    _server: Server,
}

#[derive(Clone, Default)]
struct Logs(Arc<Mutex<Vec<String>>>);

/// Memory of a process, in KiB.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Resident now.
    pub resident: u64,
    /// The most that was ever resident.
    pub peak: u64,
}

impl Function {
    /// Starts the binary with nothing but Lambda's own variables and `env`.
    pub async fn start(binary: &Path, env: &[(&str, &str)]) -> Result<Self> {
        let api = Arc::new(Api::default());
        let serving = Arc::clone(&api);
        let server = Server::start(server::loopback().await?, move |request| Arc::clone(&serving).handle(request))?;
        let name = binary.file_stem().unwrap_or_default();
        let spawned = Instant::now();
        let mut child = Command::new(binary)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", server.addr().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/function")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", binary.display()))?;
        let logs = Logs::default();
        logs.follow(child.stdout.take());
        logs.follow(child.stderr.take());
        Ok(Self { child, spawned, api, logs, _server: server })
    }

    /// Waits for the first request for an event; says how long after the start it came.
    pub async fn ready(&mut self) -> Result<Duration> {
        self.idle().await?;
        let first = self.api.first_next().ok_or("no request for an event")?;
        Ok(first - self.spawned)
    }

    /// Waits until the runtime and every extension ask for the next event: from then on Lambda may freeze the process.
    pub async fn idle(&mut self) -> Result<()> {
        tokio::select! {
            it = tokio::time::timeout(PATIENCE, self.api.idle()) => match it {
                Ok(result) => result,
                Err(_) => Err(self.failure("does not ask for an event")),
            },
            status = self.child.wait() => Err(self.failure(&format!("ended with {}", status?))),
        }
    }

    /// Hands over an event as soon as the function is idle, without waiting for the answer.
    pub async fn begin(&mut self, event: &Value) -> Result<Running> {
        self.idle().await?;
        Ok(self.api.deliver(event))
    }

    /// Sends an event and waits for the whole answer.
    pub async fn invoke(&mut self, event: &Value) -> Result<Outcome> {
        let running = self.begin(event).await?;
        tokio::select! {
            it = tokio::time::timeout(PATIENCE, running.finish()) => match it {
                Ok(outcome) => outcome,
                Err(_) => Err(self.failure("does not answer")),
            },
            status = self.child.wait() => Err(self.failure(&format!("ended with {}", status?))),
        }
    }

    /// Time since the process was started.
    pub fn age(&self) -> Duration {
        self.spawned.elapsed()
    }

    /// Memory of the process.
    pub fn memory(&self) -> Result<Memory> {
        memory(self.child.id().ok_or("the function has ended")?)
    }

    /// What the function has printed.
    pub fn logs(&self) -> String {
        self.logs.lines().join("\n")
    }

    /// Ends the process as a crash does.
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    fn failure(&self, what: &str) -> crate::Error {
        format!("the function {what}; it printed:\n{}", self.logs()).into()
    }
}

/// Memory of a process by its id.
pub fn memory(pid: u32) -> Result<Memory> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| -> Result<u64> {
        let line = status.lines().find_map(|it| it.strip_prefix(name));
        let number = line.and_then(|it| it.split_whitespace().next());
        Ok(number.ok_or("no memory in /proc")?.parse()?)
    };
    Ok(Memory { resident: field("VmRSS:")?, peak: field("VmHWM:")? })
}

impl Logs {
    fn follow(&self, output: Option<impl AsyncRead + Unpin + Send + 'static>) {
        let logs = self.clone();
        let Some(output) = output else { return };
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                logs.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

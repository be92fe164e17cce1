//! The local server as a process: started with a configuration, driven over HTTP, stopped or killed.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::Result;
use crate::client::{Answer, Call};
use crate::program::{self, Scratch};
use crate::server;

/// Master key of every started server.
pub const MASTER_KEY: &str = "sk-tests-7c1f0a9be24d4d6f";
const START: Duration = Duration::from_secs(20);

/// A running local server.
pub struct Local {
    child: Child,
    url: String,
    scratch: Scratch,
}

impl Local {
    /// Starts the release build with a config.yaml's text, on a free port; the data is kept in `data` or in memory.
    pub async fn start(config: &str, data: Option<&Path>) -> Result<Self> {
        let scratch = Scratch::new()?;
        let config = scratch.write("config.yaml", config)?;
        let port = server::loopback().await?.local_addr()?.port();
        let log = std::fs::File::create(scratch.path().join("log"))?;
        let mut command = Command::new(program::release("local")?);
        command.arg("--config").arg(config).arg("--port").arg(port.to_string());
        if let Some(data) = data {
            command.arg("--data-dir").arg(data);
        }
        let child = command
            .env("LITELLM_MASTER_KEY", MASTER_KEY)
            .env("LITELLM_SALT_KEY", "sk-salt-3d5c0b7a91e84f62")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let mut local = Self { child, url: format!("http://127.0.0.1:{port}"), scratch };
        local.wait_until_alive().await?;
        Ok(local)
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Process id.
    pub fn pid(&self) -> Result<u32> {
        Ok(self.child.id().ok_or("the local server has ended")?)
    }

    /// What the server has printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.scratch.path().join("log")).unwrap_or_default()
    }

    /// Calls a management route with the master key; an answer outside 2xx is an error.
    pub async fn admin(&self, method: &'static str, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}{path}", self.url);
        let call = if body.is_null() { Call::new(method, url) } else { Call::post(url, body) };
        let answer = call.key(MASTER_KEY).fetch().await?;
        if answer.status.is_success() {
            return answer.json();
        }
        Err(format!("{method} {path}: {} {}", answer.status, answer.text()).into())
    }

    /// Makes a key with these fields; gives its secret.
    pub async fn new_key(&self, fields: &Value) -> Result<String> {
        let key = self.admin("POST", "/key/generate", fields).await?;
        Ok(key["key"].as_str().ok_or("no key in the answer")?.to_owned())
    }

    /// One chat completion.
    pub async fn chat(&self, key: &str, body: &Value) -> Result<Answer> {
        self.chat_call(key, body).fetch().await
    }

    /// A chat completion not sent yet.
    pub fn chat_call(&self, key: &str, body: &Value) -> Call {
        Call::post(format!("{}/v1/chat/completions", self.url), body).key(key)
    }

    /// Asks it to stop and waits for the end.
    pub async fn stop(mut self) -> Result<ExitStatus> {
        program::signal(self.pid()?, "INT").await?;
        Ok(tokio::time::timeout(START, self.child.wait()).await??)
    }

    /// Ends it as a power cut does.
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    async fn wait_until_alive(&mut self) -> Result<()> {
        let start = Instant::now();
        let alive = Call::get(format!("{}/health/liveliness", self.url));
        loop {
            if let Ok(answer) = alive.fetch().await
                && answer.status.is_success()
            {
                return Ok(());
            }
            let ended = self.child.try_wait()?;
            if ended.is_some() || start.elapsed() > START {
                return Err(format!("the local server does not serve ({ended:?}); it printed:\n{}", self.log()).into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// A config.yaml whose models are served by a stand-in at `url`: `gpt-4o` and `claude` by their provider's wire format.
pub fn config(url: &str) -> String {
    let model = |name: &str, model: &str, base: String| json!({"model_name": name, "litellm_params": {"model": model, "api_base": base, "api_key": "sk-provider"}});
    let models = json!([
        model("gpt-4o", "openai/gpt-4o", format!("{url}/v1")),
        model("claude", "anthropic/claude-sonnet-4-5", url.to_owned()),
    ]);
    json!({"model_list": models, "router_settings": {"num_retries": 0}}).to_string()
}

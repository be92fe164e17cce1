//! What a deployed stack consists of: tables and queue of the template, a provider, functions started one by one.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Result;
use crate::client::Call;
use crate::lambda::{Function, Reply, events};
use crate::local::{MASTER_KEY, config};
use crate::program::{self, Scratch};
use crate::standin::StandIn;
use local::aws::Aws;
use local::sqs::Outgoing;
use local::template::{TEMPLATE, Template};
use serde_json::{Value, json};

/// A stack on loopback.
pub struct World {
    pub stand_in: StandIn,
    pub aws: Aws,
    queue: String,
    env: Vec<(String, String)>,
    _scratch: Scratch,
}

impl World {
    /// A fresh stack in memory.
    pub async fn start() -> Result<Self> {
        Self::open(StandIn::start().await?, None)
    }

    /// A stack over the data that a local server has left behind.
    pub fn open(stand_in: StandIn, data: Option<&Path>) -> Result<Self> {
        let template = Template::parse(TEMPLATE)?;
        let aws = Aws::start(&template, data)?;
        let scratch = Scratch::new()?;
        let config = scratch.write("config.yaml", &config(&stand_in.url()))?;
        let mut env: Vec<(String, String)> = [
            ("CONFIG_FILE_PATH", config.display().to_string()),
            ("LITELLM_MASTER_KEY", MASTER_KEY.to_owned()),
            ("LITELLM_SALT_KEY", "sk-salt-3d5c0b7a91e84f62".to_owned()),
            ("GATEWAY_AWS_ENDPOINT", aws.endpoint.clone()),
            ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let mut queue = String::new();
        for (variable, resource) in &template.environment {
            let is_queue = template.queues.iter().any(|it| it.name == *resource);
            if is_queue {
                queue.clone_from(resource);
            }
            let value = if is_queue { aws.queues.url(resource) } else { resource.clone() };
            env.push((variable.clone(), value));
        }
        Ok(Self { stand_in, aws, queue, env, _scratch: scratch })
    }

    /// Starts the release build of a function, with more variables if any.
    pub async fn function(&self, name: &str, more: &[(&str, &str)]) -> Result<Function> {
        let own = self.env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let env: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
        Function::start(&program::release(name)?, &env).await
    }

    /// The value of a function's environment variable.
    pub fn env(&self, name: &str) -> &str {
        let found = self.env.iter().find(|(it, _)| it == name);
        found.map_or("", |(_, value)| value)
    }

    /// Takes every message out of the spend queue, also those that a crashed consumer still hides.
    pub fn take_spend(&self) -> Result<Vec<String>> {
        let queue = self.aws.queues.find(&self.queue).ok_or("no spend queue in the template")?;
        let later = now() + 3_600_000;
        let mut bodies = Vec::new();
        loop {
            let messages = self.aws.queues.receive(queue, 10, Duration::from_secs(60), later)?;
            if messages.is_empty() {
                return Ok(bodies);
            }
            let receipts: Vec<&str> = messages.iter().map(|it| it.receipt.as_str()).collect();
            self.aws.queues.delete(&self.queue, &receipts)?;
            bodies.extend(messages.into_iter().map(|it| it.body));
        }
    }

    /// Puts messages into the spend queue.
    pub fn put_spend<'a>(&self, bodies: impl Iterator<Item = &'a str>) -> Result<()> {
        let outgoing = bodies.map(|it| Outgoing { body: it.to_owned(), attributes: None, delay: Duration::ZERO });
        self.aws.queues.send(&self.queue, &outgoing.collect::<Vec<_>>(), now())?;
        Ok(())
    }

    /// Ends the stack; the provider goes on.
    pub fn close(self) -> StandIn {
        drop(self.aws);
        self.stand_in
    }

    /// One call of DynamoDB's own protocol.
    pub async fn dynamodb(&self, operation: &str, body: &Value) -> Result<Value> {
        let credential = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
        let call = Call::new("POST", self.aws.endpoint.clone())
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", &format!("DynamoDB_20120810.{operation}"))
            .header("x-amz-date", "20260101T000000Z")
            .header("authorization", credential)
            .body(body.to_string());
        let answer = call.fetch().await?;
        if answer.status != 200 {
            return Err(format!("{operation}: {} {}", answer.status, answer.text()).into());
        }
        answer.json()
    }

    /// Every item of a table, as DynamoDB writes it.
    pub async fn scan(&self, table: &str) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut request = json!({"TableName": table});
        loop {
            let mut page = self.dynamodb("Scan", &request).await?;
            if let Some(found) = page["Items"].as_array_mut() {
                items.append(found);
            }
            if page["LastEvaluatedKey"].is_null() {
                return Ok(items);
            }
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"].take();
        }
    }
}

/// Milliseconds since the Unix epoch.
pub fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX))
}

/// A chat completion as API Gateway sends it.
pub fn chat(key: &str, text: &str, more: Value) -> Value {
    let call = Call::post("/v1/chat/completions", &question(text, more)).key(key);
    events::rest(&call, "/v1/chat/completions")
}

/// Body of a chat completion with one user message.
pub fn question(text: &str, more: Value) -> Value {
    let mut body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": text}]});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

/// Calls a management route with the master key; an answer outside 2xx is an error.
pub async fn manage(function: &mut Function, route: &str, call: Call) -> Result<Value> {
    let reply = send(function, route, call.key(MASTER_KEY)).await?;
    if reply.status / 100 != 2 {
        return Err(format!("{} {}", reply.status, reply.text()).into());
    }
    reply.json()
}

/// Any HTTP call of a function.
pub async fn send(function: &mut Function, route: &str, call: Call) -> Result<Reply> {
    function.invoke(&events::rest(&call, route)).await?.reply()
}

/// Looks again and again until there is something to see.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(seen) = look().await? {
            return Ok(seen);
        }
        if start.elapsed() > Duration::from_secs(30) {
            return Err(format!("{what}: waited for 30 seconds in vain").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

//! One application with everything around it, called in process.

use std::net::IpAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gateway::{ApiError, App, Environment, ReplyBody, Request, SqsBatch, SqsMessage, Start};
use http::{HeaderMap, Method, StatusCode};
use local::aws::Aws;
use local::functions::{Handler, HttpHandler, QueueHandler, find};
use local::router::{Found, Router};
use local::template::{Queue, TEMPLATE, Template};
use serde_json::Value;
use tests::Result;
use tests::client::Call;
use tests::identity::Identity;
use tests::local::MASTER_KEY;
use tests::standin::StandIn;
use tokio::sync::OnceCell;

use super::log::Log;

/// Headers that every answer must have.
const ALWAYS: &[(&str, &str)] = &[
    ("access-control-allow-origin", "*"),
    ("content-security-policy", "frame-ancestors 'none'"),
    ("vary", "Origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

pub(crate) struct House {
    pub(crate) app: App,
    /// How another process of the installation starts.
    start: Start,
    other: OnceCell<App>,
    pub(crate) stand_in: StandIn,
    /// Where the configuration speaks of one.
    pub(crate) identity: Option<Identity>,
    /// Searched for secrets after every call.
    pub(crate) log: Log,
    /// None once it is down.
    aws: Option<Aws>,
    router: Router<HttpHandler>,
    writer: QueueHandler,
    queue: Queue,
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl House {
    /// Starts with a configuration in which `{provider}` stands for the stand-in's address, `{idp}` for the identity
    /// provider's.
    pub(crate) async fn start(config: &Value) -> Result<Self> {
        let log = Log::start();
        let template = Template::parse(TEMPLATE)?;
        let stand_in = StandIn::start().await?;
        let aws = Aws::start(&template, None)?;
        let config = match config {
            Value::Null => tests::local::config(&stand_in.url()),
            config => config.to_string().replace("{provider}", &stand_in.url()),
        };
        let identity = if config.contains("{idp}") { Some(Identity::start().await?) } else { None };
        let config = identity.iter().fold(config, |config, it| config.replace("{idp}", &it.url()));
        log.hide(MASTER_KEY);
        log.hide_values(&serde_json::from_str(&config)?);
        // Who is allowed to run without a master key does.
        let keyless = "/general_settings/dangerously_permit_weak_or_unset_master_key";
        let keyless = serde_json::from_str::<Value>(&config)?.pointer(keyless) == Some(&Value::Bool(true));
        let mut env = Environment::isolated()
            .with("LITELLM_MASTER_KEY", if keyless { "" } else { MASTER_KEY })
            .with("AWS_ACCESS_KEY_ID", "local")
            .with("AWS_SECRET_ACCESS_KEY", "local")
            .with("AWS_REGION", "us-east-1")
            .with("GATEWAY_AWS_ENDPOINT", &aws.endpoint);
        for (variable, resource) in &template.environment {
            let is_queue = aws.queues.find(resource).is_some();
            env = env.with(variable, if is_queue { aws.queues.url(resource) } else { resource.clone() });
        }
        let start = Start { env, config: Some(config), allow_weak_master_key: false, with_secrets: false };
        let app = App::start(start.clone()).await?;
        app.account_after_reply();

        let mut router = Router::default();
        let mut writer = None;
        for function in &template.functions {
            match find(&function.name) {
                Some(Handler::Http(handle)) => {
                    for route in &function.routes {
                        router.add(route.method.clone(), &route.path, handle);
                    }
                }
                Some(Handler::Queue(handle)) => writer = function.sources.first().map(|it| (handle, it.queue.clone())),
                Some(Handler::Schedule(_)) | None => {}
            }
        }
        let (writer, queue) = writer.ok_or("nobody consumes a queue")?;
        let queue = aws.queues.find(&queue).ok_or("no such queue")?.clone();
        Ok(Self { app, start, other: OnceCell::new(), stand_in, identity, log, aws: Some(aws), router, writer, queue })
    }

    /// Another process of the installation, with memories of its own.
    pub(crate) async fn elsewhere(&self) -> Result<&App> {
        let app = self.other.get_or_try_init(|| App::start(self.start.clone())).await?;
        app.account_after_reply();
        Ok(app)
    }

    /// Takes the tables and the queue away.
    pub(crate) fn lose_store(&mut self) {
        self.aws = None;
    }

    /// Lets the stand-in answer a model with what was recorded.
    pub(crate) async fn replay(&self, model: &str, recorded: &Value) -> Result<()> {
        let call = Call::new("PUT", format!("{}/_replay/{model}", self.stand_in.url())).body(recorded.to_string());
        let answer = call.fetch().await?;
        if answer.status.is_success() { Ok(()) } else { Err(answer.text().into()) }
    }

    /// Calls the function behind a route and waits for everything that follows its answer.
    pub(crate) async fn call(&self, method: Method, target: &str, headers: HeaderMap, body: Bytes) -> Result<Answer> {
        self.call_at(&self.app, None, method, target, headers, body).await
    }

    /// The same of one process, from an address.
    pub(crate) async fn call_at(
        &self,
        app: &App,
        client_ip: Option<IpAddr>,
        method: Method,
        target: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let found = match self.router.find(&method, path) {
            Found::Route(handle, path_params) => Some((*handle, path_params)),
            // As the servers answer, which know no more of it.
            Found::WrongMethod(_) | Found::Nothing => None,
        };
        let pairs = query.split('&').filter(|it| !it.is_empty());
        let query = pairs.map(|it| it.split_once('=').unwrap_or((it, ""))).map(|(k, v)| (k.to_owned(), v.to_owned()));
        self.log.hide_headers(&headers);
        self.log.hide_values(&serde_json::from_slice(&body).unwrap_or_default());
        let request = Request {
            method,
            path: path.to_owned(),
            path_params: found.as_ref().map(|it| it.1.clone()).unwrap_or_default(),
            query: query.collect(),
            headers,
            body,
            client_ip,
            deadline: None,
        };
        let reply = match found {
            Some((handle, _)) => app.answer(handle(app, request)).await,
            None => app.answer(std::future::ready(Err(ApiError::not_found("Not Found")))).await,
        };
        for (name, value) in ALWAYS {
            if reply.headers.get(*name).is_none_or(|it| it != value) {
                return Err(format!("the answer lacks {name}").into());
            }
        }
        let body = match reply.body {
            ReplyBody::Full(body) => body,
            ReplyBody::Stream(mut pieces) => {
                let mut whole = BytesMut::new();
                while let Some(piece) = pieces.recv().await {
                    whole.extend_from_slice(&piece);
                }
                whole.freeze()
            }
        };
        app.tail().drained().await;
        // Streams are made of what was asked for.
        self.log.hide_values(&serde_json::from_slice(&body).unwrap_or_default());
        self.log.check()?;
        Ok(Answer { status: reply.status, headers: reply.headers, body })
    }

    /// Hands the spend writer a batch of messages; gives the places of those that it could not write.
    pub(crate) async fn deliver(&self, bodies: &[String]) -> Vec<usize> {
        let message = |(place, body): (usize, &String)| SqsMessage { id: place.to_string(), body: body.clone() };
        let messages = bodies.iter().enumerate().map(message).collect();
        let outcome = (self.writer)(&self.app, SqsBatch { messages }).await;
        outcome.failed.iter().filter_map(|id| id.parse().ok()).collect()
    }

    /// Lets the spend writer consume the queue; gives the rows that it wrote, in the order of the events.
    pub(crate) async fn write_spend(&self) -> Result<Vec<Value>> {
        let mut rows = Vec::new();
        let Some(Aws { queues, .. }) = &self.aws else { return Ok(rows) };
        loop {
            let received = queues.receive(&self.queue, 10, Duration::from_secs(30), now())?;
            if received.is_empty() {
                return Ok(rows);
            }
            let messages: Vec<SqsMessage> =
                received.iter().map(|it| SqsMessage { id: it.id.clone(), body: it.body.clone() }).collect();
            let outcome = (self.writer)(&self.app, SqsBatch { messages }).await;
            if !outcome.failed.is_empty() {
                return Err("the spend writer could not write an event".into());
            }
            for message in &received {
                let event: Value = serde_json::from_str(&message.body)?;
                let id = event["id"].as_str().ok_or("an event without an id")?;
                // A configuration may keep no rows.
                let Some(row) = self.app.store.find_spend_row(id).await? else { continue };
                rows.push(serde_json::from_str(&serde_json::to_string(&row)?)?);
            }
            let receipts: Vec<&str> = received.iter().map(|it| it.receipt.as_str()).collect();
            queues.delete(&self.queue.name, &receipts)?;
        }
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX))
}

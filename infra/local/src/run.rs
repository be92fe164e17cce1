//! One server from its start to its end.

use std::error::Error;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway::{App, Environment, Start, StartError};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::aws::{Aws, AwsError};
use crate::cli::Args;
use crate::data_dir::{DataDir, DataDirError};
use crate::functions::{Handler, find};
use crate::pollers::Poller;
use crate::site::Site;
use crate::template::{TEMPLATE, Template, TemplateError};
use crate::welcome::{DEFAULT_MASTER_KEY, KeySource};
use crate::{schedules, server, welcome};

/// The configuration without `--config`.
const DEFAULT_CONFIG: &str = include_str!("../../config/config.yaml");

/// Longest wait, once stopping, for the work that follows replies, and then for the queue.
const DRAIN: Duration = Duration::from_secs(15);

/// Why the server cannot start. Each is one clear line with what lies beneath it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The port is taken.
    #[error("port {1} on {0} is already in use; choose another with --port")]
    PortTaken(String, u16),
    /// The address cannot be listened on.
    #[error("listening on {host}:{port}: {reason}")]
    Listen {
        /// As given.
        host: String,
        /// As given.
        port: u16,
        /// What the operating system says.
        reason: std::io::Error,
    },
    /// The data directory.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The emulators.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The application.
    #[error(transparent)]
    Start(#[from] StartError),
    /// No signal handler can be installed.
    #[error("waiting for signals: {0}")]
    Signals(std::io::Error),
}

impl RunError {
    /// The error and everything beneath it on one line.
    pub fn line(&self) -> String {
        let mut line = self.to_string();
        let mut source = self.source();
        while let Some(error) = source {
            line = format!("{line}: {error}");
            source = error.source();
        }
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Serves until Ctrl-C or SIGTERM, then until everything accepted is accounted for or a second one comes.
///
/// # Errors
/// When it cannot start.
pub async fn run(args: Args, env: Environment) -> Result<(), RunError> {
    let data_dir = args.data_dir.as_deref().map(DataDir::take).transpose()?;
    let template = Template::parse(TEMPLATE)?;
    let (listener, address) = listen(&args).await?;
    let aws = Aws::start(&template, data_dir.as_ref().map(DataDir::path))?;
    let (app, key) = start(&args, env, &template, &aws, address).await?;
    if data_dir.is_none() {
        // A killed process loses everything here. With a folder no answered call may be lost: then accounting precedes
        // the end of a reply.
        app.account_after_reply();
    }

    let (stop, stopping) = watch::channel(false);
    let background = background(&app, &template, &aws, &stopping);
    let site = Arc::new(Site::new(app.clone(), &template));
    let mut signals = Signals::new().map_err(RunError::Signals)?;
    let (quit, mut quitting) = watch::channel(false);
    welcome::print(&app, address, key, data_dir.as_ref().map(DataDir::path));

    let serving = async {
        // The sender lives as long as this function.
        server::serve(listener, site, async { drop(quitting.wait_for(|it| *it).await) }).await;
        if tokio::time::timeout(DRAIN, app.tail().drained()).await.is_err() {
            tracing::warn!("some calls are not accounted yet; with --data-dir the next start does it");
        }
        stop.send_replace(true);
        if tokio::time::timeout(DRAIN, background.join_all()).await.is_err() {
            tracing::warn!("the queue is not empty yet; with --data-dir the next start goes on");
        }
    };
    let interrupted = async {
        signals.next().await;
        tracing::info!("stopping once everything accepted is done; again to stop at once");
        quit.send_replace(true);
        signals.next().await;
        tracing::warn!("stopped at once");
    };
    tokio::select! {
        () = serving => {}
        () = interrupted => {}
    }
    Ok(())
}

async fn listen(args: &Args) -> Result<(TcpListener, SocketAddr), RunError> {
    let failed = |reason: std::io::Error| match reason.kind() {
        ErrorKind::AddrInUse => RunError::PortTaken(args.host.clone(), args.port),
        _ => RunError::Listen { host: args.host.clone(), port: args.port, reason },
    };
    let listener = TcpListener::bind((args.host.as_str(), args.port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

async fn start(
    args: &Args,
    env: Environment,
    template: &Template,
    aws: &Aws,
    address: SocketAddr,
) -> Result<(App, KeySource), RunError> {
    let loopback = address.ip().is_loopback();
    let given = env.get("LITELLM_MASTER_KEY").is_some();
    let mut env = env
        .with("AWS_ACCESS_KEY_ID", "local")
        .with("AWS_SECRET_ACCESS_KEY", "local")
        .with("AWS_REGION", "us-east-1")
        .with("GATEWAY_AWS_ENDPOINT", &aws.endpoint);
    for (variable, resource) in &template.environment {
        let queue = aws.queues.find(resource).is_some();
        env = env.with(variable, if queue { aws.queues.url(resource) } else { resource.clone() });
    }
    if !given && loopback {
        env = env.with("LITELLM_MASTER_KEY", DEFAULT_MASTER_KEY);
    }
    let config = match (&args.config, env.get("CONFIG_FILE_PATH")) {
        (Some(path), _) => {
            env = env.with("CONFIG_FILE_PATH", path.to_string_lossy());
            None
        }
        (None, Some(_)) => None,
        (None, None) => Some(DEFAULT_CONFIG.to_owned()),
    };
    let app = App::start(Start { env, config, allow_weak_master_key: loopback, with_secrets: false }).await?;
    let configured = app.config.general_settings.master_key.as_ref().map(|it| it.expose() == DEFAULT_MASTER_KEY);
    let key = match (configured, given) {
        (Some(true), _) | (None, false) => KeySource::Default,
        (_, true) => KeySource::Environment,
        (Some(false), false) => KeySource::Config,
    };
    Ok((app, key))
}

/// Starts the pollers and schedules of the template.
fn background(app: &App, template: &Template, aws: &Aws, stopping: &watch::Receiver<bool>) -> JoinSet<()> {
    let mut background = JoinSet::new();
    for function in &template.functions {
        match find(&function.name) {
            Some(Handler::Queue(handle)) => {
                for source in &function.sources {
                    let Some(queue) = aws.queues.find(&source.queue) else { continue };
                    let poller = Poller {
                        app: app.clone(),
                        queues: Arc::clone(&aws.queues),
                        queue: queue.clone(),
                        source: source.clone(),
                        handle,
                        timeout: function.timeout,
                    };
                    background.spawn(poller.run(stopping.clone()));
                }
            }
            Some(Handler::Schedule(handle)) => {
                for every in &function.schedules {
                    let (app, name) = (app.clone(), function.name.clone());
                    background.spawn(schedules::run(app, name, handle, *every, stopping.clone()));
                }
            }
            Some(Handler::Http(_)) | None => {}
        }
    }
    background
}

/// Ctrl-C and SIGTERM, caught from when this is made.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests;

//! Runs a handler under the Lambda runtime; what is specific to Lambda stands here and nowhere else.

mod extension;
mod http;
mod streaming;

use std::future::Future;
use std::process::ExitCode;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::de::IgnoredAny;

use crate::{
    ApiError, App, BatchOutcome, Environment, JobError, Reply, Request, SqsBatch, SqsMessage, Start, StartError, Tick,
};

/// An `async fn(&App, In) -> Out`, named so that its future can be required to be `Send`.
pub trait Handler<'a, In, Out>: Copy + Send + Sync + 'static {
    /// What the function returns.
    type Running: Future<Output = Out> + Send + 'a;

    /// Calls the function.
    fn call(self, app: &'a App, input: In) -> Self::Running;
}

impl<'a, F, Running, In, Out> Handler<'a, In, Out> for F
where
    F: Fn(&'a App, In) -> Running + Copy + Send + Sync + 'static,
    Running: Future<Output = Out> + Send + 'a,
{
    type Running = Running;

    fn call(self, app: &'a App, input: In) -> Running {
        self(app, input)
    }
}

/// Serves an HTTP route group whose answers may stream.
pub fn run_streaming<F>(handle: F) -> ExitCode
where
    F: for<'a> Handler<'a, Request, Result<Reply, ApiError>>,
{
    start(true, async move |app: App| {
        if app.buffered { http::serve_buffered(app, handle).await } else { streaming::serve(app, handle).await }
    })
}

/// Serves an HTTP route group whose answers are buffered.
pub fn run<F>(handle: F) -> ExitCode
where
    F: for<'a> Handler<'a, Request, Result<Reply, ApiError>>,
{
    start(true, async move |app| http::serve_buffered(app, handle).await)
}

/// Consumes an SQS queue, reporting the messages that failed.
pub fn run_sqs<F>(handle: F) -> ExitCode
where
    F: for<'a> Handler<'a, SqsBatch, BatchOutcome>,
{
    start(false, async move |app: App| {
        lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| {
            let app = app.clone();
            async move {
                let outcome = handle.call(&app, event.payload.into()).await;
                Ok::<SqsBatchResponse, lambda_runtime::Error>(outcome.into())
            }
        }))
        .await
    })
}

/// Runs a scheduled job.
pub fn run_schedule<F>(handle: F) -> ExitCode
where
    F: for<'a> Handler<'a, Tick, Result<(), JobError>>,
{
    start(false, async move |app: App| {
        lambda_runtime::run(service_fn(move |_: LambdaEvent<IgnoredAny>| {
            let app = app.clone();
            async move {
                let done = handle.call(&app, Tick { now: app.clock().now() }).await;
                if let Err(error) = &done {
                    crate::log_chain("job failed", error);
                }
                done.map_err(lambda_runtime::Error::from)
            }
        }))
        .await
    })
}

impl From<SqsEvent> for SqsBatch {
    fn from(event: SqsEvent) -> Self {
        let messages = event.records.into_iter().map(|record| SqsMessage {
            // SQS always sends both; a record without them cannot be acknowledged by id and fails to parse.
            id: record.message_id.unwrap_or_default(),
            body: record.body.unwrap_or_default(),
        });
        Self { messages: messages.collect() }
    }
}

impl From<BatchOutcome> for SqsBatchResponse {
    fn from(outcome: BatchOutcome) -> Self {
        let mut response = Self::default();
        response.batch_item_failures = outcome
            .failed
            .into_iter()
            .map(|id| {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = id;
                failure
            })
            .collect();
        response
    }
}

fn start<F, Serving>(with_secrets: bool, serve: F) -> ExitCode
where
    F: FnOnce(App) -> Serving,
    Serving: Future<Output = Result<(), lambda_runtime::Error>>,
{
    let env = Environment::of_process();
    crate::logging::start(&env);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime");
            return ExitCode::FAILURE;
        }
    };
    let served = runtime.block_on(async {
        let start = Start { env, config: None, allow_weak_master_key: !with_secrets, with_secrets };
        let app = App::start(start).await.map_err(StartFailure::Start)?;
        serve(app).await.map_err(StartFailure::Serve)
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(StartFailure::Start(error)) => {
            crate::log_chain("start failed", &error);
            ExitCode::FAILURE
        }
        Err(StartFailure::Serve(error)) => {
            crate::log_chain("runtime failed", error.as_ref());
            ExitCode::FAILURE
        }
    }
}

enum StartFailure {
    Start(StartError),
    Serve(lambda_runtime::Error),
}

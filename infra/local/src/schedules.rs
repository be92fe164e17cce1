//! Fires scheduled jobs.

use std::time::Duration;

use gateway::{App, Tick};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::functions::ScheduleHandler;

/// Runs a job now and then once every period, one run at a time, until `stopping` turns true.
pub(crate) async fn run(
    app: App,
    name: String,
    handle: ScheduleHandler,
    every: Duration,
    mut stopping: watch::Receiver<bool>,
) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            // A sender that is gone means stopping as well.
            _ = stopping.wait_for(|it| *it) => return,
            _ = ticks.tick() => {}
        }
        let (running, mut run) = (app.clone(), JoinSet::new());
        // Its own task, so that a panic ends this run and not the schedule.
        run.spawn(async move { handle(&running, Tick { now: running.clock().now() }).await });
        match run.join_next().await {
            Some(Ok(Ok(()))) | None => {}
            Some(Ok(Err(error))) => tracing::error!(cause = ?error, name, "a job failed"),
            Some(Err(error)) => tracing::error!(%error, name, "a job failed"),
        }
    }
}

//! Functions over one set of tables, and calls that are spread over their processes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::Result;
use crate::client::Call;
use crate::lambda::Function;
use crate::world::{World, chat, manage};

/// A chat completion to be made.
pub(super) struct Job {
    pub(super) key: String,
    pub(super) text: &'static str,
    pub(super) more: Value,
}

/// Processes of chat completions.
pub(super) struct Pool {
    functions: Vec<Function>,
}

impl Pool {
    pub(super) async fn start(world: &World, processes: usize, env: &[(&str, &str)]) -> Result<Self> {
        let mut functions = Vec::new();
        for _ in 0..processes {
            functions.push(world.function("chat-completions", env).await?);
        }
        Ok(Self { functions })
    }

    /// Makes all calls, each process the next one as soon as it is idle; gives their statuses.
    pub(super) async fn make(&mut self, jobs: Vec<Job>) -> Result<Vec<u64>> {
        let jobs = Arc::new(Mutex::new(VecDeque::from(jobs)));
        let mut workers = JoinSet::new();
        for function in self.functions.drain(..) {
            workers.spawn(work(function, Arc::clone(&jobs)));
        }
        let mut statuses = Vec::new();
        while let Some(worker) = workers.join_next().await {
            let (function, made) = worker??;
            self.functions.push(function);
            statuses.extend(made);
        }
        Ok(statuses)
    }

    /// Takes one process out, to be treated badly.
    pub(super) fn take(&mut self) -> Result<Function> {
        self.functions.pop().ok_or_else(|| "no process is left".into())
    }
}

async fn work(mut function: Function, jobs: Arc<Mutex<VecDeque<Job>>>) -> Result<(Function, Vec<u64>)> {
    let mut statuses = Vec::new();
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    while let Some(job) = next() {
        let reply = function.invoke(&chat(&job.key, job.text, job.more)).await?.reply()?;
        statuses.push(reply.status);
    }
    function.idle().await?;
    Ok((function, statuses))
}

/// Makes what a management function makes, and gives a field of its answer.
pub(super) async fn create(world: &World, function: &str, route: &str, fields: &Value, field: &str) -> Result<String> {
    let mut function = world.function(function, &[]).await?;
    create_by(&mut function, route, fields, field).await
}

/// As [`create`], by a process that runs already.
pub(super) async fn create_by(function: &mut Function, route: &str, fields: &Value, field: &str) -> Result<String> {
    let made = manage(function, route, Call::post(route, fields)).await?;
    let value = made[field].as_str().ok_or_else(|| format!("{route} gives no {field}: {made}"))?;
    Ok(value.to_owned())
}

/// An organization with teams with keys, each with these fields more; gives the keys.
pub(super) async fn hierarchy(world: &World, organization: Value, team: Value, key: Value) -> Result<Vec<String>> {
    let with = |mut fields: Value, more: &Value| {
        for (name, value) in more.as_object().into_iter().flatten() {
            fields[name] = value.clone();
        }
        fields
    };
    let fields = with(json!({"organization_alias": "proof", "models": []}), &organization);
    let id = create(world, "organizations", "/organization/new", &fields, "organization_id").await?;
    let mut keys = Vec::new();
    for name in ["one", "two"] {
        let fields = with(json!({"team_alias": name, "organization_id": id, "models": []}), &team);
        let team = create(world, "teams", "/team/new", &fields, "team_id").await?;
        for _ in 0..2 {
            let fields = with(json!({"team_id": team}), &key);
            keys.push(create(world, "keys", "/key/generate", &fields, "key").await?);
        }
    }
    Ok(keys)
}

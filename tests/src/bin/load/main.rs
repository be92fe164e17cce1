//! What the gateway adds: the stand-in called directly, through a bare hyper proxy, through the chat function alone and
//! through the whole local server with its database and queue, in turn within one run.
//!
//! Each target is a process of its own, so that its CPU time can be read; the machine's other work falls on all of them alike.

#![expect(clippy::print_stdout, reason = "the figures are this program's output")]

mod function;
mod measure;
mod report;

use std::process::Stdio;
use std::time::Duration;

use clap::{Parser, Subcommand};
use serde_json::json;
use tests::local::{Local, MASTER_KEY};
use tests::standin::StandIn;
use tests::{Result, deaf_aws, proxy, server};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use measure::{Kind, Target};
use report::Report;

/// Measures added latency and throughput.
#[derive(Parser)]
struct Options {
    /// How often every target is measured; targets take turns within a round.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Calls a round, target and kind for the latency at one connection.
    #[arg(long, default_value_t = 300)]
    calls: u32,
    /// Connections for the throughput.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Milliseconds a round, target and kind for the throughput.
    #[arg(long, default_value_t = 1500)]
    millis: u64,
    /// Leave out the whole local server, which needs its release build.
    #[arg(long)]
    without_local: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What a child process of this program is.
#[derive(Subcommand)]
#[command(hide = true)]
enum Role {
    StandIn,
    Aws,
    Proxy { target: String },
    Function { stand_in: String, aws: String },
}

fn main() -> Result<()> {
    let options = Options::parse();
    // What is compared runs on one thread each, as a function does on Lambda.
    let mut runtime = match &options.role {
        Some(_) => tokio::runtime::Builder::new_current_thread(),
        None => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = runtime.enable_all().build()?;
    match &options.role {
        Some(role) => runtime.block_on(play(role)),
        None => runtime.block_on(run(&options)),
    }
}

/// Serves as one of the targets until the parent ends this process.
async fn play(role: &Role) -> Result<()> {
    let stand_in;
    let server;
    let url = match role {
        Role::StandIn => {
            stand_in = StandIn::start().await?;
            stand_in.url()
        }
        Role::Aws => {
            server = deaf_aws::start().await?;
            server.url()
        }
        Role::Proxy { target } => {
            server = proxy::start(server::loopback().await?, target)?;
            server.url()
        }
        Role::Function { stand_in, aws } => {
            server = function::serve(config(stand_in), aws).await?;
            server.url()
        }
    };
    println!("{url}");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

async fn run(options: &Options) -> Result<()> {
    let (stand_in, stand_in_url) = child(&["stand-in"]).await?;
    let host = stand_in_url.trim_start_matches("http://");
    let (proxy, proxy_url) = child(&["proxy", host]).await?;
    let (_aws, aws_url) = child(&["aws"]).await?;
    let (function, function_url) = child(&["function", &stand_in_url, &aws_url]).await?;
    let mut targets = vec![
        Target::plain("direct", &stand_in_url, stand_in.id()),
        Target::plain("bare proxy", &proxy_url, proxy.id()),
        Target::gateway("function", &function_url, MASTER_KEY, function.id()),
    ];
    let gateway = if options.without_local { None } else { Some(gateway(&stand_in_url).await?) };
    if let Some((local, key)) = &gateway {
        targets.push(Target::gateway("local server", local.url(), key, Some(local.pid()?)));
    }

    let mut report = Report::new(&targets);
    for round in 0..options.rounds {
        for kind in Kind::ALL {
            for turn in 0..targets.len() {
                let at = (turn + round as usize) % targets.len();
                let Some(target) = targets.get(at) else { continue };
                report.add_latency(at, kind, target.latency(kind, options.calls).await?);
                let time = Duration::from_millis(options.millis);
                let throughput = target.throughput(kind, options.connections, time).await?;
                report.add_throughput(at, kind, throughput);
            }
        }
    }
    println!("{report}");
    let memory = tests::lambda::memory(function.id().ok_or("the function has ended")?)?;
    println!("memory of the function alone: {} MiB at most", memory.peak / 1024);
    if let Some((local, _)) = &gateway {
        let memory = tests::lambda::memory(local.pid()?)?;
        println!(
            "memory of the local server, all functions and the database in one process: {} MiB at most",
            memory.peak / 1024
        );
    }
    Ok(())
}

async fn gateway(stand_in: &str) -> Result<(Local, String)> {
    let local = Local::start(&config(stand_in), None).await?;
    let key = local.new_key(&json!({})).await?;
    Ok((local, key))
}

/// One model for each kind of call.
fn config(stand_in: &str) -> String {
    let model = |kind: Kind| {
        json!({
            "model_name": kind.model(),
            "litellm_params": {
                "model": "openai/gpt-4o",
                "api_base": format!("{stand_in}/{}/v1", kind.script()),
                "api_key": "sk-provider",
            },
        })
    };
    json!({"model_list": Kind::ALL.map(model)}).to_string()
}

/// Starts this program in another role and reads the address it prints.
async fn child(arguments: &[&str]) -> Result<(Child, String)> {
    let mut child =
        Command::new(std::env::current_exe()?).args(arguments).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let output = child.stdout.take().ok_or("no output of a child")?;
    let url = BufReader::new(output).lines().next_line().await?.ok_or("a child did not start")?;
    Ok((child, url))
}

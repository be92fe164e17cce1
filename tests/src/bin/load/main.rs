//! What the gateway adds: the stand-in called directly, through a bare hyper proxy and through the gateway, in turn within one run.
//!
//! Each target is a process of its own, so that its CPU time can be read; the machine's other work falls on all of them alike.

#![expect(clippy::print_stdout, reason = "the figures are this program's output")]

mod measure;
mod report;

use std::process::Stdio;
use std::time::Duration;

use clap::{Parser, Subcommand};
use serde_json::json;
use tests::local::Local;
use tests::standin::StandIn;
use tests::{Result, proxy, server};
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
    /// Measure the stand-in and the proxy only.
    #[arg(long)]
    without_gateway: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What a child process of this program is.
#[derive(Subcommand)]
#[command(hide = true)]
enum Role {
    StandIn,
    Proxy { target: String },
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    match &options.role {
        Some(Role::StandIn) => {
            let stand_in = StandIn::start().await?;
            println!("{}", stand_in.url());
            tokio::signal::ctrl_c().await?;
            Ok(())
        }
        Some(Role::Proxy { target }) => {
            let proxy = proxy::start(server::loopback().await?, target)?;
            println!("{}", proxy.url());
            tokio::signal::ctrl_c().await?;
            Ok(())
        }
        None => run(&options).await,
    }
}

async fn run(options: &Options) -> Result<()> {
    let (stand_in, stand_in_url) = child(&["stand-in"]).await?;
    let host = stand_in_url.trim_start_matches("http://");
    let (proxy, proxy_url) = child(&["proxy", host]).await?;
    let mut targets = vec![
        Target::plain("direct", &stand_in_url, stand_in.id()),
        Target::plain("bare proxy", &proxy_url, proxy.id()),
    ];
    let gateway = if options.without_gateway { None } else { Some(gateway(&stand_in_url).await?) };
    if let Some((local, key)) = &gateway {
        targets.push(Target::gateway(local.url(), key, local.pid()?));
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
    let config = json!({"model_list": Kind::ALL.map(model)}).to_string();
    let local = Local::start(&config, None).await?;
    let key = local.new_key(&json!({})).await?;
    Ok((local, key))
}

/// Starts this program in another role and reads the address it prints.
async fn child(arguments: &[&str]) -> Result<(Child, String)> {
    let mut child =
        Command::new(std::env::current_exe()?).args(arguments).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let output = child.stdout.take().ok_or("no output of a child")?;
    let url = BufReader::new(output).lines().next_line().await?.ok_or("a child did not start")?;
    Ok((child, url))
}

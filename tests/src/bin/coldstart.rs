//! How long the release build of `chat-completions` takes from its start to its first answer, and how much memory it needs.

#![expect(clippy::print_stdout, reason = "the figures are this program's output")]

use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::{Value, json};
use tests::client::Call;
use tests::figures::{Samples, verdict};
use tests::lambda::{Function, events};
use tests::local::{self, MASTER_KEY};
use tests::program::{self, Scratch};
use tests::standin::StandIn;
use tests::{Result, deaf_aws};

/// Milliseconds from process start to the first answer, by DESIGN section 9.
const FIRST_ANSWER: f64 = 30.0;
/// MiB resident under load, by DESIGN section 9.
const MEMORY: f64 = 40.0;
const ROUTE: &str = "/v1/chat/completions";

/// Measures cold starts under a Lambda runtime API on loopback.
#[derive(Parser)]
struct Options {
    /// How many processes are started.
    #[arg(long, default_value_t = 20)]
    starts: u32,
    /// Calls of the process whose memory is measured, half of them streamed.
    #[arg(long, default_value_t = 1000)]
    calls: u32,
    /// The program; the release build by default.
    #[arg(long)]
    binary: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => program::release("chat-completions")?,
    };
    let stand_in = StandIn::start().await?;
    let aws = deaf_aws::start().await?;
    let scratch = Scratch::new()?;
    let config = scratch.write("config.yaml", &local::config(&stand_in.url()))?;
    let env = environment(&config, &aws.url());

    let mut next = Samples::default();
    let mut first = Samples::default();
    let mut streamed = Samples::default();
    let mut idle = 0;
    for number in 0..options.starts {
        let stream = number % 2 == 1;
        let mut function = start(&binary, &env).await?;
        next.add(function.ready().await?);
        let resident = function.memory()?.resident;
        idle = idle.max(resident);
        let mut running = function.begin(&chat(stream)).await?;
        running.piece().await.ok_or_else(|| format!("no answer:\n{}", function.logs()))?;
        if stream { &mut streamed } else { &mut first }.add(function.age());
        let reply = running.finish().await;
        drop(reply);
        function.kill().await?;
    }
    println!("{} starts of {} ({} KiB)", options.starts, binary.display(), std::fs::metadata(&binary)?.len() / 1024);
    line("start to asking for an event", &next, None);
    line("start to the first answer, buffered", &first, Some(FIRST_ANSWER));
    line("start to the first answer, streamed", &streamed, Some(FIRST_ANSWER));

    let Load { head, whole, peak } = load(&binary, &env, options.calls).await?;
    line("a warm call, to the first piece", &head, None);
    line("a warm call, whole", &whole, None);
    let peak = peak as f64 / 1024.0;
    println!(
        "memory: idle {:.1} MiB, at most {peak:.1} MiB in {} calls  {} (< {MEMORY})",
        idle as f64 / 1024.0,
        options.calls,
        verdict(peak, MEMORY)
    );
    Ok(())
}

fn line(what: &str, samples: &Samples, target: Option<f64>) {
    let median = samples.percentile(50);
    let judged = target.map(|it| format!("  {} (< {it} ms)", verdict(median, it))).unwrap_or_default();
    println!("{what}: median {median:.2} ms, least {:.2} ms{judged}", samples.least());
}

/// One process under many calls.
struct Load {
    head: Samples,
    whole: Samples,
    /// KiB.
    peak: u64,
}

async fn load(binary: &Path, env: &[(&str, String)], calls: u32) -> Result<Load> {
    let mut function = start(binary, env).await?;
    let mut load = Load { head: Samples::default(), whole: Samples::default(), peak: 0 };
    for number in 0..calls {
        let outcome = function.invoke(&chat(number % 2 == 1)).await?;
        let reply = outcome.reply()?;
        if reply.status != 200 {
            return Err(format!("{} {}\n{}", reply.status, reply.text(), function.logs()).into());
        }
        load.head.add(outcome.pieces.first().map_or(outcome.took, |it| it.0));
        load.whole.add(outcome.took);
    }
    load.peak = function.memory()?.peak;
    function.kill().await?;
    Ok(load)
}

async fn start(binary: &Path, env: &[(&str, String)]) -> Result<Function> {
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Function::start(binary, &env).await
}

fn environment(config: &Path, aws: &str) -> Vec<(&'static str, String)> {
    vec![
        ("CONFIG_FILE_PATH", config.display().to_string()),
        ("LITELLM_MASTER_KEY", MASTER_KEY.to_owned()),
        ("GATEWAY_AWS_ENDPOINT", aws.to_owned()),
        ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true".to_owned()),
        ("ENTITIES_TABLE", "entities".to_owned()),
        ("COUNTERS_TABLE", "counters".to_owned()),
        ("SPEND_TABLE", "spend".to_owned()),
        ("CACHE_TABLE", "cache".to_owned()),
        ("SPEND_QUEUE_URL", format!("{aws}/000000000000/spend")),
    ]
}

fn chat(stream: bool) -> Value {
    let body = json!({
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Which road leads to the sea? standin:chunks=20"}],
        "stream": stream,
    });
    events::rest(&Call::post(ROUTE, &body).key(MASTER_KEY), ROUTE)
}

//! Shows with figures that budgets and limits hold: parallel bursts over what keys, teams and an organization share,
//! oversized replies, an outage, kill -9, very many customers. Ends with 1 if anything does not hold.
//! `cargo build --release --workspace --bins` builds what it starts.

#![expect(clippy::print_stdout, reason = "the figures are this program's output")]

use std::process::ExitCode;

use clap::Parser;
use tests::Result;
use tests::proof::{Size, customers, limited, outage, oversized, parallel, restart};

/// How much to try.
#[derive(Parser)]
struct Options {
    /// Processes of the function that is called.
    #[arg(long, default_value_t = 8)]
    processes: usize,
    /// Calls of a burst.
    #[arg(long, default_value_t = 400)]
    calls: usize,
    /// Customers with a budget each.
    #[arg(long, default_value_t = 250)]
    customers: usize,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let Options { processes, calls, customers: many } = Options::parse();
    let size = Size { processes, calls, customers: many };
    let mut all_hold = true;
    for figures in [
        parallel(&size).await?,
        limited(&size).await?,
        oversized(&size).await?,
        outage(&size).await?,
        restart(&size).await?,
        customers(&size).await?,
    ] {
        println!("{figures}");
        all_hold &= figures.hold();
    }
    Ok(if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

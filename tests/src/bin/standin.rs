//! A model provider on loopback for trials by hand and for the SDK tests; see `tests::standin`.

#![expect(clippy::print_stdout, reason = "the address is this program's output")]

use std::net::SocketAddr;

use clap::Parser;
use tests::standin::StandIn;
use tokio::net::TcpListener;

/// Plays OpenAI (`/v1/chat/completions`) and Anthropic (`/v1/messages`).
#[derive(Parser)]
struct Options {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> tests::Result<()> {
    let options = Options::parse();
    let stand_in = StandIn::serve(TcpListener::bind(options.listen).await?)?;
    println!("{}", stand_in.url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}

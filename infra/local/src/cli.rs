//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Serves the gateway on this machine.
#[derive(Debug, Parser)]
#[command(name = "sluice", bin_name = "sluice", version)]
pub struct Args {
    /// A LiteLLM config.yaml; without it, CONFIG_FILE_PATH or the built-in one with a model that needs no provider.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 4000)]
    pub port: u16,
    /// The host name or address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,
    /// A folder that keeps keys, spend and the queue; without it they go away with the process.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

//! Reports spend.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run(spend::handle)
}

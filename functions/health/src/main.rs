//! Says whether the gateway works.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run(health::handle)
}

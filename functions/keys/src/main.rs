//! Manages virtual keys.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run(keys::handle)
}

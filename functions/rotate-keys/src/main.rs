//! Gives keys new secrets.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run_schedule(rotate_keys::handle)
}

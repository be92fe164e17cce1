//! Manages users.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run(users::handle)
}

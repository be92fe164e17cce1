//! Manages organizations and who belongs to them.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run(organizations::handle)
}

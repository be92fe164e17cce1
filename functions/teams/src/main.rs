//! Manages teams, who belongs to them, and their projects.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run(teams::handle)
}

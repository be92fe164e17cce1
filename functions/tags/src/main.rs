//! Manages tags.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run(tags::handle)
}

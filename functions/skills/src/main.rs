//! Answers `/v1/skills`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run_streaming(skills::handle)
}

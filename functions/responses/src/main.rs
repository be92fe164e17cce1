//! Answers the Responses API.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run_streaming(responses::handle)
}

//! Answers Anthropic's messages API.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run_streaming(messages::handle)
}

//! Answers chat completions.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run_streaming(chat_completions::handle)
}

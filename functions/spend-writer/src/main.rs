//! Writes spend events.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run_sqs(spend_writer::handle)
}

//! Answers Google's generateContent.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run_streaming(google_native::handle)
}

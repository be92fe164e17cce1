//! Manages customers.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run(customers::handle)
}

//! Lists and groups models.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run(models::handle)
}

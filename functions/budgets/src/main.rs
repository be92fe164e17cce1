//! Manages named budgets.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run(budgets::handle)
}

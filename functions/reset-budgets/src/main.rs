//! Tidies budgets.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::run_schedule(reset_budgets::handle)
}

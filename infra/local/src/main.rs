//! Serves the gateway on this machine: `cargo run`.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use gateway::Environment;
use local::cli::Args;
use local::run::run;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(refusal) => {
            // Help and version are refusals too, with success as their code.
            drop(refusal.print());
            return ExitCode::from(u8::try_from(refusal.exit_code()).unwrap_or(2));
        }
    };
    let env = Environment::of_process();
    let level = env.get("RUST_LOG").or_else(|| env.get("LITELLM_LOG")).unwrap_or_else(|| "info".to_owned());
    // The emulator warns of every condition that does not hold, which is how limits are refused.
    gateway::start_logging(&env.clone().with("RUST_LOG", format!("{level},dynoxide=error")));
    let served = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("starting threads: {error}"))
        .and_then(|runtime| runtime.block_on(run(args, env)).map_err(|error| error.line()));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            drop(writeln!(std::io::stderr(), "error: {line}"));
            ExitCode::FAILURE
        }
    }
}

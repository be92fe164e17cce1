//! Serves the gateway on this machine: `cargo run`.

fn main() {}

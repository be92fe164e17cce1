//! The release binaries as a whole: functions under a Lambda runtime API, the local server under load and faults.
//!
//! `cargo build --release --workspace --bins` builds what they start.

#[cfg(test)]
mod system {
    mod budget;
    mod chat;
    mod crash;
    mod faults;
    mod idempotency;
    mod management;
    mod proof;
    mod spend;
    mod traffic;
}

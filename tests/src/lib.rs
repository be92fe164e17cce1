//! Tools of the whole-system tests: a model provider and a Lambda runtime API on loopback, clients, and the programs that measure. Nothing here is deployed.

pub mod books;
pub mod client;
pub mod deaf_aws;
pub mod figures;
pub mod gate;
pub mod identity;
pub mod lambda;
pub mod local;
pub mod money;
pub mod program;
pub mod proof;
pub mod proxy;
pub mod server;
pub mod standin;
#[cfg(test)]
mod tidy;
pub mod world;

/// What any tool of this crate fails with; a test prints it and stops.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// Short for the crate's fallible calls.
pub type Result<T> = std::result::Result<T, Error>;

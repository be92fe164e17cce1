//! The functions of this gateway on one machine. Holds no rule of theirs: it only stands in for AWS.

pub mod aws;
mod body;
pub mod cli;
mod data_dir;
pub mod dynamodb;
pub mod functions;
mod pollers;
pub mod router;
pub mod run;
mod schedules;
mod server;
mod site;
pub mod sqs;
pub mod template;
mod welcome;

#[cfg(test)]
mod testing;

//! The functions of this gateway on one machine. Holds no rule of theirs: it only stands in for AWS.

pub mod aws;
pub mod dynamodb;
pub mod router;
pub mod sqs;
pub mod template;

#[cfg(test)]
mod testing;

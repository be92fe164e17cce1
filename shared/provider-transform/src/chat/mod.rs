//! The hub of chat: requests, answers and chunks in OpenAI's shape, losslessly.

pub mod chunk;
pub mod part;
pub mod request;
pub mod response;

//! Turns one provider wire format into another: values in, values out; does no IO, reads no clock and knows no secret.

#![warn(missing_docs)]

pub mod anthropic;
pub mod azure_ai;
pub mod bedrock;
pub mod bedrock_converse;
pub mod bedrock_invoke;
pub mod catalog;
pub mod chat;
pub mod cohere;
pub mod completions;
pub mod cx;
pub mod dialect;
pub mod error;
pub mod event_stream;
pub mod finish;
pub mod format;
pub mod gemini;
pub mod google_native;
pub mod messages;
pub mod mock;
pub mod ndjson;
mod nvidia;
pub mod ollama;
pub mod openai;
pub mod openai_responses;
pub mod operation;
mod plan;
pub mod provider;
pub mod recognise;
pub mod responses;
pub mod rules;
pub mod sse;
#[cfg(test)]
mod tests;
pub mod usage;
pub mod vertex;

/// A JSON object that keeps the order of its keys.
pub type Object = serde_json::Map<String, serde_json::Value>;

pub use catalog::{find, resolve};
pub use chat::chunk::ChatChunk;
pub use chat::request::{ChatRequest, Message};
pub use chat::response::ChatResponse;
pub use cx::{Cx, File, Files, ModelInfo, Settings, Supports};
pub use dialect::{Auth, ChatDialect, ChatStream, ProviderRequest};
pub use error::{ErrorClass, ProviderError, TransformError};
pub use format::{Counting, Fault, Format, Frames, Losses, Plan, View, Whole};
pub use plan::plan;
pub use provider::{Provider, Quirks};
pub use usage::Usage;

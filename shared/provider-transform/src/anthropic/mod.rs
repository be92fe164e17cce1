//! Anthropic's messages protocol.

/// The protocol.
pub struct AnthropicChat;

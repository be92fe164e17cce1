//! OpenAI's chat completions and everything compatible with it.

/// The protocol.
pub struct OpenAiChat;

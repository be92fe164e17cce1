//! What a request asks for, read the same way from both wire formats.

use serde_json::Value;

/// Tokens that every picture counts for.
const IMAGE_TOKENS: u64 = 85;

/// The prompt's size and wishes.
#[derive(Debug, Default)]
pub struct Prompt {
    /// One token a word of system and message text, 85 a picture, at least one.
    pub tokens: u64,
    /// Whether an event stream is wanted.
    pub stream: bool,
    /// The most tokens that may be produced.
    pub max_tokens: Option<u64>,
    /// A script in the last user message, after `standin:`.
    pub(super) script: Option<String>,
    /// Whether the conversation ends with a tool's result.
    pub(super) has_tool_result: bool,
}

impl Prompt {
    /// Reads a chat completion or messages request.
    pub fn read(body: &Value) -> Self {
        let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
        let mut prompt = Self {
            stream: body["stream"] == true,
            max_tokens: ["max_completion_tokens", "max_tokens"].iter().find_map(|name| body[*name].as_u64()),
            ..Self::default()
        };
        prompt.count(&body["system"]);
        for message in messages {
            prompt.count(&message["content"]);
        }
        prompt.tokens = prompt.tokens.max(1);
        if let Some(last) = messages.last() {
            prompt.script = script(&last["content"]);
            prompt.has_tool_result =
                last["role"] == "tool" || parts(&last["content"]).any(|it| it["type"] == "tool_result");
        }
        prompt
    }

    fn count(&mut self, content: &Value) {
        self.tokens += words(content);
        for part in parts(content) {
            self.tokens += match part["type"].as_str() {
                Some("image" | "image_url") => IMAGE_TOKENS,
                Some("tool_result") => words(&part["content"]),
                _ => words(&part["text"]),
            };
        }
    }
}

fn parts(content: &Value) -> impl Iterator<Item = &Value> {
    content.as_array().into_iter().flatten()
}

fn words(text: &Value) -> u64 {
    let count = text.as_str().map_or(0, |it| it.split_whitespace().count());
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn script(content: &Value) -> Option<String> {
    let last = parts(content).filter_map(|it| it["text"].as_str()).last();
    let text = content.as_str().or(last)?;
    let (_, script) = text.split_once("standin:")?;
    script.split_whitespace().next().map(str::to_owned)
}

//! A whole chat answer in OpenAI's shape; what we do not act on is in `rest`.

use serde::{Deserialize, Serialize};

use crate::Object;

/// A chat answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChatResponse {
    /// The provider's id, else ours.
    pub id: String,
    /// Seconds since the epoch.
    pub created: u64,
    /// The model that answered.
    pub model: String,
    /// `chat.completion`.
    pub object: String,
    /// The answers.
    pub choices: Vec<Choice>,
    /// Usage as the client sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Object>,
    /// Every other field as the provider sent it.
    #[serde(flatten)]
    pub rest: Object,
}

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Choice {
    /// Which of the answers.
    pub index: u64,
    /// What was said.
    pub message: Answer,
    /// Why it ended, in OpenAI's words.
    pub finish_reason: Option<String>,
    /// Every other field as the provider sent it.
    #[serde(flatten)]
    pub rest: Object,
}

/// What was said in an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    /// `assistant`.
    pub role: String,
    /// Visible text; written as null when there is none.
    pub content: Option<String>,
    /// Reasoning text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// Calls the model wants made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Every other field: `refusal`, `audio`, `thinking_blocks`, `annotations`, ...
    #[serde(flatten)]
    pub rest: Object,
}

/// A call the model wants made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Its id.
    pub id: String,
    /// `function`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which function, with what.
    pub function: FunctionCall,
    /// Every other field as the provider sent it.
    #[serde(flatten)]
    pub rest: Object,
}

/// Which function to call, with what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionCall {
    /// The function's name.
    pub name: String,
    /// JSON in a string.
    pub arguments: String,
    /// Every other field as the provider sent it.
    #[serde(flatten)]
    pub rest: Object,
}

impl ChatResponse {
    /// Characters the model wrote, reasoning and arguments included; for estimates.
    #[must_use]
    pub fn text_len(&self) -> usize {
        self.choices.iter().map(|it| it.message.text_len()).sum()
    }
}

impl Answer {
    fn text_len(&self) -> usize {
        let said = [&self.content, &self.reasoning_content].into_iter().flatten();
        let called = self.tool_calls.iter().flat_map(|it| [&it.function.name, &it.function.arguments]);
        said.chain(called).map(|it| it.chars().count()).sum::<usize>()
            + self.rest.get("refusal").and_then(|it| it.as_str()).map_or(0, |it| it.chars().count())
    }
}

//! Conversations as one prompt, by the templates that the makers publish with their models.

use crate::chat::part::{Content, PartKind};
use crate::chat::request::Role;
use crate::{Message, TransformError};

/// What stands around the turns.
pub(super) struct Template {
    begin: &'static str,
    /// Before and after the operator's words.
    system: [&'static str; 2],
    /// Whether they are a part of the user's first turn.
    system_in_user: bool,
    user: [&'static str; 2],
    assistant: [&'static str; 2],
    /// What makes the model answer.
    end: &'static str,
    /// Control tokens that no text of a caller may forge.
    reserved: &'static [&'static str],
}

/// "Llama 2", "Prompt template".
pub(super) static LLAMA_2: Template = Template {
    begin: "",
    system: ["<<SYS>>\n", "\n<</SYS>>\n\n"],
    system_in_user: true,
    user: ["<s>[INST] ", " [/INST]"],
    assistant: [" ", " </s>"],
    end: "",
    reserved: &["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<s>", "</s>"],
};

/// "Llama 3", "Prompt template".
pub(super) static LLAMA_3: Template = Template {
    begin: "<|begin_of_text|>",
    system: ["<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"],
    system_in_user: false,
    user: ["<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"],
    assistant: ["<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"],
    end: "<|start_header_id|>assistant<|end_header_id|>\n\n",
    reserved: &["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|eom_id|>"],
};

/// "Llama 4", "Prompt template".
pub(super) static LLAMA_4: Template = Template {
    begin: "<|begin_of_text|>",
    system: ["<|header_start|>system<|header_end|>\n\n", "<|eot|>"],
    system_in_user: false,
    user: ["<|header_start|>user<|header_end|>\n\n", "<|eot|>"],
    assistant: ["<|header_start|>assistant<|header_end|>\n\n", "<|eot|>"],
    end: "<|header_start|>assistant<|header_end|>\n\n",
    reserved: &["<|begin_of_text|>", "<|header_start|>", "<|header_end|>", "<|eot|>", "<|eom|>"],
};

/// "Mistral AI text completion", "Invocation format".
pub(super) static MISTRAL: Template = Template {
    begin: "<s>",
    system: ["", "\n\n"],
    system_in_user: true,
    user: ["[INST] ", " [/INST]"],
    assistant: [" ", "</s>"],
    end: "",
    reserved: &["[INST]", "[/INST]", "<s>", "</s>"],
};

/// "DeepSeek models", "Invocation format".
pub(super) static DEEPSEEK: Template = Template {
    begin: "<｜begin▁of▁sentence｜>",
    system: ["", ""],
    system_in_user: false,
    user: ["<｜User｜>", ""],
    assistant: ["<｜Assistant｜>", "<｜end▁of▁sentence｜>"],
    end: "<｜Assistant｜><think>\n",
    reserved: &["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"],
};

/// Qwen's "ChatML".
pub(super) static CHAT_ML: Template = Template {
    begin: "",
    system: ["<|im_start|>system\n", "<|im_end|>\n"],
    system_in_user: false,
    user: ["<|im_start|>user\n", "<|im_end|>\n"],
    assistant: ["<|im_start|>assistant\n", "<|im_end|>\n"],
    end: "<|im_start|>assistant\n",
    reserved: &["<|im_start|>", "<|im_end|>"],
};

/// "Amazon Titan Text models", "Invocation format".
pub(super) static TITAN: Template = Template {
    begin: "",
    system: ["", "\n\n"],
    system_in_user: false,
    user: ["User: ", "\n"],
    assistant: ["Bot: ", "\n"],
    end: "Bot:",
    reserved: &[],
};

/// Nothing but the texts, for models without roles.
pub(super) static PLAIN: Template = Template {
    begin: "",
    system: ["", "\n\n"],
    system_in_user: false,
    user: ["", "\n\n"],
    assistant: ["", "\n\n"],
    end: "",
    reserved: &[],
};

impl Template {
    /// The prompt. Errors on what these models cannot read: anything but text, and calls of tools.
    pub(super) fn render(&self, messages: &[Message]) -> Result<String, TransformError> {
        let mut prompt = self.begin.to_owned();
        // Words of the operator that wait for the user's turn.
        let mut held = String::new();
        for (index, message) in messages.iter().enumerate() {
            let at = format!("messages[{index}]");
            let text = self.text(message, &at)?;
            let is_last = index + 1 == messages.len();
            match message.role() {
                Role::System | Role::Developer if self.system_in_user => wrap(self.system, &text, &mut held),
                Role::System | Role::Developer => wrap(self.system, &text, &mut prompt),
                Role::User => {
                    held.push_str(&text);
                    wrap(self.user, &std::mem::take(&mut held), &mut prompt);
                }
                // The model goes on where the answer breaks off.
                Role::Assistant if is_last => {
                    let [before, _] = self.assistant;
                    prompt.push_str(before);
                    prompt.push_str(text.trim_end());
                    return Ok(prompt);
                }
                Role::Assistant => wrap(self.assistant, &text, &mut prompt),
                Role::Tool | Role::Function | Role::Unknown => {
                    let message = format!("this model knows no role `{}`", message.role_name());
                    return Err(invalid(format!("{at}.role"), message));
                }
            }
        }
        if !held.is_empty() {
            wrap(self.user, held.trim_end(), &mut prompt);
        }
        if prompt == self.begin {
            return Err(invalid("messages".to_owned(), "must hold some text".to_owned()));
        }
        prompt.push_str(self.end);
        Ok(prompt)
    }

    fn text(&self, message: &Message, at: &str) -> Result<String, TransformError> {
        if message.tool_calls().next().is_some() || message.function_call().is_some() {
            return Err(invalid(format!("{at}.tool_calls"), "this model calls no tools".to_owned()));
        }
        let is_text = match message.content() {
            Content::Unknown(_) => false,
            content => content.parts().all(|it| matches!(it.kind, PartKind::Text(_))),
        };
        if !is_text {
            return Err(invalid(format!("{at}.content"), "this model reads nothing but text".to_owned()));
        }
        let text = message.content().text("\n");
        match self.reserved.iter().find(|it| text.contains(**it)) {
            Some(token) => Err(invalid(format!("{at}.content"), format!("`{token}` is the model's own control token"))),
            None => Ok(text),
        }
    }
}

fn wrap([before, after]: [&str; 2], text: &str, prompt: &mut String) {
    prompt.push_str(before);
    prompt.push_str(text);
    prompt.push_str(after);
}

fn invalid(param: String, message: String) -> TransformError {
    TransformError::Invalid { param, message }
}

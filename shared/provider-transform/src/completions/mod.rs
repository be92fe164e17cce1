//! OpenAI's older text completions ("Create completion") as an incoming format: handed on where a provider has them,
//! else asked of its chat as what one user says.

mod native;
mod render;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::chat::request::number;
use crate::format::{Format, Losses, Plan, Renderer, View};
use crate::{ChatRequest, Cx, Message, Object, TransformError};
use render::CompletionsRenderer;

/// What only text completions can do.
static TEXT_ONLY: &[&str] = &["best_of", "echo", "suffix"];

/// A text completion as it was asked for.
#[derive(Clone, Debug)]
pub struct CompletionsFormat {
    /// The hub's form.
    chat: ChatRequest,
    prompt: Value,
    /// Parameters in their own words where chat has others or none.
    own: Object,
    losses: Losses,
}

impl CompletionsFormat {
    /// Reads a request body.
    ///
    /// # Errors
    /// [`TransformError`] when it is no JSON object, or `model` or `prompt` are missing or of a wrong type.
    pub fn parse(body: &[u8]) -> Result<Self, TransformError> {
        let body: Object =
            serde_json::from_slice(body).map_err(|it| TransformError::MalformedJson { message: it.to_string() })?;
        Self::from_object(body)
    }

    /// Reads a request that is JSON already.
    ///
    /// # Errors
    /// As [`CompletionsFormat::parse`].
    pub fn from_object(mut params: Object) -> Result<Self, TransformError> {
        let model = match params.shift_remove("model") {
            Some(Value::String(model)) if !model.is_empty() => model,
            Some(Value::String(_) | Value::Null) | None => return Err(invalid("model", "missing")),
            Some(_) => return Err(invalid("model", "must be a string")),
        };
        let prompt = match params.shift_remove("prompt") {
            Some(prompt @ (Value::String(_) | Value::Array(_))) => prompt,
            Some(Value::Null) | None => return Err(invalid("prompt", "missing")),
            Some(_) => return Err(invalid("prompt", "must be a string or a list")),
        };
        let own: Object = params
            .iter()
            .filter(|(name, value)| TEXT_ONLY.contains(&name.as_str()) || (*name == "logprobs" && value.is_u64()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        params.retain(|name, _| !own.contains_key(name));
        if let Some(most) = own.get("logprobs").and_then(Value::as_u64) {
            params.insert("logprobs".into(), true.into());
            if most > 0 {
                params.insert("top_logprobs".into(), most.into());
            }
        }
        let refused = TEXT_ONLY.iter().filter(|it| own.get(**it).is_some_and(|it| !says_nothing(it)));
        let losses = Losses { refused: refused.map(|it| (*it).to_owned()).collect(), ..Losses::default() };
        let messages = vec![Message::text("user", text(&prompt).map_or_else(|| several(&prompt), str::to_owned))];
        Ok(Self { chat: ChatRequest { model, messages, params }, prompt, own, losses })
    }
}

/// The only text of a prompt; tokens and several prompts are nothing that chat could be asked.
fn text(prompt: &Value) -> Option<&str> {
    match prompt {
        Value::Array(prompts) => match prompts.as_slice() {
            [only] => only.as_str(),
            _ => None,
        },
        prompt => prompt.as_str(),
    }
}

/// Several prompts, or prompts in tokens, in a text that is as long: only estimates read it.
fn several(prompt: &Value) -> String {
    match prompt {
        Value::Array(items) => items.iter().map(several).collect(),
        Value::String(text) => text.clone(),
        _ => "four".to_owned(),
    }
}

/// A value that asks for what happens without it.
fn says_nothing(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(false)) || value.as_u64() == Some(1) || value.as_str() == Some("")
}

fn invalid(param: &str, message: &str) -> TransformError {
    TransformError::Invalid { param: param.into(), message: message.into() }
}

impl Format for CompletionsFormat {
    fn chat(&self) -> &ChatRequest {
        &self.chat
    }

    /// Each prompt is answered, and `best_of` answers are written of which `n` are shown.
    fn choices(&self) -> u64 {
        let prompts = match &self.prompt {
            Value::Array(prompts) if !prompts.iter().all(Value::is_number) => prompts.len() as u64,
            _ => 1,
        };
        let best_of = self.own.get("best_of").and_then(number).unwrap_or(1);
        self.chat.n().max(best_of).saturating_mul(prompts.max(1))
    }

    fn losses(&self) -> Option<&Losses> {
        Some(&self.losses)
    }

    fn set(&mut self, params: &Object) {
        self.chat.params.extend(params.clone());
    }

    fn duplicate(&self) -> Box<dyn Format> {
        Box::new(self.clone())
    }

    fn native(&self, cx: &Cx<'_>, view: &View<'_>) -> Option<Result<Plan, TransformError>> {
        if native::speaks(cx) {
            return Some(native::plan(self, cx, view));
        }
        let refusal = invalid("prompt", "this model is asked one text at a time");
        text(&self.prompt).is_none().then_some(Err(refusal))
    }

    fn renderer(&self, view: &View<'_>) -> Box<dyn Renderer> {
        Box::new(CompletionsRenderer::new(view))
    }
}

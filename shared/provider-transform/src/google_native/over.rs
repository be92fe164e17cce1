//! The way over the hub: Google's thinking as each provider's model understands it.

use serde_json::{Value, json};

use crate::format::{Format, Losses, Plan, Renderer, View};
use crate::plan::through_hub;
use crate::{ChatRequest, Cx, Object, TransformError};

use super::render::GoogleRenderer;
use super::request::{Hub, Thinking};

/// Plans a call over the hub.
pub(super) fn plan(hub: &Hub, cx: &Cx<'_>, view: &View<'_>) -> Result<Plan, TransformError> {
    let mut adapted = Adapted(hub.clone());
    if let Some(thinking) = &hub.thinking {
        adapted.think(thinking, cx);
    }
    through_hub(&adapted, cx, view)
}

/// The hub's form as one provider is to see it.
#[derive(Clone)]
struct Adapted(Hub);

impl Format for Adapted {
    fn chat(&self) -> &ChatRequest {
        &self.0.chat
    }

    fn losses(&self) -> Option<&Losses> {
        Some(&self.0.losses)
    }

    fn set(&mut self, params: &Object) {
        self.0.chat.params.extend(params.clone());
    }

    fn duplicate(&self) -> Box<dyn Format> {
        Box::new(self.clone())
    }

    fn renderer(&self, view: &View<'_>) -> Box<dyn Renderer> {
        Box::new(GoogleRenderer::new(view))
    }
}

impl Adapted {
    /// A budget is Claude's word too; others know efforts. What does not think needs no word to be kept from it.
    fn think(&mut self, thinking: &Thinking, cx: &Cx<'_>) {
        if self.0.chat.params.contains_key("reasoning_effort") || self.0.chat.params.contains_key("thinking") {
            return;
        }
        let supports = &cx.info.supports;
        let (name, value) = match *thinking {
            Thinking::Off if supports.reasoning != Some(true) || is_claude(cx.model) => return,
            Thinking::Off if supports.none_reasoning_effort == Some(true) => ("reasoning_effort", json!("none")),
            Thinking::Off if supports.minimal_reasoning_effort == Some(true) => ("reasoning_effort", json!("minimal")),
            Thinking::Off => ("reasoning_effort", json!("low")),
            Thinking::Budget(tokens) if is_claude(cx.model) => {
                ("thinking", json!({"type": "enabled", "budget_tokens": tokens}))
            }
            Thinking::Budget(tokens) => ("reasoning_effort", Value::from(effort(tokens))),
            Thinking::Dynamic => ("reasoning_effort", json!("medium")),
            Thinking::Level(level) => ("reasoning_effort", Value::from(level)),
        };
        self.0.chat.params.insert(name.to_owned(), value);
    }
}

/// LiteLLM's levels for budgets.
fn effort(budget: u64) -> &'static str {
    match budget {
        4096.. => "high",
        2048.. => "medium",
        1024.. => "low",
        _ => "minimal",
    }
}

fn is_claude(model: &str) -> bool {
    model.contains("claude") || model.contains("anthropic")
}

//! The way over the hub: what a provider's model understands of Anthropic's own parameters, and what is left out.

use serde_json::Value;

use crate::anthropic::is_claude;
use crate::format::hub;
use crate::format::{Format, Losses, Plan, Renderer, View};
use crate::provider::{Address, CacheMarks};
use crate::rules::{is_true, names};
use crate::{ChatRequest, Cx, Object, TransformError, openai_responses};

use super::marks;
use super::names::Names;
use super::render::MessagesRenderer;
use super::request::{Hub, as_function};

/// Parameters that tune how Anthropic serves a call; elsewhere they have no meaning.
const TUNING: [&str; 4] = ["cache_control", "context_management", "inference_geo", "speed"];
/// Parameters that give the model something to work with, which it would miss anywhere but at Anthropic.
const WORK: [&str; 2] = ["container", "mcp_servers"];

/// Plans a call over the hub.
pub(super) fn plan(hub: &Hub, cx: &Cx<'_>, view: &View<'_>) -> Result<Plan, TransformError> {
    let missing = TransformError::NoOperation { provider: cx.provider.slug, operation: "chat" };
    let is_responses = goes_over_responses(cx);
    let dialect =
        if is_responses { openai_responses::for_messages(hub.has_system) } else { cx.provider.chat.ok_or(missing)? };
    let mut adapted = Adapted { chat: hub.chat.clone(), names: Names::default(), losses: hub.losses.clone() };
    adapted.chat.params.shift_remove("anthropic_version");
    for name in WORK {
        adapted.losses.refused.extend(adapted.chat.params.shift_remove(name).map(|_| name.to_owned()));
    }
    if is_claude(cx.model) {
        adapted.for_claude(cx);
    } else {
        adapted.for_others(cx);
    }
    if is_openai(cx) || cx.provider.quirks.address == Address::AzureDeployment {
        // OpenAI's own models refuse what OpenAI does not know.
        adapted.drop("top_k");
    }
    if is_responses {
        adapted.for_responses();
    }
    adapted.names = Names::shorten(&mut adapted.chat);
    hub::plan(dialect, &adapted, cx, view)
}

/// Whether the provider serves callers of the messages API over OpenAI's Responses API.
fn goes_over_responses(cx: &Cx<'_>) -> bool {
    let wants_chat = cx.settings.chat_completions_for_messages || is_true(cx.params.get("use_chat_completions_api"));
    !wants_chat && is_openai(cx)
}

fn is_openai(cx: &Cx<'_>) -> bool {
    cx.provider.quirks.responses.is_some_and(|it| it.messages)
}

/// The hub's form as one provider is to see it.
#[derive(Clone)]
struct Adapted {
    chat: ChatRequest,
    names: Names,
    losses: Losses,
}

impl Format for Adapted {
    fn chat(&self) -> &ChatRequest {
        &self.chat
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

    fn renderer(&self, view: &View<'_>) -> Box<dyn Renderer> {
        Box::new(MessagesRenderer::new(view, self.names.clone()))
    }
}

impl Adapted {
    /// A Claude that knows budgets alone takes no effort ("Effort"), which clients send with adaptive thinking.
    fn for_claude(&mut self, cx: &Cx<'_>) {
        let supports = &cx.info.supports;
        let is_older = supports.reasoning == Some(true) && supports.adaptive_thinking != Some(true);
        let thinks_adaptively = self.chat.params.get("thinking").is_some_and(|it| it["type"] == "adaptive");
        if is_older && supports.output_config != Some(true) && thinks_adaptively {
            self.drop("output_config");
        }
    }

    /// Models other than Claude.
    fn for_others(&mut self, cx: &Cx<'_>) {
        for name in TUNING {
            self.drop(name);
        }
        self.chat.params.shift_remove("anthropic_beta");
        if cx.provider.quirks.cache_marks != CacheMarks::OnParts && marks::strip(&mut self.chat) {
            self.losses.dropped.push("cache_control".to_owned());
        }
        self.think(cx);
        let tools = self.chat.params.get_mut("tools").and_then(Value::as_array_mut);
        for tool in tools.into_iter().flatten() {
            if let Some(fields) = tool.as_object().filter(|it| !it.contains_key("function")) {
                *tool = as_function(fields);
            }
        }
    }

    /// Thinking as an effort.
    fn think(&mut self, cx: &Cx<'_>) {
        let thinking = self.chat.params.shift_remove("thinking");
        let config = self.chat.params.shift_remove("output_config");
        if self.chat.params.contains_key("reasoning_effort") {
            return;
        }
        let asked = config.as_ref().and_then(|it| it["effort"].as_str());
        let kind = thinking.as_ref().and_then(|it| it["type"].as_str());
        let budget = thinking.as_ref().and_then(|it| it["budget_tokens"].as_u64());
        let effort = match (kind, asked) {
            (Some("disabled"), _) => None,
            (Some("enabled"), None) => Some(effort(budget.unwrap_or_default())),
            (Some(_), asked) => asked,
            // A hint alone is no reason to refuse a model that does not reason.
            (None, asked) if cx.info.supports.reasoning == Some(true) => asked,
            (None, asked) => {
                self.losses.dropped.extend(asked.map(|_| "output_config.effort".to_owned()));
                None
            }
        };
        if let Some(effort) = effort {
            self.chat.params.insert("reasoning_effort".into(), effort.into());
        }
    }

    /// The responses API knows its own parameters only ("Create a model response").
    fn for_responses(&mut self) {
        self.drop("stop");
        let is_foreign = |it: &&String| !names::is_openai(it) && !names::is_gateway_extra(it);
        let foreign: Vec<String> = self.chat.params.keys().filter(is_foreign).cloned().collect();
        foreign.iter().for_each(|it| self.drop(it));
        let strict = self.chat.params.get_mut("response_format").and_then(|it| it.pointer_mut("/json_schema/strict"));
        // Anthropic's schemas may leave properties optional, which strict ones may not ("Structured model outputs").
        if let Some(strict) = strict {
            *strict = Value::Bool(false);
        }
    }

    fn drop(&mut self, name: &str) {
        self.losses.dropped.extend(self.chat.params.shift_remove(name).map(|_| name.to_owned()));
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

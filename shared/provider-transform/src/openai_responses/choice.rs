//! Which chat completions have to go over the Responses API.

use serde_json::Value;

use super::{FOR_CHAT, OpenAiResponses};
use crate::rules::is_true;
use crate::{ChatDialect, ChatRequest, Cx};

/// How a model is named that is to be reached over this API whatever it speaks besides.
const PREFIX: &str = "responses/";

/// This protocol in place of the provider's chat, where a request needs it.
pub(crate) fn instead(cx: &Cx<'_>, req: &ChatRequest) -> Option<&'static dyn ChatDialect> {
    let api = cx.provider.quirks.responses?;
    if is_true(cx.params.get("use_chat_completions_api")) {
        return None;
    }
    let is_asked = cx.model.starts_with(PREFIX);
    let speaks_nothing_else = cx.info.mode == Some("responses");
    let searches = api.searches && req.params.get("web_search_options").is_some_and(Value::is_object);
    let chat: &'static OpenAiResponses = &FOR_CHAT;
    (is_asked || speaks_nothing_else || searches || thinks_with_tools(cx, req)).then_some(chat as _)
}

/// The model's name as the provider knows it.
pub(crate) fn model<'a>(cx: &Cx<'a>) -> &'a str {
    cx.model.strip_prefix(PREFIX).unwrap_or(cx.model)
}

/// Newer models of OpenAI's take tools and an effort together over this API only (OpenAI docs, "Using GPT-5.4").
fn thinks_with_tools(cx: &Cx<'_>, req: &ChatRequest) -> bool {
    let has_tools = req.params.get("tools").and_then(Value::as_array).is_some_and(|it| !it.is_empty());
    let effort = req.params.get("reasoning_effort").filter(|it| !it.is_null() && *it != "none");
    has_tools && effort.is_some() && version(cx.model).is_some_and(|it| it >= (5, 4))
}

/// `(5, 4)` of `gpt-5.4-mini`.
fn version(model: &str) -> Option<(u32, u32)> {
    let name = model.rsplit('/').next()?.strip_prefix("gpt-")?;
    let number = name.split('-').next()?;
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

//! A whole answer as a chat completion ("The response object"); what chat has no place for stays beside it.

use serde_json::{Value, json};

use super::{choice, item};
use crate::chat::response::{Answer, ChatResponse, Choice, FunctionCall, ToolCall};
use crate::openai::error;
use crate::{Cx, Object, ProviderError, Usage};

pub(super) fn parse(cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
    let slug = cx.provider.slug;
    let unreadable = |message: &str| ProviderError::unreadable(slug, message);
    let body: Object = serde_json::from_slice(body).map_err(|_| unreadable("the answer is no JSON object"))?;
    if body.get("error").is_some_and(|it| !it.is_null()) || item::text(&body, "status") == "failed" {
        return Err(error::inline(slug, &body));
    }
    if !body.get("output").is_some_and(Value::is_array) {
        return Err(unreadable("the answer has no list of output items"));
    }
    let (message, logprobs) = answer(&body);
    let (usage, counted) = item::counts(&body);
    let mut choice = Choice { message, ..Choice::default() };
    choice.finish_reason = Some(item::reason(&body, !choice.message.tool_calls.is_empty()).into());
    if !logprobs.is_empty() {
        choice.rest.insert("logprobs".into(), json!({"content": logprobs}));
    }
    let given = |name: &str| Some(item::text(&body, name)).filter(|it| !it.is_empty());
    let mut response = ChatResponse {
        id: given("id").unwrap_or(cx.response_id).into(),
        created: body.get("created_at").and_then(Value::as_f64).map_or(cx.now, |it| it as u64),
        model: given("model").unwrap_or(choice::model(cx)).into(),
        object: "chat.completion".into(),
        choices: vec![choice],
        usage,
        ..ChatResponse::default()
    };
    if let Some(tier) = given("service_tier") {
        response.rest.insert("service_tier".into(), tier.into());
    }
    Ok((response, counted))
}

/// The output items as one message, and the log probabilities of its text.
fn answer(body: &Object) -> (Answer, Vec<Value>) {
    let mut answer = Answer { role: "assistant".into(), ..Answer::default() };
    let mut logprobs = Vec::new();
    let mut lists = Lists::default();
    let (mut refusal, mut thoughts) = (String::new(), Vec::new());
    for item in item::objects(body, "output") {
        match item::text(item, "type") {
            "message" => {
                for part in item::objects(item, "content") {
                    match part.get("refusal").and_then(Value::as_str) {
                        Some(text) => refusal.push_str(text),
                        None => answer.content.get_or_insert_default().push_str(item::text(part, "text")),
                    }
                    let list = |name: &str| part.get(name).and_then(Value::as_array).into_iter().flatten();
                    lists.annotations.extend(list("annotations").map(item::annotation));
                    logprobs.extend(list("logprobs").cloned());
                }
            }
            "reasoning" => {
                let thought = item::thought(item);
                lists.thinking_blocks.extend(item::sealed(item, &thought));
                lists.reasoning_items.push(item::kept_reasoning(item));
                thoughts.push(thought);
            }
            "image_generation_call" => lists.images.extend(item::image(item)),
            _ if item::is_call(item) => answer.tool_calls.push(call(item)),
            _ => lists.hosted.push(Value::Object(item.clone())),
        }
    }
    thoughts.retain(|it| !it.is_empty());
    answer.reasoning_content = Some(thoughts.join("\n\n")).filter(|it| !it.is_empty());
    if !refusal.is_empty() {
        answer.rest.insert("refusal".into(), refusal.into());
    }
    lists.write(&mut answer.rest);
    (answer, logprobs)
}

/// What stands beside the text.
#[derive(Default)]
struct Lists {
    annotations: Vec<Value>,
    reasoning_items: Vec<Value>,
    thinking_blocks: Vec<Value>,
    images: Vec<Value>,
    hosted: Vec<Value>,
}

impl Lists {
    fn write(self, rest: &mut Object) {
        let lists = [
            ("annotations", self.annotations),
            ("reasoning_items", self.reasoning_items),
            ("thinking_blocks", self.thinking_blocks),
            ("images", self.images),
        ];
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            rest.insert(name.into(), list.into());
        }
        if !self.hosted.is_empty() {
            rest.insert("provider_specific_fields".into(), json!({"output": self.hosted}));
        }
    }
}

/// A call; its answer refers to `call_id`, not to the item's own id ("Function calling").
fn call(item: &Object) -> ToolCall {
    ToolCall {
        id: item::text(item, "call_id").into(),
        kind: "function".into(),
        function: FunctionCall {
            name: item::text(item, "name").into(),
            arguments: item::arguments(item).into(),
            ..FunctionCall::default()
        },
        ..ToolCall::default()
    }
}

//! A whole answer as a chat completion ("Converse", response).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::anthropic::request::tools::JSON_TOOL;
use crate::anthropic::spaced;
use crate::anthropic::usage::Thought;
use crate::chat::response::{Answer, Choice, FunctionCall, ToolCall};
use crate::finish::finish_reason;
use crate::openai::response::split_think;
use crate::{ChatResponse, Cx, Object, ProviderError, Usage};

use super::usage::{ModelFields, ServiceTier, TokenUsage};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    output: Output,
    stop_reason: Option<String>,
    usage: Option<TokenUsage>,
    additional_model_response_fields: Option<Value>,
    service_tier: Option<ServiceTier>,
    trace: Option<Value>,
}

#[derive(Deserialize)]
struct Output {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Vec<Object>,
}

/// Reads an answer. Errors when it is not one.
pub(super) fn parse(cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
    let body: Body = serde_json::from_slice(body)
        .map_err(|_| ProviderError::unreadable(cx.provider.slug, "the answer is no message"))?;
    let mut read = Reader::default();
    for block in &body.output.message.content {
        read.block(block);
    }
    let thought = read.thought();
    let fields = body.additional_model_response_fields;
    let fields: ModelFields = fields.and_then(|it| serde_json::from_value(it).ok()).unwrap_or_default();
    let counts = body.usage.map(|it| it.counts(fields.thinking_tokens(), body.service_tier.as_ref()));
    let usage = counts.as_ref().map(|it| it.usage(thought));
    let wire = counts.zip(usage.as_ref()).map(|(counts, usage)| counts.wire(usage, thought));
    let mut rest = Object::new();
    rest.extend(body.service_tier.map(|it| ("service_tier".to_owned(), it.kind.into())));
    rest.extend(body.trace.map(|it| ("trace".to_owned(), it)));
    let response = ChatResponse {
        id: cx.response_id.to_owned(),
        created: cx.now,
        model: crate::bedrock::ModelId::parse(cx.model).placed.to_owned(),
        object: "chat.completion".into(),
        choices: vec![read.choice(body.stop_reason.as_deref().unwrap_or_default())],
        usage: wire,
        rest,
    };
    Ok((response, usage.unwrap_or_default()))
}

/// Collects blocks by what becomes of them.
#[derive(Default)]
struct Reader<'a> {
    text: String,
    json: Option<String>,
    calls: Vec<ToolCall>,
    reasoning: Vec<Cow<'a, Value>>,
    citations: Vec<&'a Value>,
    annotations: Vec<Value>,
}

impl<'a> Reader<'a> {
    fn block(&mut self, block: &'a Object) {
        for (name, value) in block {
            match name.as_str() {
                "text" => self.say(value.as_str().unwrap_or_default()),
                "toolUse" if str(value, "name") == JSON_TOOL => {
                    self.json = Some(spaced::to_string(&value.get("input")));
                }
                "toolUse" => self.call(value),
                "reasoningContent" => self.reasoning.push(Cow::Borrowed(value)),
                "citationsContent" => self.cited(value),
                _ => {}
            }
        }
    }

    /// Amazon's models think in tags before they speak, where they are not asked to think ("Tool use, Amazon Nova").
    fn say(&mut self, text: &str) {
        let (said, thought) = split_think(text.to_owned());
        self.text.push_str(&said.unwrap_or_default());
        self.reasoning.extend(thought.map(|it| Cow::Owned(json!({"reasoningText": {"text": it}}))));
    }

    fn call(&mut self, call: &Value) {
        let mut rest = Object::new();
        rest.insert("index".into(), self.calls.len().into());
        self.calls.push(ToolCall {
            id: str(call, "toolUseId").to_owned(),
            kind: "function".into(),
            function: FunctionCall {
                name: str(call, "name").to_owned(),
                arguments: call.get("input").map_or_else(|| "{}".to_owned(), spaced::to_string),
                rest: Object::new(),
            },
            rest,
        });
    }

    /// A text with its sources; OpenAI's annotations point into the whole text, Bedrock's into the block's.
    fn cited(&mut self, cited: &'a Value) {
        let start = self.text.chars().count() as u64;
        for part in list(cited, "content") {
            self.text.push_str(str(part, "text"));
        }
        for citation in list(cited, "citations") {
            let found = citation.get("location").and_then(|it| it.get("searchResultLocation"));
            let at = |name: &str| Some(start.saturating_add(found?.get(name)?.as_u64()?));
            if let Some((from, to)) = at("start").zip(at("end")) {
                self.annotations.push(json!({
                    "type": "url_citation",
                    "url_citation": {
                        "start_index": from,
                        "end_index": to,
                        "title": str(citation, "title"),
                        "url": str(citation, "source"),
                    },
                }));
            }
        }
        self.citations.push(cited);
    }

    fn thought(&self) -> Thought {
        let chars = self.reasoning.iter().map(|it| thinking_text(it).chars().count() as u64).sum();
        match (self.reasoning.is_empty(), chars) {
            (true, _) => Thought::None,
            (false, 0) => Thought::Hidden,
            (false, chars) => Thought::Chars(chars),
        }
    }

    fn choice(self, stop_reason: &str) -> Choice {
        let is_json_only = self.json.is_some() && self.calls.is_empty();
        let finish = finish_reason(stop_reason);
        let finish = if is_json_only && finish == "tool_calls" { "stop" } else { finish };
        let (mut rest, mut fields) = (Object::new(), Object::new());
        let mut reasoning = None;
        if !self.reasoning.is_empty() {
            reasoning = Some(self.reasoning.iter().map(|it| thinking_text(it)).collect());
            rest.insert("thinking_blocks".into(), self.reasoning.iter().filter_map(|it| thinking_block(it)).collect());
            fields.insert("reasoningContentBlocks".into(), json!(self.reasoning));
        }
        if !self.citations.is_empty() {
            fields.insert("citationsContent".into(), json!(self.citations));
        }
        if !self.annotations.is_empty() {
            rest.insert("annotations".into(), self.annotations.into());
        }
        if !fields.is_empty() {
            rest.insert("provider_specific_fields".into(), Value::Object(fields));
        }
        let message = Answer {
            role: "assistant".into(),
            content: Some(self.json.unwrap_or(self.text)),
            reasoning_content: reasoning,
            tool_calls: self.calls,
            rest,
        };
        Choice { index: 0, message, finish_reason: Some(finish.to_owned()), rest: Object::new() }
    }
}

/// Thinking in Anthropic's form, in which it comes back.
fn thinking_block(reasoning: &Value) -> Option<Value> {
    if let Some(data) = reasoning.get("redactedContent") {
        return Some(json!({"type": "redacted_thinking", "data": data}));
    }
    let said = reasoning.get("reasoningText")?;
    let mut block = Object::new();
    block.insert("type".into(), "thinking".into());
    for (ours, theirs) in [("thinking", "text"), ("signature", "signature")] {
        block.extend(said.get(theirs).filter(|it| !it.is_null()).map(|it| (ours.to_owned(), it.clone())));
    }
    Some(Value::Object(block))
}

fn thinking_text(reasoning: &Value) -> &str {
    reasoning.get("reasoningText").map_or("", |it| str(it, "text"))
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn str<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

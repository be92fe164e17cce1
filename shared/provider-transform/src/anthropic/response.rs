//! A whole answer as a chat completion.

use serde_json::{Value, json};

use crate::chat::response::{Answer, Choice, FunctionCall, ToolCall};
use crate::finish::finish_reason;
use crate::{ChatResponse, Cx, Object, ProviderError, Usage};

use super::answer::{Failure, Message};
use super::request::tools::JSON_TOOL;
use super::usage::Thought;
use super::{error, hosted, spaced};
use crate::provider::claude::Host;

/// Reads an answer. Errors when it is not one, lacks its content or its usage, or reports a failure.
pub(super) fn parse(cx: &Cx<'_>, host: &Host, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError> {
    let message = serde_json::from_slice::<Message>(body).map_err(|_| {
        let failure = serde_json::from_slice::<Failure>(body);
        failure.map_or_else(
            |_| ProviderError::unreadable(cx.provider.slug, "the answer is no message"),
            |failure| error::typed(cx.provider.slug, None, failure.error),
        )
    })?;
    let mut read = Reader::default();
    for block in &message.content {
        read.block(block);
    }
    let thought = read.thought();
    let usage = message.usage.usage(thought);
    let mut wire = message.usage.wire(&usage, thought);
    wire.extend(usage.service_tier.clone().map(|it| ("service_tier".to_owned(), Value::String(it))));
    let response = ChatResponse {
        id: cx.response_id.to_owned(),
        created: cx.now,
        model: message.model.clone().filter(|_| host.answers_own_name).unwrap_or_else(|| cx.model.to_owned()),
        object: "chat.completion".into(),
        choices: vec![read.choice(&message)],
        usage: Some(wire),
        rest: Object::new(),
    };
    Ok((response, usage))
}

/// Collects blocks by what becomes of them.
#[derive(Default)]
struct Reader<'a> {
    text: Option<String>,
    json: Option<String>,
    calls: Vec<ToolCall>,
    thinking: Vec<&'a Object>,
    citations: Vec<Value>,
    compactions: Vec<&'a Object>,
    searches: Vec<&'a Object>,
    results: Vec<&'a Object>,
    hosted_calls: Vec<&'a Object>,
}

impl<'a> Reader<'a> {
    fn block(&mut self, block: &'a Object) {
        let kind = str(block, "type");
        match kind {
            "text" => {
                self.text.get_or_insert_default().push_str(str(block, "text"));
                self.citations.extend(hosted::citations(block));
            }
            "tool_use" if str(block, "name") == JSON_TOOL => {
                self.json = Some(spaced::to_string(&block.get("input")));
            }
            "tool_use" => self.call(block),
            "server_tool_use" => {
                self.call(block);
                self.hosted_calls.push(block);
            }
            "thinking" | "redacted_thinking" => self.thinking.push(block),
            "compaction" => self.compactions.push(block),
            kind => match hosted::result_list(kind) {
                Some("web_search_results") => self.searches.push(block),
                Some(_) => self.results.push(block),
                None => {}
            },
        }
    }

    fn call(&mut self, block: &Object) {
        let mut rest = Object::new();
        rest.insert("index".into(), self.calls.len().into());
        self.calls.push(ToolCall {
            id: str(block, "id").to_owned(),
            kind: "function".into(),
            function: FunctionCall {
                name: str(block, "name").to_owned(),
                arguments: block.get("input").map_or_else(|| "{}".to_owned(), spaced::to_string),
                rest: Object::new(),
            },
            rest,
        });
    }

    fn thought(&self) -> Thought {
        let chars = self.thinking.iter().map(|it| str(it, "thinking").chars().count() as u64).sum();
        match (self.thinking.is_empty(), chars) {
            (true, _) => Thought::None,
            (false, 0) => Thought::Hidden,
            (false, chars) => Thought::Chars(chars),
        }
    }

    fn choice(self, message: &Message) -> Choice {
        let is_json_only = self.json.is_some() && self.calls.is_empty();
        let finish = finish_reason(message.stop_reason.as_deref().unwrap_or_default());
        let finish = if is_json_only && finish == "tool_calls" { "stop" } else { finish };
        let reasoning =
            (!self.thinking.is_empty()).then(|| self.thinking.iter().map(|it| str(it, "thinking")).collect::<String>());
        let mut rest = Object::new();
        if !self.thinking.is_empty() {
            rest.insert("thinking_blocks".into(), json!(self.thinking));
        }
        let fields = self.provider_fields(message);
        if !is_json_only || fields.values().any(|it| !it.is_null()) {
            rest.insert("provider_specific_fields".into(), Value::Object(fields));
        }
        // A refusal has no words of its own.
        let text = self.text.filter(|it| !it.is_empty() || finish != "content_filter");
        let message = Answer {
            role: "assistant".into(),
            content: self.json.or(text),
            reasoning_content: reasoning,
            tool_calls: self.calls,
            rest,
        };
        Choice { index: 0, message, finish_reason: Some(finish.to_owned()), rest: Object::new() }
    }

    fn provider_fields(&self, message: &Message) -> Object {
        let list = |items: &[&Object]| if items.is_empty() { Value::Null } else { json!(items) };
        let mut fields = Object::new();
        let citations = if self.citations.is_empty() { Value::Null } else { json!(self.citations) };
        fields.insert("citations".into(), citations);
        fields.insert("thinking_blocks".into(), list(&self.thinking));
        if !self.searches.is_empty() {
            fields.insert("web_search_results".into(), list(&self.searches));
        }
        let searched: Vec<_> = self.hosted_calls.iter().filter(|it| str(it, "name") == "web_search").collect();
        if !searched.is_empty() {
            let calls = searched.iter().map(|call| {
                let id = str(call, "id");
                let query = call.get("input").and_then(|it| it.get("query")).and_then(Value::as_str);
                hosted::web_search_call(id, query.unwrap_or_default(), answer_to(&self.searches, id))
            });
            fields.insert("web_search_calls".into(), calls.collect());
        }
        if !self.results.is_empty() {
            fields.insert("tool_results".into(), list(&self.results));
            let runs = self.hosted_calls.iter().filter_map(|call| {
                let result = answer_to(&self.results, str(call, "id"))?;
                hosted::code_interpreter_call(call.get("input")?.as_object()?, result, message.container.as_ref())
            });
            fields.insert("code_interpreter_results".into(), runs.collect());
        }
        if !self.compactions.is_empty() {
            fields.insert("compaction_blocks".into(), list(&self.compactions));
        }
        let others = [("container", &message.container), ("context_management", &message.context_management)];
        for (name, value) in others {
            fields.extend(value.clone().filter(|it| !it.is_null()).map(|it| (name.to_owned(), it)));
        }
        fields
    }
}

fn answer_to<'a>(results: &[&'a Object], id: &str) -> Option<&'a Object> {
    results.iter().find(|it| str(it, "tool_use_id") == id).copied()
}

fn str<'a>(block: &'a Object, name: &str) -> &'a str {
    block.get(name).and_then(Value::as_str).unwrap_or_default()
}

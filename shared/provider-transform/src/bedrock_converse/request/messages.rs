//! OpenAI's list of messages as Converse's system prompt and alternating turns ("Converse", messages).

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::anthropic::request::dropped::Dropped;
use crate::anthropic::request::messages::{NOTE, arguments_object};
use crate::bedrock_converse::names;
use crate::bedrock_converse::wire::{Block, ToolResult, ToolUse, Turn};
use crate::chat::part::Content;
use crate::chat::request::Role;
use crate::rules::Prepared;
use crate::{Message, Object, TransformError};

use super::content::{self, Reader, Style, Writer};
use super::{invalid, told, turn};

/// Stands for a turn that a conversation must have and lacks.
const CONTINUE: &str = "Please continue.";

/// The conversation in Converse's shape.
#[derive(Debug, Default)]
pub(super) struct Conversation<'a> {
    pub(super) system: Vec<Block<'a>>,
    pub(super) turns: Vec<Turn<'a>>,
    /// The assistant's last turn with calls has thinking.
    pub(super) last_call_thinks: Option<bool>,
    later_system: Vec<Block<'a>>,
    begun: bool,
    /// What a tool answered and what the user says are to be turns of their own.
    is_split: bool,
    legacy_calls: Vec<&'a str>,
}

/// Translates the messages. Errors name the message and part that Converse has no form for.
pub(super) fn render<'a>(
    writer: Writer<'a, '_>,
    prepared: &'a Prepared<'_>,
    style: Style,
    dropped: &mut Dropped,
) -> Result<Conversation<'a>, TransformError> {
    let mut conversation = Conversation { is_split: prepared.modify_params, ..Conversation::default() };
    let messages = &prepared.messages;
    let said_last = messages.iter().rev().take_while(|it| it.role() == Role::User).count();
    let guarded_from = if style.is_guarded { messages.len() - said_last } else { messages.len() };
    for (index, message) in messages.iter().enumerate() {
        let at = format!("messages[{index}]");
        if message.name().is_some() && matches!(message.role(), Role::User | Role::Assistant) {
            dropped.note("messages.name");
        }
        match message.role() {
            Role::System | Role::Developer => conversation.system(writer, message, &at, dropped)?,
            Role::User => {
                let reader = if index >= guarded_from { Reader::Guardrail } else { Reader::Model };
                let mut blocks = user(writer, message, reader, &at, dropped)?;
                if blocks.is_empty() && prepared.modify_params {
                    blocks.push(Block::text(CONTINUE));
                }
                conversation.user(blocks);
            }
            Role::Assistant => {
                let is_repaired = prepared.modify_params;
                conversation.assistant(writer, message, style, is_repaired, &at, dropped)?;
            }
            Role::Tool | Role::Function => conversation.result(writer, message, style, &at, dropped)?,
            Role::Unknown => {
                let message = format!("Bedrock knows no role `{}`", message.role_name());
                return Err(invalid(format!("{at}.role"), message));
            }
        }
    }
    conversation.end(prepared)?;
    Ok(conversation)
}

/// What a user says; texts that the client marked for the guardrail are all that it looks at.
fn user<'a>(
    writer: Writer<'a, '_>,
    message: &'a Message,
    reader: Reader,
    at: &str,
    dropped: &mut Dropped,
) -> Result<Vec<Block<'a>>, TransformError> {
    let is_guarded = |it: &Value| it.get("type").and_then(Value::as_str) == Some("guarded_text");
    let chosen = matches!(message.content(), Content::Parts(parts) if parts.iter().any(is_guarded));
    let reader = if chosen { Reader::Model } else { reader };
    let mut blocks = writer.blocks(message.content(), reader, at, dropped)?;
    writer.mark(&mut blocks, message.cache_control(), dropped);
    Ok(blocks)
}

impl<'a> Conversation<'a> {
    fn system(
        &mut self,
        writer: Writer<'a, '_>,
        message: &'a Message,
        at: &str,
        dropped: &mut Dropped,
    ) -> Result<(), TransformError> {
        let mut blocks = writer.texts(message.content(), at, dropped)?;
        writer.mark(&mut blocks, message.cache_control(), dropped);
        if !self.begun {
            self.system.append(&mut blocks);
        } else if !blocks.is_empty() {
            self.later_system.push(Block::text(NOTE));
            self.later_system.append(&mut blocks);
        }
        Ok(())
    }

    fn user(&mut self, blocks: Vec<Block<'a>>) {
        self.begun = true;
        self.flush_system();
        self.push("user", blocks);
    }

    fn assistant(
        &mut self,
        writer: Writer<'a, '_>,
        message: &'a Message,
        style: Style,
        is_repaired: bool,
        at: &str,
        dropped: &mut Dropped,
    ) -> Result<(), TransformError> {
        self.begun = true;
        self.flush_system();
        let mut said = writer.answer_blocks(message.content(), at, dropped)?;
        writer.mark(&mut said, message.cache_control(), dropped);
        let mut blocks = Vec::new();
        if !said.iter().any(is_thinking) {
            for block in objects(message.get("thinking_blocks")) {
                match content::thinking(block) {
                    Some(block) => blocks.push(block),
                    None => dropped.note("messages.thinking_blocks"),
                }
            }
        }
        let calls = self.calls(writer, message, style, at, dropped)?;
        if !calls.is_empty() && style.has_tools {
            self.last_call_thinks = Some(blocks.iter().chain(&said).any(is_thinking));
        }
        if !style.has_tools {
            told::join(&mut said, &calls);
        }
        blocks.append(&mut said);
        if style.has_tools {
            blocks.extend(calls);
        }
        if blocks.is_empty() && is_repaired && !matches!(message.content(), Content::Empty) {
            blocks.push(Block::text(CONTINUE));
        }
        self.push("assistant", blocks);
        Ok(())
    }

    /// The calls of a message: as such, or each as a text where there are no tools.
    fn calls(
        &mut self,
        writer: Writer<'a, '_>,
        message: &'a Message,
        style: Style,
        at: &str,
        dropped: &mut Dropped,
    ) -> Result<Vec<Block<'a>>, TransformError> {
        let mut blocks = Vec::new();
        for (index, call) in message.tool_calls().enumerate() {
            if style.has_tools {
                let input = arguments_object(call.arguments, call.name, &format!("{at}.tool_calls[{index}]"))?;
                let (tool_use_id, name) = (names::tool_use_id(call.id), names::tool(call.name));
                blocks.push(Block::ToolUse(ToolUse { tool_use_id, name, input }));
                let mark = call.raw.get("cache_control");
                blocks.extend(writer.marks.point(mark, dropped).map(Block::CachePoint));
            } else {
                blocks.push(told::call(call.id, call.name, call.arguments));
            }
        }
        if let Some(call) = message.function_call() {
            let text = |name: &str| call.get(name).and_then(Value::as_str).unwrap_or_default();
            let (name, arguments) = (text("name"), text("arguments"));
            self.legacy_calls.push(name);
            if style.has_tools {
                let input = arguments_object(arguments, name, &format!("{at}.function_call"))?;
                let tool_use_id = Cow::Owned(self.legacy_id(name));
                blocks.push(Block::ToolUse(ToolUse { tool_use_id, name: names::tool(name), input }));
            } else {
                blocks.push(told::call("", name, arguments));
            }
        }
        Ok(blocks)
    }

    fn result(
        &mut self,
        writer: Writer<'a, '_>,
        message: &'a Message,
        style: Style,
        at: &str,
        dropped: &mut Dropped,
    ) -> Result<(), TransformError> {
        self.begun = true;
        if !style.has_tools {
            self.flush_system();
            let blocks = told::result(writer, message, style, at, dropped)?;
            self.push("user", blocks);
            return Ok(());
        }
        let tool_use_id = match (message.tool_call_id(), message.role()) {
            (Some(id), _) => names::tool_use_id(id),
            (None, Role::Function) => Cow::Owned(self.legacy_id(message.name().unwrap_or_default())),
            (None, _) => return Err(invalid(format!("{at}.tool_call_id"), "missing")),
        };
        let (mut content, mut mark) = (Vec::new(), None);
        for block in answer(writer, message, at, dropped)? {
            match block {
                Block::CachePoint(point) => mark = mark.or(Some(point)),
                block => content.push(block),
            }
        }
        let is_apart = |it: &Block<'_>| style.images_apart && matches!(it, Block::Image(_));
        let (images, content) = content.into_iter().partition::<Vec<_>, _>(is_apart);
        let status = match message.get("is_error").and_then(Value::as_bool) {
            Some(true) => Some("error"),
            _ if message.get("search_results").is_some_and(Value::is_array) => Some("success"),
            _ => None,
        };
        let own = writer.marks.point(message.cache_control(), dropped);
        if self.has_result(&tool_use_id) {
            // "toolResult blocks contain duplicate Ids": the first answer to a call counts.
            dropped.note(at);
            return Ok(());
        }
        let mut blocks = vec![Block::ToolResult(ToolResult { tool_use_id, content, status })];
        blocks.extend(images);
        blocks.extend(own.or(mark).map(Block::CachePoint));
        self.push("user", blocks);
        Ok(())
    }

    fn has_result(&self, id: &str) -> bool {
        let last = self.turns.last().filter(|it| it.role == "user");
        let mut blocks = last.into_iter().flat_map(|it| &it.content);
        blocks.any(|it| matches!(it, Block::ToolResult(result) if result.tool_use_id == id))
    }

    /// Blocks of one role make one turn: roles must alternate.
    fn push(&mut self, role: &'static str, mut blocks: Vec<Block<'a>>) {
        let is_result = |it: &Block<'_>| matches!(it, Block::ToolResult(_));
        let last = self.turns.last().filter(|it| it.role == role && self.is_split);
        if let Some((last, next)) = last.zip(blocks.first())
            && last.content.iter().any(is_result) != is_result(next)
        {
            self.turns.push(Turn { role: "assistant", content: vec![Block::text(CONTINUE)] });
        }
        match self.turns.last_mut() {
            _ if blocks.is_empty() => {}
            Some(last) if last.role == role => last.content.append(&mut blocks),
            _ => self.turns.push(Turn { role, content: blocks }),
        }
    }

    /// Converse has no system turns: what comes late is the user's, after the answers that a call waits for.
    fn flush_system(&mut self) {
        let blocks = std::mem::take(&mut self.later_system);
        self.push("user", blocks);
    }

    fn end(&mut self, prepared: &Prepared<'_>) -> Result<(), TransformError> {
        self.flush_system();
        let prefix = |it: Option<&Message>| it.is_some_and(|it| it.get("prefix") == Some(&Value::Bool(true)));
        let is_assistant = |it: Option<&Turn<'_>>| it.is_some_and(|it| it.role == "assistant");
        if prepared.modify_params {
            if self.turns.is_empty() || (is_assistant(self.turns.first()) && !prefix(prepared.messages.first())) {
                self.turns.insert(0, Turn { role: "user", content: vec![Block::text(CONTINUE)] });
            }
            if is_assistant(self.turns.last()) && !prefix(prepared.messages.last()) {
                self.push("user", vec![Block::text(CONTINUE)]);
            }
        }
        if self.turns.is_empty() {
            let message = "Bedrock needs at least one message with content that is not a system message";
            return Err(invalid("messages".to_owned(), message));
        }
        let mut taken = BTreeSet::new();
        for it in &mut self.turns {
            turn::finish(it, &mut taken);
        }
        Ok(())
    }

    /// Calls from before tools have no id: the last call of a name and its result get the same one.
    fn legacy_id(&self, name: &str) -> String {
        let at = self.legacy_calls.iter().rposition(|it| *it == name).unwrap_or_default();
        format!("call_function_{at}")
    }
}

/// A tool's answer: search results where the client gives them, else its content.
fn answer<'a>(
    writer: Writer<'a, '_>,
    message: &'a Message,
    at: &str,
    dropped: &mut Dropped,
) -> Result<Vec<Block<'a>>, TransformError> {
    match message.get("search_results").and_then(Value::as_array) {
        Some(results) if !results.is_empty() => Ok(results.iter().map(Block::SearchResult).collect()),
        _ => writer.blocks(message.content(), Reader::Model, at, dropped),
    }
}

fn objects(list: Option<&Value>) -> impl Iterator<Item = &Object> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn is_thinking(block: &Block<'_>) -> bool {
    matches!(block, Block::ReasoningContent(_))
}

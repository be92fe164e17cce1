//! OpenAI's list of messages as Anthropic's system prompt and alternating turns ("Messages").

use std::borrow::Cow;

use serde_json::Value;

use crate::anthropic::wire::{Block, Call, Mark, Native, ResultContent, Turn};
use crate::chat::part::{Content, ToolCallRef};
use crate::chat::request::Role;
use crate::provider::claude::Host;
use crate::rules::Prepared;
use crate::{Cx, Message, Object, TransformError};

use super::dropped::Dropped;
use super::media::Remote;
use super::{content, invalid};

/// What LiteLLM puts before a system message that a model takes only as the user's words.
pub(crate) const NOTE: &str =
    "Operator note (not from the user): the following was originally a mid-conversation system-role reminder.";

/// The conversation in Anthropic's shape.
pub(super) struct Conversation<'a> {
    pub(super) system: Vec<Block<'a>>,
    pub(super) turns: Vec<Turn<'a>>,
    /// Tool calls or results occur in it, so that Anthropic wants tools declared.
    pub(super) has_tool_blocks: bool,
    /// The assistant's last turn with calls begins with thinking.
    pub(super) last_call_thinks: Option<bool>,
    later_system: Vec<Block<'a>>,
    begun: bool,
    legacy_calls: Vec<&'a str>,
    remote: Remote<'a>,
}

/// Translates the messages. Errors name the message and part that Anthropic has no form for.
pub(super) fn render<'a>(
    cx: &'a Cx<'_>,
    host: &'static Host,
    prepared: &'a Prepared<'_>,
    dropped: &mut Dropped,
) -> Result<Conversation<'a>, TransformError> {
    let mut conversation = Conversation::new(Remote::new(host, cx.files));
    let takes_system = cx.info.supports.mid_conversation_system == Some(true);
    for (index, message) in prepared.messages.iter().enumerate() {
        let at = format!("messages[{index}]");
        let mark = content::mark(message.cache_control());
        if message.name().is_some() && matches!(message.role(), Role::User | Role::Assistant) {
            dropped.note("messages.name");
        }
        match message.role() {
            Role::System | Role::Developer => conversation.system(message, &mark, takes_system, &at)?,
            Role::User => conversation.user(message, &mark, &at)?,
            Role::Assistant => conversation.assistant(message, &mark, &at, dropped)?,
            Role::Tool | Role::Function => conversation.result(message, &mark, &at)?,
            Role::Unknown => {
                let message = format!("Anthropic knows no role `{}`", message.role_name());
                return Err(invalid(format!("{at}.role"), message));
            }
        }
    }
    conversation.end(prepared.modify_params)?;
    Ok(conversation)
}

impl<'a> Conversation<'a> {
    fn new(remote: Remote<'a>) -> Self {
        Self {
            system: Vec::new(),
            turns: Vec::new(),
            has_tool_blocks: false,
            last_call_thinks: None,
            later_system: Vec::new(),
            begun: false,
            legacy_calls: Vec::new(),
            remote,
        }
    }

    fn system(
        &mut self,
        message: &'a Message,
        mark: &Mark<'a>,
        takes_system: bool,
        at: &str,
    ) -> Result<(), TransformError> {
        let mut blocks = content::texts(message.content(), at)?;
        mark_last(&mut blocks, mark);
        if blocks.is_empty() {
            return Ok(());
        }
        if !self.begun {
            self.system.append(&mut blocks);
        } else if takes_system {
            self.later_system.append(&mut blocks);
        } else {
            self.push_note(blocks);
        }
        Ok(())
    }

    fn user(&mut self, message: &'a Message, mark: &Mark<'a>, at: &str) -> Result<(), TransformError> {
        self.begun = true;
        let mut blocks = content::blocks(message.content(), self.remote, at)?;
        mark_last(&mut blocks, mark);
        self.push("user", blocks);
        Ok(())
    }

    fn assistant(
        &mut self,
        message: &'a Message,
        mark: &Mark<'a>,
        at: &str,
        dropped: &mut Dropped,
    ) -> Result<(), TransformError> {
        self.begun = true;
        self.flush_system();
        let fields = message.get("provider_specific_fields");
        let mut blocks: Vec<_> = objects(fields.and_then(|it| it.get("compaction_blocks"))).map(native).collect();
        let said = content::answer_blocks(message.content(), at)?;
        if !said.iter().any(is_thinking) {
            let (signed, unsigned): (Vec<_>, Vec<_>) =
                objects(message.get("thinking_blocks")).partition(|it| may_return(it));
            if !unsigned.is_empty() {
                dropped.note("messages.thinking_blocks");
            }
            blocks.extend(signed.into_iter().map(native));
        }
        let thinks = said.iter().chain(&blocks).any(is_thinking);
        blocks.extend(said);
        mark_last(&mut blocks, mark);
        let had_text = blocks.iter().any(|it| matches!(it, Block::Text { .. }));
        for (index, call) in message.tool_calls().enumerate() {
            let hosted = call.id.starts_with("srvtoolu_");
            let call_id = call.id;
            let call = tool_use(call, &format!("{at}.tool_calls[{index}]"))?;
            if hosted {
                blocks.push(Block::ServerToolUse(call));
                blocks.extend(hosted_results(fields, call_id));
            } else {
                blocks.push(Block::ToolUse(call));
                self.last_call_thinks = Some(thinks);
                self.has_tool_blocks = true;
            }
        }
        if let Some(call) = message.function_call() {
            blocks.push(self.legacy_call(call, at)?);
        }
        if !had_text {
            mark_last(&mut blocks, mark);
        }
        self.push("assistant", blocks);
        Ok(())
    }

    fn result(&mut self, message: &'a Message, mark: &Mark<'a>, at: &str) -> Result<(), TransformError> {
        self.begun = true;
        self.has_tool_blocks = true;
        let tool_use_id = match (message.tool_call_id(), message.role()) {
            (Some(id), _) => tool_id(id),
            (None, Role::Function) => Cow::Owned(self.legacy_id(message.name().unwrap_or_default())),
            (None, _) => return Err(invalid(format!("{at}.tool_call_id"), "missing")),
        };
        let content = match message.content() {
            Content::Empty => ResultContent::Text(""),
            Content::Text(text) => ResultContent::Text(text),
            parts => ResultContent::Blocks(content::blocks(parts, self.remote, at)?),
        };
        let is_error = message.get("is_error").and_then(Value::as_bool);
        let cache_control = mark.clone();
        self.push("user", vec![Block::ToolResult { tool_use_id, content, is_error, cache_control }]);
        Ok(())
    }

    /// Blocks of one role make one turn: Anthropic wants roles to alternate.
    fn push(&mut self, role: &'static str, mut blocks: Vec<Block<'a>>) {
        match self.turns.last_mut() {
            _ if blocks.is_empty() => {}
            Some(last) if last.role == role => last.content.append(&mut blocks),
            _ => self.turns.push(Turn { role, content: blocks }),
        }
    }

    fn push_note(&mut self, mut blocks: Vec<Block<'a>>) {
        blocks.insert(0, Block::text(NOTE));
        self.push("user", blocks);
    }

    /// A system turn must follow a user's turn ("Mid-conversation system messages").
    fn flush_system(&mut self) {
        let blocks = std::mem::take(&mut self.later_system);
        if blocks.is_empty() {
            return;
        }
        if self.turns.last().is_some_and(|it| it.role == "user") {
            self.turns.push(Turn { role: "system", content: blocks });
        } else {
            self.push_note(blocks);
        }
    }

    fn end(&mut self, modify_params: bool) -> Result<(), TransformError> {
        self.flush_system();
        self.trim_prefill();
        if !self.turns.is_empty() {
            return Ok(());
        }
        if !modify_params {
            let message = "Anthropic needs at least one message with content that is not a system message";
            return Err(invalid("messages".to_owned(), message));
        }
        self.push("user", vec![Block::text("Please continue.")]);
        Ok(())
    }

    /// "Final assistant content cannot end with trailing whitespace."
    fn trim_prefill(&mut self) {
        let Some(last) = self.turns.last_mut().filter(|it| it.role == "assistant") else { return };
        if let Some(Block::Text { text: Cow::Borrowed(text), .. }) = last.content.last_mut() {
            *text = text.trim_end();
        }
    }

    fn legacy_call(&mut self, call: &'a Object, at: &str) -> Result<Block<'a>, TransformError> {
        let at = format!("{at}.function_call");
        let name = call.get("name").and_then(Value::as_str).unwrap_or_default();
        let arguments = call.get("arguments").and_then(Value::as_str).unwrap_or_default();
        let input = arguments_object(arguments, name, &at)?;
        self.legacy_calls.push(name);
        self.has_tool_blocks = true;
        let id = Cow::Owned(self.legacy_id(name));
        Ok(Block::ToolUse(Call { id, name, input, cache_control: None }))
    }

    /// Calls from before tools have no id: the last call of a name and its result get the same one.
    fn legacy_id(&self, name: &str) -> String {
        let at = self.legacy_calls.iter().rposition(|it| *it == name).unwrap_or_default();
        format!("call_function_{at}")
    }
}

fn tool_use<'a>(call: ToolCallRef<'a>, at: &str) -> Result<Call<'a>, TransformError> {
    let input = arguments_object(call.arguments, call.name, at)?;
    let cache_control = content::mark(call.raw.get("cache_control").filter(|it| !it.is_null()));
    Ok(Call { id: tool_id(call.id), name: call.name, input, cache_control })
}

/// The arguments of a call; none are an empty object. Errors when they are no object.
pub(crate) fn arguments_object(arguments: &str, name: &str, at: &str) -> Result<Object, TransformError> {
    if arguments.trim().is_empty() {
        return Ok(Object::new());
    }
    serde_json::from_str(arguments).map_err(|it| {
        let message = format!("arguments of `{name}` are no JSON object: {it}");
        invalid(format!("{at}.function.arguments"), message)
    })
}

/// The id itself when Anthropic takes it (letters, digits, `_`, `-`), else a stand-in that is the same for the same id.
fn tool_id(id: &str) -> Cow<'_, str> {
    let is_taken = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-');
    if !id.is_empty() && id.chars().all(is_taken) {
        return Cow::Borrowed(id);
    }
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let plain: String = id.chars().map(|it| if is_taken(it) { it } else { '_' }).collect();
    Cow::Owned(format!("{plain}_{hash:016x}"))
}

/// Results that the answer carried in `provider_specific_fields` go back beside their call.
fn hosted_results<'a>(fields: Option<&'a Value>, call_id: &str) -> Option<Block<'a>> {
    let lists = ["web_search_results", "tool_results"];
    let mut results = lists.into_iter().flat_map(|name| objects(fields.and_then(|it| it.get(name))));
    let is_answer = |it: &&Object| it.get("tool_use_id").and_then(Value::as_str) == Some(call_id);
    results.find(is_answer).map(native)
}

fn mark_last<'a>(blocks: &mut [Block<'a>], mark: &Mark<'a>) {
    if let Some(last) = blocks.last_mut().filter(|_| mark.is_some()) {
        last.mark(mark);
    }
}

fn objects(list: Option<&Value>) -> impl Iterator<Item = &Object> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn native(raw: &Object) -> Block<'_> {
    Block::Native(Native::new(raw))
}

fn is_thinking(block: &Block<'_>) -> bool {
    matches!(block, Block::Native(it) if it.is_thinking())
}

fn may_return(block: &Object) -> bool {
    match block.get("type").and_then(Value::as_str) {
        Some("redacted_thinking") => true,
        Some("thinking") => content::is_signed(Some(block)),
        _ => false,
    }
}

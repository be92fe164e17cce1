//! One content block of a stream: what it says when it opens, as it grows, and when it closes.

use serde_json::{Value, json};

use crate::Object;
use crate::anthropic::answer::Delta;
use crate::anthropic::request::tools::JSON_TOOL;
use crate::anthropic::{hosted, spaced};
use crate::chat::chunk::{Delta as Said, FunctionDelta, ToolCallDelta};

/// Calls so far.
#[derive(Debug, Default)]
pub(super) struct Calls {
    made: u64,
    has_json: bool,
    searches: Vec<Search>,
}

/// A search whose result has not come.
#[derive(Debug)]
struct Search {
    id: String,
    query: String,
}

/// The open block.
#[derive(Debug)]
pub(super) enum Block {
    /// Text or thinking: its deltas say all.
    Prose,
    Call(Call),
    /// The tool whose input is the answer.
    Json(Input),
    Compaction(Object),
    /// A block of no interest, or whose start said all.
    Silent,
}

/// A call and what of its arguments has come.
#[derive(Debug)]
pub(super) struct Call {
    index: u64,
    input: Input,
    search: Option<Search>,
}

/// A tool's input: given whole with the start, or in pieces that follow.
#[derive(Debug)]
pub(super) struct Input {
    given: Value,
    pieces: bool,
}

impl Calls {
    /// Whether the only call was the answer in a given form.
    pub(super) fn is_json_only(&self) -> bool {
        self.has_json && self.made == 0
    }
}

impl Block {
    /// Opens a block and gives what its start says.
    pub(super) fn open(raw: Object, calls: &mut Calls) -> (Self, Vec<Said>) {
        let text = |name: &str| raw.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("type") {
            "text" => {
                let cited = raw.get("citations").and_then(Value::as_array).into_iter().flatten().cloned();
                let mut said: Vec<_> = said_text(text("text")).into_iter().collect();
                said.extend(cited.map(|it| said_fields([("citation", it)])));
                (Self::Prose, said)
            }
            "thinking" => {
                let signature =
                    Some(text("signature")).filter(|it| !it.is_empty()).map(|it| said_thinking("", Some(it)));
                let thinking = Some(text("thinking")).filter(|it| !it.is_empty()).map(|it| said_thinking(it, None));
                (Self::Prose, thinking.into_iter().chain(signature).collect())
            }
            "redacted_thinking" => (Self::Silent, vec![said_block(&raw)]),
            "tool_use" if text("name") == JSON_TOOL => {
                calls.has_json = true;
                (Self::Json(Input::new(&raw)), Vec::new())
            }
            "tool_use" => open_call(&raw, calls, None),
            "server_tool_use" if text("name") == "web_search" => {
                let query = raw.get("input").and_then(|it| it.get("query")).and_then(Value::as_str).unwrap_or_default();
                let search = Search { id: text("id").to_owned(), query: query.to_owned() };
                open_call(&raw, calls, Some(search))
            }
            "server_tool_use" => open_call(&raw, calls, None),
            "compaction" => (Self::Compaction(raw), Vec::new()),
            kind => {
                let said = hosted::result_list(kind).map(|list| said_result(list, raw.clone(), calls));
                (Self::Silent, said.into_iter().collect())
            }
        }
    }

    /// What a delta says, if anything.
    pub(super) fn delta(&mut self, delta: Delta<'_>) -> Option<Said> {
        match (self, &*delta.kind) {
            (Self::Prose, "text_delta") => said_text(&delta.text?),
            (Self::Prose, "thinking_delta") => Some(said_thinking(&delta.thinking?, None)),
            (Self::Prose, "signature_delta") => Some(said_thinking("", Some(&*delta.signature?))),
            (Self::Prose, "citations_delta") => Some(said_fields([("citation", delta.citation?)])),
            (Self::Call(call), "input_json_delta") => {
                let piece = delta.partial_json?;
                call.input.pieces |= !piece.is_empty();
                if let Some(search) = &mut call.search {
                    search.query.push_str(&piece);
                }
                Some(said_arguments(call.index, piece.into_owned()))
            }
            (Self::Json(input), "input_json_delta") => {
                let piece = delta.partial_json?;
                input.pieces |= !piece.is_empty();
                said_text(&piece)
            }
            (Self::Compaction(raw), "compaction_delta") => {
                let piece = delta.content?;
                match raw.get_mut("content") {
                    Some(Value::String(content)) => content.push_str(&piece),
                    _ => {
                        raw.insert("content".into(), piece.into());
                    }
                }
                None
            }
            _ => None,
        }
    }

    /// Closes the block; a call whose input did not come in pieces says it whole, `{}` when there is none.
    pub(super) fn close(self, calls: &mut Calls) -> Option<Said> {
        match self {
            Self::Call(Call { index, input, search }) => {
                if let Some(search) = search {
                    calls.searches.push(search.asked());
                }
                input.whole().map(|it| said_arguments(index, it))
            }
            Self::Json(input) => input.whole().and_then(|it| said_text(&it)),
            Self::Compaction(raw) => Some(said_fields([("compaction_blocks", json!([raw]))])),
            Self::Prose | Self::Silent => None,
        }
    }
}

impl Input {
    fn new(raw: &Object) -> Self {
        Self { given: raw.get("input").cloned().unwrap_or_default(), pieces: false }
    }

    fn whole(self) -> Option<String> {
        let is_empty = self.given.as_object().is_none_or(Object::is_empty);
        let whole = || if is_empty { "{}".to_owned() } else { spaced::to_string(&self.given) };
        (!self.pieces).then(whole)
    }
}

impl Search {
    /// The search with the query read out of its arguments.
    fn asked(self) -> Self {
        let read = |it: Value| it.get("query").and_then(Value::as_str).map(str::to_owned);
        let query = serde_json::from_str(&self.query).ok().and_then(read).unwrap_or(self.query);
        Self { id: self.id, query }
    }
}

fn open_call(raw: &Object, calls: &mut Calls, search: Option<Search>) -> (Block, Vec<Said>) {
    let text = |name: &str| raw.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let index = calls.made;
    calls.made += 1;
    let mut said = said_call(ToolCallDelta {
        index,
        id: Some(text("id")),
        kind: Some("function".into()),
        function: FunctionDelta { name: Some(text("name")), arguments: Some(String::new()), rest: Object::new() },
        rest: Object::new(),
    });
    if let Some(search) = &search {
        let mut by_id = Object::new();
        by_id.insert(search.id.clone(), hosted::web_search_call(&search.id, &search.query, None));
        said.rest.extend(said_fields([("web_search_calls", Value::Object(by_id))]).rest);
    }
    (Block::Call(Call { index, input: Input::new(raw), search }), vec![said])
}

fn said_result(list: &'static str, raw: Object, calls: &mut Calls) -> Said {
    let id = raw.get("tool_use_id").and_then(Value::as_str).unwrap_or_default();
    let search = calls.searches.iter().position(|it| it.id == id).map(|at| calls.searches.swap_remove(at));
    let call = search.map(|it| {
        let mut by_id = Object::new();
        by_id.insert(it.id.clone(), hosted::web_search_call(&it.id, &it.query, Some(&raw)));
        ("web_search_calls", Value::Object(by_id))
    });
    said_fields([(list, json!([raw]))].into_iter().chain(call))
}

fn said_text(text: &str) -> Option<Said> {
    (!text.is_empty()).then(|| Said { content: Some(text.to_owned()), ..Said::default() })
}

fn said_thinking(thinking: &str, signature: Option<&str>) -> Said {
    let mut block = Object::new();
    block.insert("type".into(), "thinking".into());
    block.insert("thinking".into(), thinking.into());
    block.extend(signature.map(|it| ("signature".to_owned(), Value::from(it))));
    Said { reasoning_content: Some(thinking.to_owned()), ..said_block(&block) }
}

fn said_block(block: &Object) -> Said {
    let mut said = said_fields([("thinking_blocks", json!([block]))]);
    said.rest.insert("thinking_blocks".into(), json!([block]));
    said
}

fn said_arguments(index: u64, arguments: String) -> Said {
    said_call(ToolCallDelta {
        index,
        kind: Some("function".into()),
        function: FunctionDelta { arguments: Some(arguments), ..FunctionDelta::default() },
        ..ToolCallDelta::default()
    })
}

fn said_call(call: ToolCallDelta) -> Said {
    Said { content: Some(String::new()), tool_calls: vec![call], ..Said::default() }
}

fn said_fields(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Said {
    let fields: Object = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let mut rest = Object::new();
    rest.insert("provider_specific_fields".into(), Value::Object(fields));
    Said { content: Some(String::new()), rest, ..Said::default() }
}

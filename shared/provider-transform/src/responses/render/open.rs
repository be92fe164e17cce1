//! Items of a stream while they grow.

use serde_json::{Value, json};

use crate::Object;
use crate::chat::chunk::ToolCallDelta;
use crate::format::Frames;
use crate::responses::output::{self, Ids};
use crate::responses::thinking;
use crate::responses::tools::Names;

/// Numbers events, and collects the items that are done.
#[derive(Default)]
pub(super) struct Sink {
    sequence: u64,
    /// Where the next item goes.
    next: usize,
    /// Items by where they are.
    done: Vec<(usize, Value)>,
}

impl Sink {
    /// Writes an event with its type and number.
    pub(super) fn event(&mut self, kind: &str, fields: Value, out: &mut Frames) {
        let mut event = Object::new();
        event.insert("type".into(), kind.into());
        event.insert("sequence_number".into(), self.sequence.into());
        if let Value::Object(fields) = fields {
            event.extend(fields);
        }
        self.sequence += 1;
        out.event(Some(kind), &event);
    }

    /// How many items there are.
    pub(super) fn count(&self) -> usize {
        self.next
    }

    /// The items that are done, in their order.
    pub(super) fn take_items(&mut self) -> Vec<Value> {
        self.done.sort_by_key(|(at, _)| *at);
        std::mem::take(&mut self.done).into_iter().map(|(_, item)| item).collect()
    }

    /// Adds and ends an item that comes whole.
    pub(super) fn whole_item(&mut self, item: Value, out: &mut Frames) {
        let mut begun = item.clone();
        begun["status"] = "in_progress".into();
        let at = self.add(begun, out);
        self.end(at, item, out);
    }

    fn add(&mut self, item: Value, out: &mut Frames) -> usize {
        let at = self.next;
        self.next += 1;
        self.event("response.output_item.added", json!({"output_index": at, "item": item}), out);
        at
    }

    fn end(&mut self, at: usize, item: Value, out: &mut Frames) {
        self.event("response.output_item.done", json!({"output_index": at, "item": &item}), out);
        self.done.push((at, item));
    }
}

/// What the model thinks; shown as a summary.
pub(super) struct Reasoning {
    id: String,
    at: usize,
    thought: String,
    blocks: Vec<Value>,
    has_part: bool,
}

impl Reasoning {
    /// Whether blocks say something beside their text.
    pub(super) fn is_worth(blocks: &[Value]) -> bool {
        let has = |it: &Value, name: &str| it.get(name).and_then(Value::as_str).is_some_and(|it| !it.is_empty());
        blocks.iter().any(|it| has(it, "signature") || has(it, "data"))
    }

    pub(super) fn open(ids: &Ids, sink: &mut Sink, out: &mut Frames) -> Self {
        let id = ids.item(thinking::OWN_ID, sink.count());
        let item = json!({"id": id, "type": "reasoning", "status": "in_progress", "summary": []});
        Self { at: sink.add(item, out), id, thought: String::new(), blocks: Vec::new(), has_part: false }
    }

    pub(super) fn think(&mut self, thought: &str, blocks: &[Value], sink: &mut Sink, out: &mut Frames) {
        for block in blocks {
            self.grow(block);
        }
        if thought.is_empty() {
            return;
        }
        if !self.has_part {
            self.has_part = true;
            let part = json!({"type": "summary_text", "text": ""});
            let fields = json!({"item_id": self.id, "output_index": self.at, "summary_index": 0, "part": part});
            sink.event("response.reasoning_summary_part.added", fields, out);
        }
        self.thought.push_str(thought);
        let fields = json!({"item_id": self.id, "output_index": self.at, "summary_index": 0, "delta": thought});
        sink.event("response.reasoning_summary_text.delta", fields, out);
    }

    /// Blocks come in pieces: text, then the signature of it.
    fn grow(&mut self, piece: &Value) {
        let text = |it: &Value, name: &str| it.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(last) = self.blocks.last_mut()
            && piece["type"] == "thinking"
            && last["type"] == "thinking"
            && text(last, "signature").is_empty()
        {
            last["thinking"] = (text(last, "thinking") + &text(piece, "thinking")).into();
            last["signature"] = text(piece, "signature").into();
            return;
        }
        self.blocks.push(piece.clone());
    }

    pub(super) fn close(open: &mut Option<Self>, sink: &mut Sink, out: &mut Frames) {
        let Some(Self { id, at, thought, blocks, has_part }) = open.take() else { return };
        if has_part {
            let fields = json!({"item_id": id, "output_index": at, "summary_index": 0, "text": thought});
            sink.event("response.reasoning_summary_text.done", fields, out);
            let part = json!({"type": "summary_text", "text": thought});
            let fields = json!({"item_id": id, "output_index": at, "summary_index": 0, "part": part});
            sink.event("response.reasoning_summary_part.done", fields, out);
        }
        sink.end(at, output::reasoning(&id, "completed", &thought, &blocks), out);
    }
}

/// A message and the part of it that grows.
pub(super) struct Message {
    id: String,
    at: usize,
    parts: Vec<Part>,
}

enum Part {
    Text { text: String, annotations: Vec<Value> },
    Refusal(String),
}

impl Part {
    fn render(&self) -> Value {
        match self {
            Self::Text { text, annotations } => output::text_part(text, annotations),
            Self::Refusal(text) => output::refusal_part(text),
        }
    }
}

impl Message {
    pub(super) fn open(ids: &Ids, sink: &mut Sink, out: &mut Frames) -> Self {
        let id = ids.item("msg_", sink.count());
        let at = sink.add(output::message(&id, "in_progress", Vec::new()), out);
        Self { id, at, parts: Vec::new() }
    }

    pub(super) fn say(&mut self, text: &str, annotations: &[Value], sink: &mut Sink, out: &mut Frames) {
        if text.is_empty() && annotations.is_empty() {
            return;
        }
        if !matches!(self.parts.last(), Some(Part::Text { .. })) {
            self.begin(Part::Text { text: String::new(), annotations: Vec::new() }, sink, out);
        }
        if !text.is_empty() {
            let fields = self.place(json!({"delta": text}));
            sink.event("response.output_text.delta", fields, out);
        }
        for given in annotations {
            let at = match self.parts.last_mut() {
                Some(Part::Text { annotations, .. }) => {
                    annotations.push(output::annotation(given));
                    annotations.len() - 1
                }
                _ => 0,
            };
            let fields = self.place(json!({"annotation_index": at, "annotation": output::annotation(given)}));
            sink.event("response.output_text.annotation.added", fields, out);
        }
        if let Some(Part::Text { text: all, .. }) = self.parts.last_mut() {
            all.push_str(text);
        }
    }

    pub(super) fn refuse(&mut self, refusal: &str, sink: &mut Sink, out: &mut Frames) {
        if refusal.is_empty() {
            return;
        }
        if !matches!(self.parts.last(), Some(Part::Refusal(_))) {
            self.begin(Part::Refusal(String::new()), sink, out);
        }
        let fields = self.place(json!({"delta": refusal}));
        sink.event("response.refusal.delta", fields, out);
        if let Some(Part::Refusal(all)) = self.parts.last_mut() {
            all.push_str(refusal);
        }
    }

    fn begin(&mut self, part: Part, sink: &mut Sink, out: &mut Frames) {
        self.end_part(sink, out);
        self.parts.push(part);
        if let Some(part) = self.parts.last() {
            let fields = self.place(json!({"part": part.render()}));
            sink.event("response.content_part.added", fields, out);
        }
    }

    fn end_part(&self, sink: &mut Sink, out: &mut Frames) {
        let Some(part) = self.parts.last() else { return };
        match part {
            Part::Text { text, .. } => {
                sink.event("response.output_text.done", self.place(json!({"text": text})), out);
            }
            Part::Refusal(text) => {
                sink.event("response.refusal.done", self.place(json!({"refusal": text})), out);
            }
        }
        sink.event("response.content_part.done", self.place(json!({"part": part.render()})), out);
    }

    /// The fields with the place of the open part.
    fn place(&self, mut fields: Value) -> Value {
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("item_id".into(), self.id.as_str().into());
            fields.insert("output_index".into(), self.at.into());
            fields.insert("content_index".into(), self.parts.len().saturating_sub(1).into());
        }
        fields
    }

    pub(super) fn close(open: &mut Option<Self>, sink: &mut Sink, out: &mut Frames) {
        let Some(message) = open.take() else { return };
        message.end_part(sink, out);
        let parts = message.parts.iter().map(Part::render).collect();
        sink.end(message.at, output::message(&message.id, "completed", parts), out);
    }
}

/// Calls; they end together, since providers may write several at a time.
#[derive(Default)]
pub(super) struct Calls {
    open: Vec<Call>,
}

struct Call {
    index: u64,
    at: usize,
    id: String,
    item_id: Value,
    name: String,
    arguments: String,
    is_custom: bool,
    /// The provider answers it itself: shown as the work it was, once that is known.
    is_hosted: bool,
}

impl Calls {
    pub(super) fn delta(&mut self, delta: ToolCallDelta, names: &Names, sink: &mut Sink, out: &mut Frames) {
        let id = delta.id.filter(|it| !it.is_empty());
        let known = self.open.iter().rposition(|it| it.index == delta.index);
        let is_known = |at: usize| self.open.get(at).is_some_and(|it| id.as_ref().is_none_or(|id| it.id == *id));
        let known = known.filter(|at| is_known(*at));
        if known.is_none() {
            let name = delta.function.name.unwrap_or_default();
            let id = id.unwrap_or_else(|| format!("call_{}", self.open.len()));
            self.open.push(Call::open(delta.index, id, name, names, sink, out));
        }
        let call = match known {
            Some(at) => self.open.get_mut(at),
            None => self.open.last_mut(),
        };
        let arguments = delta.function.arguments.unwrap_or_default();
        if let Some(call) = call.filter(|_| !arguments.is_empty()) {
            call.arguments.push_str(&arguments);
            if !call.is_custom && !call.is_hosted {
                let fields = json!({"item_id": call.item_id, "output_index": call.at, "delta": arguments});
                sink.event("response.function_call_arguments.delta", fields, out);
            }
        }
    }

    /// Shows work that a hosted tool has done, once.
    pub(super) fn hosted(&mut self, work: &[Value], sink: &mut Sink, out: &mut Frames) {
        for item in work.iter().filter(|it| it["status"] == "completed") {
            let id = item.get("id").and_then(Value::as_str).unwrap_or_default();
            let id = id.strip_prefix("ws_").unwrap_or(id);
            let Some(at) = self.open.iter().position(|it| it.is_hosted && it.id == id) else { continue };
            self.open.remove(at);
            sink.whole_item(item.clone(), out);
        }
    }

    pub(super) fn close(&mut self, names: &Names, sink: &mut Sink, out: &mut Frames) {
        for call in self.open.drain(..).filter(|it| !it.is_hosted) {
            let place = |more: (&str, &str)| {
                let mut fields = json!({"item_id": call.item_id, "output_index": call.at});
                fields[more.0] = more.1.into();
                fields
            };
            if call.is_custom {
                let input = output::unwrap_custom(&call.arguments);
                sink.event("response.custom_tool_call_input.delta", place(("delta", &input)), out);
                sink.event("response.custom_tool_call_input.done", place(("input", &input)), out);
            } else {
                sink.event("response.function_call_arguments.done", place(("arguments", &call.arguments)), out);
            }
            sink.end(call.at, output::call(&call.id, &call.name, &call.arguments, "completed", names), out);
        }
    }
}

impl Call {
    fn open(index: u64, id: String, name: String, names: &Names, sink: &mut Sink, out: &mut Frames) -> Self {
        let is_hosted = output::is_hosted(&id);
        let item = output::call(&id, &name, "", "in_progress", names);
        let item_id = item.get("id").cloned().unwrap_or_default();
        let at = if is_hosted { 0 } else { sink.add(item, out) };
        let is_custom = names.is_custom(&name);
        Self { index, at, id, item_id, name, arguments: String::new(), is_custom, is_hosted }
    }
}

//! Writes the hub's answers as Response objects and events ("Streaming events"): a response begins once, each item is
//! added once and done once, one event ends it.

mod open;

use std::sync::Arc;

use serde_json::{Value, json};

use super::object::{self, Echo, End, Head};
use super::output::{self, Ids};
use super::tools::Names;
use super::{Previous, ResponsesFormat, Shown};
use crate::chat::chunk::{DONE, Delta};
use crate::format::{Fault, Frames, Renderer, View, Whole};
use crate::{ChatChunk, ChatResponse, Object, Usage};
use open::{Calls, Message, Reasoning, Sink};

/// Writes one answer.
pub(super) struct ResponsesRenderer {
    shown: Shown,
    echo: Echo,
    names: Arc<Names>,
    keeps: Option<Kept>,
    prompt_tokens: u64,
    stream: Option<Stream>,
}

/// What was asked, to be stored beside the answer.
struct Kept {
    history: Arc<Vec<Value>>,
    input: Value,
}

/// A stream that has begun. It holds the answer so far: the events that end items and the answer repeat it whole.
struct Stream {
    id: String,
    created: u64,
    ids: Ids,
    sink: Sink,
    reasoning: Option<Reasoning>,
    message: Option<Message>,
    calls: Calls,
    finish_reason: Option<String>,
    usage: Option<Object>,
    written: usize,
}

impl ResponsesRenderer {
    pub(super) fn new(format: &ResponsesFormat, view: &View<'_>) -> Self {
        let keeps = format.is_stored().then(|| Kept {
            history: match &format.previous {
                Previous::Items(items) => Arc::clone(items),
                Previous::AsSent | Previous::Native(_) => Arc::default(),
            },
            input: format.body.get("input").cloned().unwrap_or_default(),
        });
        Self {
            shown: Shown::new(format, view),
            echo: Echo(Arc::clone(&format.body)),
            names: Arc::clone(&format.names),
            keeps,
            prompt_tokens: view.prompt_tokens,
            stream: None,
        }
    }

    fn keep(&mut self, response: &Value) -> Option<Value> {
        let Kept { history, input } = self.keeps.take()?;
        Some(json!({"response": response, "input": input, "history": *history}))
    }

    fn begin(&mut self, id: &str, created: u64, out: &mut Frames) -> &mut Stream {
        let Self { shown, echo, stream, .. } = self;
        stream.get_or_insert_with(|| {
            let mut sink = Sink::default();
            let sealed = shown.id(id);
            let begun = echo.begun(&Head { id: &sealed, created, model: &shown.model });
            sink.event("response.created", json!({"response": begun}), out);
            sink.event("response.in_progress", json!({"response": begun}), out);
            Stream {
                id: sealed,
                created,
                ids: Ids::new(id),
                sink,
                reasoning: None,
                message: None,
                calls: Calls::default(),
                finish_reason: None,
                usage: None,
                written: 0,
            }
        })
    }

    fn ended(&self, stream: &Stream, end: End<'_>) -> Value {
        self.echo.ended(&Head { id: &stream.id, created: stream.created, model: &self.shown.model }, end)
    }
}

impl Renderer for ResponsesRenderer {
    fn whole(&mut self, response: ChatResponse, usage: Option<&Usage>) -> Whole {
        let (status, cut) = output::status(response.choices.first().and_then(|it| it.finish_reason.as_deref()));
        let end = End {
            status,
            cut,
            error: Value::Null,
            output: output::items(&response, &self.names),
            usage: object::usage(response.usage.as_ref(), usage),
        };
        let sealed = self.shown.id(&response.id);
        let body = self.echo.ended(&Head { id: &sealed, created: response.created, model: &self.shown.model }, end);
        Whole {
            body: serde_json::to_vec(&body).unwrap_or_default().into(),
            usage: usage.cloned().unwrap_or_default(),
            text_len: response.text_len(),
            keep: self.keep(&body),
            id: response.id,
            model: response.model,
        }
    }

    fn chunk(&mut self, chunk: ChatChunk, out: &mut Frames) {
        let names = Arc::clone(&self.names);
        let stream = self.begin(&chunk.id, chunk.created, out);
        stream.written += chunk.text_len();
        if let Some(usage) = chunk.usage {
            stream.usage = Some(usage);
        }
        // A response is one answer.
        for choice in chunk.choices.into_iter().filter(|it| it.index == 0) {
            stream.delta(choice.delta, &names, out);
            stream.finish_reason = choice.finish_reason.or_else(|| stream.finish_reason.take());
        }
    }

    fn end(&mut self, usage: Option<&Usage>, out: &mut Frames) {
        let names = Arc::clone(&self.names);
        self.begin("", 0, out).close(&names, out);
        let Some(mut stream) = self.stream.take() else { return };
        let (status, cut) = output::status(stream.finish_reason.as_deref());
        let estimate = Usage::estimated(self.prompt_tokens, stream.written);
        let billed = usage.unwrap_or(&estimate);
        let mut output = stream.sink.take_items();
        // The message's own event says that nothing more of it comes; only the end says that it was cut.
        for item in output.iter_mut().filter(|it| it["type"] == "message" || it["type"] == "reasoning") {
            item["status"] = status.into();
        }
        let usage = object::usage(stream.usage.as_ref(), Some(billed));
        let body = self.ended(&stream, End { status, cut, error: Value::Null, output, usage });
        out.keep = self.keep(&body);
        stream.sink.event(&format!("response.{status}"), json!({"response": body}), out);
        out.bytes.extend_from_slice(DONE);
    }

    fn fail(&mut self, fault: &Fault, out: &mut Frames) {
        let mut error = object::failure(fault);
        match self.stream.take() {
            Some(mut stream) => {
                let output = stream.sink.take_items();
                let usage = object::usage(stream.usage.as_ref(), None);
                let body = self.ended(&stream, End { status: "failed", cut: None, error, output, usage });
                stream.sink.event("response.failed", json!({"response": body}), out);
            }
            None => {
                error["param"] = json!(fault.param);
                Sink::default().event("error", error, out);
            }
        }
        out.bytes.extend_from_slice(DONE);
    }
}

impl Stream {
    fn delta(&mut self, delta: Delta, names: &Names, out: &mut Frames) {
        let Self { ids, sink, reasoning, message, calls, .. } = self;
        let Delta { content, reasoning_content, tool_calls, rest, .. } = delta;
        let blocks = rest.get("thinking_blocks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let thought = reasoning_content.unwrap_or_default();
        if !thought.is_empty() || Reasoning::is_worth(blocks) {
            Message::close(message, sink, out);
            let open = reasoning.get_or_insert_with(|| Reasoning::open(ids, sink, out));
            open.think(&thought, blocks, sink, out);
        }
        let refusal = rest.get("refusal").and_then(Value::as_str).unwrap_or_default();
        let annotations = rest.get("annotations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let content = content.unwrap_or_default();
        if !content.is_empty() || !refusal.is_empty() || !annotations.is_empty() {
            Reasoning::close(reasoning, sink, out);
            let open = message.get_or_insert_with(|| Message::open(ids, sink, out));
            open.say(&content, annotations, sink, out);
            open.refuse(refusal, sink, out);
        }
        if !tool_calls.is_empty() {
            Reasoning::close(reasoning, sink, out);
            Message::close(message, sink, out);
        }
        for call in tool_calls {
            calls.delta(call, names, sink, out);
        }
        calls.hosted(&output::hosted_work(&rest), sink, out);
        for given in rest.get("images").and_then(Value::as_array).into_iter().flatten() {
            if let Some(item) = output::image(given, ids.item("ig_", sink.count())) {
                Message::close(message, sink, out);
                sink.whole_item(item, out);
            }
        }
    }

    fn close(&mut self, names: &Names, out: &mut Frames) {
        let Self { sink, reasoning, message, calls, .. } = self;
        Reasoning::close(reasoning, sink, out);
        Message::close(message, sink, out);
        calls.close(names, sink, out);
    }
}

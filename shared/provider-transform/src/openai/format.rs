//! OpenAI's chat format as an incoming one; it is the hub's own.

use serde_json::{Value, json};

use crate::anthropic::is_claude;
use crate::chat::chunk::DONE;
use crate::format::{Fault, Format, Frames, Plan, Renderer, View, Whole};
use crate::{ChatChunk, ChatRequest, ChatResponse, Cx, Object, TransformError, Usage, plan};

/// A chat completion as it was asked for.
#[derive(Clone, Debug)]
pub struct ChatFormat {
    chat: ChatRequest,
    /// The client's `anthropic-beta` header: it is for Claude alone, wherever Claude is served.
    betas: Option<String>,
}

impl ChatFormat {
    /// A request and nothing beside it.
    #[must_use]
    pub fn new(chat: ChatRequest) -> Self {
        Self { chat, betas: None }
    }

    /// The same request with the value of an `anthropic-beta` header.
    #[must_use]
    pub fn with_betas(mut self, betas: Option<&str>) -> Self {
        self.betas = betas.map(str::to_owned);
        self
    }
}

impl Format for ChatFormat {
    fn chat(&self) -> &ChatRequest {
        &self.chat
    }

    fn set(&mut self, params: &Object) {
        self.chat.params.extend(params.clone());
    }

    fn native(&self, cx: &Cx<'_>, view: &View<'_>) -> Option<Result<Plan, TransformError>> {
        let betas = self.betas.as_ref().filter(|_| is_claude(cx.model))?;
        let mut asked = Self::new(self.chat.clone());
        asked.chat.params.entry("anthropic_beta").or_insert_with(|| betas.as_str().into());
        Some(plan::through_hub(&asked, cx, view))
    }

    fn duplicate(&self) -> Box<dyn Format> {
        Box::new(self.clone())
    }

    fn renderer(&self, view: &View<'_>) -> Box<dyn Renderer> {
        Box::new(ChatRenderer {
            model: view.model.to_owned(),
            shows_usage: view.shows_usage,
            prompt_tokens: view.prompt_tokens,
            usage_shown: false,
            written: 0,
            id: None,
        })
    }
}

struct ChatRenderer {
    model: String,
    shows_usage: bool,
    prompt_tokens: u64,
    usage_shown: bool,
    written: usize,
    /// Id and time of the stream's chunks.
    id: Option<(String, u64)>,
}

impl Renderer for ChatRenderer {
    fn whole(&mut self, mut response: ChatResponse, usage: Option<&Usage>) -> Whole {
        let answered = std::mem::replace(&mut response.model, self.model.clone());
        Whole {
            body: serde_json::to_vec(&response).unwrap_or_default().into(),
            usage: usage.cloned().unwrap_or_default(),
            text_len: response.text_len(),
            id: response.id,
            model: answered,
            keep: None,
        }
    }

    fn chunk(&mut self, mut chunk: ChatChunk, out: &mut Frames) {
        self.written += chunk.text_len();
        if !self.shows_usage {
            if chunk.is_usage_only() {
                return;
            }
            chunk.usage = None;
        }
        if self.id.is_none() {
            self.id = Some((chunk.id.clone(), chunk.created));
        }
        self.usage_shown |= chunk.usage.is_some();
        chunk.model.clone_from(&self.model);
        // A chunk holds nothing that cannot be written as JSON.
        drop(chunk.write_sse(&mut out.bytes));
    }

    fn end(&mut self, _usage: Option<&Usage>, out: &mut Frames) {
        if self.shows_usage && !self.usage_shown {
            let usage = Usage::estimated(self.prompt_tokens, self.written);
            let counts = [
                ("prompt_tokens", usage.prompt_tokens),
                ("completion_tokens", usage.completion_tokens),
                ("total_tokens", usage.prompt_tokens + usage.completion_tokens),
            ];
            let counts = counts.into_iter().map(|(name, count)| (name.to_owned(), count.into())).collect();
            let (id, created) = self.id.take().unwrap_or_default();
            out.event(None, &ChatChunk::new(&id, created, &self.model).with_usage(counts));
        }
        out.bytes.extend_from_slice(DONE);
    }

    fn fail(&mut self, fault: &Fault, out: &mut Frames) {
        out.event(None, &error_object(fault));
        out.bytes.extend_from_slice(DONE);
    }
}

/// A failure as OpenAI's error object.
#[must_use]
pub fn error_object(fault: &Fault) -> Value {
    json!({"error": {"message": fault.message, "type": fault.kind, "param": fault.param, "code": fault.code}})
}

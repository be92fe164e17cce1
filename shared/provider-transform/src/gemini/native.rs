//! Calls of callers who speak generateContent themselves: what they send and what Google answers passes as it is.

use serde_json::Value;

use crate::format::{Counting, Fault, FrameStream, Frames, Plan, Reader, View, Whole};
use crate::google_native::fault::error_object;
use crate::sse::{Decoder, LineTooLong};
use crate::{Cx, Object, ProviderError, TransformError, Usage};

use super::usage::Counts;
use super::wire::answer::{Answer, Candidate};
use super::{error, grounding, request, response};
use crate::provider::GoogleService;

/// Passes `sent` on; `set` are parameters in OpenAI's words that go before it.
///
/// # Errors
/// [`TransformError`] when the deployment cannot be addressed or a parameter cannot be set.
pub(crate) fn pass(
    service: GoogleService,
    sent: &Object,
    set: &Object,
    is_stream: bool,
    cx: &Cx<'_>,
    view: &View<'_>,
) -> Result<Plan, TransformError> {
    let request = request::native::render(cx, service, sent, set, is_stream)?;
    Ok(Plan { request, reader: Box::new(Passed { model: view.model.to_owned() }) })
}

/// As [`pass`], asking how many tokens the request is.
///
/// # Errors
/// As [`pass`].
pub(crate) fn count(
    service: GoogleService,
    sent: &Object,
    set: &Object,
    cx: &Cx<'_>,
) -> Result<Counting, TransformError> {
    let request = request::native::render(cx, service, sent, set, false)?;
    Ok(super::count::asking(cx, service, request))
}

/// Reads one answer.
struct Passed {
    model: String,
}

impl Reader for Passed {
    fn whole(self: Box<Self>, cx: &Cx<'_>, body: &[u8]) -> Result<Whole, ProviderError> {
        let unreadable = || ProviderError::unreadable(cx.provider.slug, "the answer is no content");
        let answer: Answer = serde_json::from_slice(body).map_err(|_| unreadable())?;
        let mut passing = Passing::new(cx, self.model);
        passing.watch(&answer)?;
        if answer.candidates.is_empty() && !passing.is_whole {
            return Err(unreadable());
        }
        Ok(Whole {
            body: passing.named(body).ok_or_else(unreadable)?.into(),
            usage: passing.usage.unwrap_or_default(),
            id: answer.response_id.unwrap_or_else(|| cx.response_id.to_owned()),
            model: answer.model_version.unwrap_or_else(|| cx.model.to_owned()),
            text_len: passing.text_len,
            keep: None,
        })
    }

    fn stream(self: Box<Self>, cx: &Cx<'_>) -> Box<dyn FrameStream> {
        Box::new(Stream { decoder: Decoder::default(), passing: Passing::new(cx, self.model) })
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

/// What is known of the answer that passes.
struct Passing {
    provider: &'static str,
    model: String,
    searches: u64,
    usage: Option<Usage>,
    text_len: usize,
    has_content: bool,
    /// A reason to stop has come.
    is_whole: bool,
}

impl Passing {
    fn new(cx: &Cx<'_>, model: String) -> Self {
        let (provider, usage) = (cx.provider.slug, None);
        Self { provider, model, searches: 0, usage, text_len: 0, has_content: false, is_whole: false }
    }

    /// Notes what an answer, or an event of one, says. Errors when it tells of a failure.
    fn watch(&mut self, answer: &Answer) -> Result<(), ProviderError> {
        if let Some(failure) = &answer.error {
            return Err(error::typed(self.provider, None, failure.clone()));
        }
        for candidate in &answer.candidates {
            self.text_len += written(candidate);
            self.has_content |= candidate.content.as_ref().is_some_and(|it| !it.parts.is_empty());
            self.searches += grounding::searches(candidate);
            self.is_whole |= candidate.finish_reason.is_some();
            if !self.has_content
                && let Some(error) = response::malformed(self.provider, candidate)
            {
                return Err(error);
            }
        }
        self.is_whole |= answer.prompt_feedback.as_ref().is_some_and(|it| it.block_reason.is_some());
        if let Some(tokens) = &answer.usage_metadata {
            self.usage = Some(Counts { tokens: tokens.clone(), searches: self.searches }.usage());
        }
        Ok(())
    }

    /// The same with the model's name as the caller knows it.
    fn named(&self, body: &[u8]) -> Option<Vec<u8>> {
        let mut answer: Object = serde_json::from_slice(body).ok()?;
        if let Some(model) = answer.get_mut("modelVersion") {
            *model = Value::from(self.model.as_str());
        }
        serde_json::to_vec(&answer).ok()
    }

    fn event(&mut self, data: &[u8], out: &mut Frames) -> Result<(), ProviderError> {
        let unreadable = |it: &Self| ProviderError::unreadable(it.provider, "an event cannot be read");
        let answer: Answer = serde_json::from_slice(data).map_err(|_| unreadable(self))?;
        let before = self.text_len;
        self.watch(&answer)?;
        out.text_len += self.text_len - before;
        out.has_content |= self.has_content;
        if out.id.is_none() {
            out.id = answer.response_id;
        }
        let data = self.named(data).ok_or_else(|| unreadable(self))?;
        out.raw_event(None, &data);
        Ok(())
    }
}

/// Hands the events of a stream on.
struct Stream {
    decoder: Decoder,
    passing: Passing,
}

impl FrameStream for Stream {
    fn push(&mut self, bytes: &[u8], out: &mut Frames) -> Result<(), ProviderError> {
        let Self { decoder, passing } = self;
        let pushed = decoder.push(bytes, |it| passing.event(it.data, out).map_err(Broken::Error));
        pushed.map_err(|it| it.typed(passing.provider))
    }

    fn finish(&mut self, out: &mut Frames) -> Result<(), ProviderError> {
        let Self { decoder, passing } = self;
        let finished = decoder.finish(|it| passing.event(it.data, out).map_err(Broken::Error));
        finished.map_err(|it| it.typed(passing.provider))?;
        if passing.is_whole { Ok(()) } else { Err(ProviderError::cut(passing.provider)) }
    }

    fn fail(&mut self, fault: &Fault, out: &mut Frames) {
        out.event(None, &error_object(fault));
    }

    fn usage(&self) -> Option<&Usage> {
        self.passing.usage.as_ref()
    }
}

/// Either error that ends the decoding.
enum Broken {
    Line(LineTooLong),
    Error(ProviderError),
}

impl From<LineTooLong> for Broken {
    fn from(it: LineTooLong) -> Self {
        Self::Line(it)
    }
}

impl Broken {
    fn typed(self, provider: &'static str) -> ProviderError {
        match self {
            Self::Line(it) => ProviderError::unreadable(provider, it.to_string()),
            Self::Error(it) => it,
        }
    }
}

/// Characters that the model wrote.
fn written(candidate: &Candidate) -> usize {
    let parts = candidate.content.iter().flat_map(|it| &it.parts);
    let chars = parts.map(|it| {
        let said = it.text.as_deref().map_or(0, |it| it.chars().count());
        let called = it.function_call.as_ref();
        said + called.map_or(0, |it| it.name.len() + Value::Object(it.args.clone()).to_string().chars().count())
    });
    chars.sum()
}

//! Events of Claude on Amazon Bedrock: AWS event streams of chunks, each an event of the messages API in base64
//! ("InvokeModelWithResponseStream").

use serde_json::Value;

use crate::event_stream::{Decoder, Malformed, Message};
use crate::format::{Fault, FrameStream, Frames};
use crate::messages::error_object;
use crate::{Object, ProviderError, Usage, bedrock_invoke};

use super::Passing;

/// Decodes them.
pub(in super::super) struct Aws {
    decoder: Decoder,
    counts: Counts,
    passing: Passing,
}

/// Bedrock counts the prompt at the start and the answer at the end; callers look at the end for both.
#[derive(Default)]
struct Counts {
    start: Object,
    last: Object,
}

impl Aws {
    pub(in super::super) fn new(passing: Passing) -> Self {
        Self { decoder: Decoder::default(), counts: Counts::default(), passing }
    }
}

impl FrameStream for Aws {
    fn push(&mut self, bytes: &[u8], out: &mut Frames) -> Result<(), ProviderError> {
        let Self { decoder, counts, passing } = self;
        let pushed = decoder.push(bytes, |it| message(&it, counts, passing, out).map_err(Broken::Error));
        pushed.or_else(|it| passing.broken(it.typed(passing)))
    }

    fn finish(&mut self, out: &mut Frames) -> Result<(), ProviderError> {
        let Self { decoder, passing, .. } = self;
        decoder.finish().or_else(|it| passing.broken(Broken::from(it).typed(passing)))?;
        passing.finish(out)
    }

    fn fail(&mut self, fault: &Fault, out: &mut Frames) {
        out.event(Some("error"), &error_object(fault));
    }

    fn usage(&self) -> Option<&Usage> {
        self.passing.usage.as_ref()
    }
}

fn message(
    message: &Message<'_>,
    counts: &mut Counts,
    passing: &mut Passing,
    out: &mut Frames,
) -> Result<(), ProviderError> {
    let Some(data) = bedrock_invoke::open(passing.provider, message)? else { return Ok(()) };
    match counts.complete(&data) {
        Some(event) => passing.event("", &event, out),
        None => passing.event("", &data, out),
    }
}

impl Counts {
    /// The event with its counts complete, where it carries any.
    fn complete(&mut self, data: &[u8]) -> Option<Vec<u8>> {
        let counts = [&b"\"message_start\""[..], b"\"message_delta\"", b"\"message_stop\""];
        if !counts.iter().any(|it| memchr::memmem::find(data, it).is_some()) {
            return None;
        }
        let mut event: Object = serde_json::from_slice(data).ok()?;
        match event.get("type").and_then(Value::as_str)? {
            "message_start" => {
                self.start = event.get("message")?.get("usage")?.as_object()?.clone();
                None
            }
            "message_delta" => {
                let usage = event.get_mut("usage")?.as_object_mut()?;
                for (name, count) in self.start.iter().filter(|(name, _)| is_of_prompt(name)) {
                    usage.entry(name.as_str()).or_insert_with(|| count.clone());
                }
                self.last = usage.clone();
                serde_json::to_vec(&event).ok()
            }
            "message_stop" => {
                event.shift_remove("amazon-bedrock-invocationMetrics");
                let last = ["input_tokens", "output_tokens"].into_iter();
                let last: Object = last.filter_map(|it| Some((it.to_owned(), self.last.get(it)?.clone()))).collect();
                event.insert("usage".into(), Value::Object(last));
                serde_json::to_vec(&event).ok()
            }
            _ => None,
        }
    }
}

fn is_of_prompt(name: &str) -> bool {
    name == "input_tokens" || name.starts_with("cache_")
}

/// Either error that ends the decoding.
enum Broken {
    Malformed(Malformed),
    Error(ProviderError),
}

impl From<Malformed> for Broken {
    fn from(it: Malformed) -> Self {
        Self::Malformed(it)
    }
}

impl Broken {
    fn typed(self, passing: &Passing) -> ProviderError {
        match self {
            Self::Malformed(it) => passing.unreadable(&it.to_string()),
            Self::Error(it) => it,
        }
    }
}

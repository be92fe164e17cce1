//! How a call is to be answered, as the test wrote it.

use std::time::Duration;

use bytes::Bytes;

use super::answer::Step;
use super::prompt::Prompt;

/// Tokens that a tool call counts for.
pub(super) const CALL_TOKENS: u64 = 12;

/// Delays, sizes and faults of one answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Script {
    /// Before the first byte.
    pub(super) delay: Duration,
    /// Between two pieces of content.
    pub(super) chunk_delay: Duration,
    /// Pieces of content, one token each.
    pub(super) chunks: u64,
    /// Bytes of each piece.
    pub(super) size: usize,
    /// Tokens of reasoning before the content.
    pub(super) reasoning: u64,
    /// Prompt tokens read from the provider's cache.
    pub(super) cached: u64,
    /// Prompt tokens written to the provider's cache.
    pub(super) cache_write: u64,
    /// Tool calls in one answer when the request has tools.
    pub(super) calls: u64,
    /// Whether the answer says what it used.
    pub(super) usage: bool,
    /// `retry-after` of an error, in seconds.
    pub(super) retry_after: Option<u64>,
    /// What goes wrong.
    pub(super) fault: Option<Fault>,
    /// The fault happens to so many calls with this very script, then no more.
    pub(super) times: Option<u32>,
}

/// What goes wrong with an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fault {
    /// The connection drops after so many pieces of content.
    CutAfter(u64),
    /// Silence after so many pieces of content.
    HangAfter(u64),
    /// An error event after so many pieces of content.
    ErrorAfter(u64),
    /// No answer at all, the connection stays open.
    Hang,
    /// The connection closes without an answer.
    Reset,
    /// 200 with a page of HTML.
    Garbage,
    /// 200 with nothing.
    Empty,
    /// The provider's error for this status.
    Status(u16),
    /// The prompt is longer than the model's context.
    Context,
    /// The provider's filter refuses the prompt.
    Policy,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            chunk_delay: Duration::ZERO,
            chunks: 8,
            size: 0,
            reasoning: 0,
            cached: 0,
            cache_write: 0,
            calls: 1,
            usage: true,
            retry_after: None,
            fault: None,
            times: None,
        }
    }
}

impl Script {
    /// Adds what `text` says; a word it does not know is an error, so that a test never believes in a fault that did not happen.
    pub(super) fn read(&mut self, text: &str) -> Result<(), String> {
        for pair in text.split('&').filter(|it| !it.is_empty()) {
            self.set(pair).ok_or_else(|| format!("the script `{pair}` is unreadable"))?;
        }
        Ok(())
    }

    /// How many tokens are said, and why it stops there.
    pub(super) fn length(&self, prompt: &Prompt, whole: &'static str, capped: &'static str) -> (u64, &'static str) {
        match prompt.max_tokens {
            Some(most) if most < self.chunks => (most, capped),
            _ => (self.chunks, whole),
        }
    }

    /// The text, one piece a token.
    pub(super) fn pieces(&self, count: u64) -> Vec<String> {
        (0..count).map(|at| format!("{:<1$}", format!("t{at} "), self.size)).collect()
    }

    /// Puts the pauses between the tokens. A stream that breaks comes back as the error, cut where it breaks.
    pub(super) fn break_off(&self, steps: Vec<Step>, error: Bytes) -> Result<Vec<Step>, Vec<Step>> {
        let (most, last) = match self.fault {
            Some(Fault::CutAfter(most)) => (most, Some(Step::Cut)),
            Some(Fault::HangAfter(most)) => (most, Some(Step::Hang)),
            Some(Fault::ErrorAfter(most)) => (most, Some(Step::Send(error))),
            _ => (u64::MAX, None),
        };
        let mut kept = Vec::with_capacity(steps.len());
        let mut tokens = 0;
        for step in steps {
            if matches!(step, Step::Token(_)) {
                if tokens == most {
                    break;
                }
                if tokens > 0 && !self.chunk_delay.is_zero() {
                    kept.push(Step::Wait(self.chunk_delay));
                }
                tokens += 1;
            }
            kept.push(step);
        }
        match last {
            Some(last) => {
                kept.push(last);
                Err(kept)
            }
            None => Ok(kept),
        }
    }

    fn set(&mut self, pair: &str) -> Option<()> {
        let (name, value) = pair.split_once('=')?;
        match name {
            "delay" => self.delay = duration(value)?,
            "chunk_delay" => self.chunk_delay = duration(value)?,
            "chunks" => self.chunks = value.parse().ok()?,
            "size" => self.size = value.parse().ok()?,
            "reasoning" => self.reasoning = value.parse().ok()?,
            "cached" => self.cached = value.parse().ok()?,
            "cache_write" => self.cache_write = value.parse().ok()?,
            "calls" => self.calls = value.parse().ok()?,
            "usage" => self.usage = value != "none",
            "retry_after" => self.retry_after = Some(value.parse().ok()?),
            "times" => self.times = Some(value.parse().ok()?),
            "fault" => self.fault = Some(Fault::parse(value)?),
            _ => return None,
        }
        Some(())
    }
}

impl Fault {
    fn parse(text: &str) -> Option<Self> {
        let (name, count) = text.split_once(':').unwrap_or((text, "0"));
        Some(match name {
            "cut_after" => Self::CutAfter(count.parse().ok()?),
            "hang_after" => Self::HangAfter(count.parse().ok()?),
            "error_after" => Self::ErrorAfter(count.parse().ok()?),
            "status" => Self::Status(count.parse().ok()?),
            "hang" => Self::Hang,
            "reset" => Self::Reset,
            "garbage" => Self::Garbage,
            "empty" => Self::Empty,
            "context" => Self::Context,
            "policy" => Self::Policy,
            _ => return None,
        })
    }
}

fn duration(text: &str) -> Option<Duration> {
    match text.strip_suffix("ms") {
        Some(count) => Some(Duration::from_millis(count.parse().ok()?)),
        None => Some(Duration::from_secs(text.strip_suffix('s')?.parse().ok()?)),
    }
}

//! The order of calls in a stream: OpenAI may mix the pieces of parallel calls, Anthropic says one after the other.

use std::collections::VecDeque;

use crate::chat::chunk::ToolCallDelta;

/// What to write next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A call begins; the one before it is whole.
    Open {
        /// Its id.
        id: String,
        /// Its function as the provider knows it.
        name: String,
    },
    /// More of its input.
    Grow(String),
}

/// The call that is being written, and those that wait until it is whole.
#[derive(Debug, Default)]
pub(super) struct Calls {
    open: Option<Call>,
    waiting: VecDeque<Call>,
    made: u64,
}

#[derive(Debug)]
struct Call {
    index: u64,
    id: String,
    name: String,
    /// What of its input came while it waited.
    held: String,
    progress: Progress,
}

/// How far a JSON value has come.
#[derive(Debug, Default)]
struct Progress {
    depth: u32,
    is_text: bool,
    is_escaped: bool,
    is_whole: bool,
}

impl Calls {
    /// Takes a piece of a call and says what can be written now.
    pub(super) fn take(&mut self, delta: ToolCallDelta) -> Vec<Step> {
        let id = delta.id.filter(|it| !it.is_empty());
        // Some servers number every call 0; a new id is a new call.
        let is_same = |it: &Call| it.index == delta.index && id.as_ref().is_none_or(|id| *id == it.id);
        let piece = delta.function.arguments.unwrap_or_default();
        let mut steps = Vec::new();
        if let Some(call) = self.open.as_mut().filter(|it| is_same(it)) {
            call.progress.read(&piece);
            steps.extend(grow(piece));
        } else if let Some(call) = self.waiting.iter_mut().find(|it| is_same(it)) {
            call.progress.read(&piece);
            call.held.push_str(&piece);
        } else if id.is_some() || delta.function.name.is_some() {
            let id = id.unwrap_or_else(|| format!("toolu_{}", self.made));
            self.made += 1;
            let mut progress = Progress::default();
            progress.read(&piece);
            let name = delta.function.name.unwrap_or_default();
            self.waiting.push_back(Call { index: delta.index, id, name, held: piece, progress });
        }
        while self.open.as_ref().is_none_or(|it| it.progress.is_whole) && !self.waiting.is_empty() {
            self.advance(&mut steps);
        }
        steps
    }

    /// There is no more of any call: says all that waited.
    pub(super) fn finish(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        while !self.waiting.is_empty() {
            self.advance(&mut steps);
        }
        self.open = None;
        steps
    }

    fn advance(&mut self, steps: &mut Vec<Step>) {
        let Some(mut call) = self.waiting.pop_front() else { return };
        let held = std::mem::take(&mut call.held);
        steps.push(Step::Open { id: call.id.clone(), name: std::mem::take(&mut call.name) });
        steps.extend(grow(held));
        self.open = Some(call);
    }
}

impl Progress {
    fn read(&mut self, piece: &str) {
        for byte in piece.bytes() {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.is_text => self.is_escaped = true,
                b'"' => self.is_text = !self.is_text,
                b'{' | b'[' if !self.is_text => self.depth += 1,
                b'}' | b']' if !self.is_text => {
                    self.depth = self.depth.saturating_sub(1);
                    self.is_whole |= self.depth == 0;
                }
                _ => {}
            }
        }
    }
}

fn grow(piece: String) -> Option<Step> {
    (!piece.is_empty()).then_some(Step::Grow(piece))
}

//! Thoughts at the beginning of an answer, up to a mark that may come in pieces.

const MARK: &str = "</think>";
const OPEN: &str = "<think>";

/// Tells thoughts from the answer, text by text.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    is_answer: bool,
    /// The end of what was seen, as long as it may be the beginning of the mark.
    held: String,
}

/// What a text holds.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Parts {
    pub(super) thought: String,
    pub(super) text: String,
}

impl Splitter {
    /// Everything is the answer from the start.
    pub(super) fn off() -> Self {
        Self { is_answer: true, held: String::new() }
    }

    pub(super) fn push(&mut self, text: &str) -> Parts {
        if self.is_answer {
            return Parts { text: text.to_owned(), ..Parts::default() };
        }
        let all = std::mem::take(&mut self.held) + text;
        if let Some((thought, text)) = all.split_once(MARK) {
            self.is_answer = true;
            return Parts { thought: without_open(thought).to_owned(), text: text.trim_start().to_owned() };
        }
        let whole = all.len();
        let kept = (1..MARK.len()).rev().find(|it| MARK.get(..*it).is_some_and(|mark| all.ends_with(mark)));
        let (thought, held) = all.split_at_checked(whole - kept.unwrap_or(0)).unwrap_or((&all, ""));
        held.clone_into(&mut self.held);
        Parts { thought: without_open(thought).to_owned(), text: String::new() }
    }

    /// What was held back when nothing follows.
    pub(super) fn finish(&mut self) -> Parts {
        Parts { thought: std::mem::take(&mut self.held), text: String::new() }
    }
}

fn without_open(thought: &str) -> &str {
    thought.strip_prefix(OPEN).map_or(thought, str::trim_start)
}

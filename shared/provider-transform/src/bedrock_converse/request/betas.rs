//! Claude's betas: in Converse a list among the model's own parameters (`anthropic_beta`).

use http::HeaderValue;

use crate::anthropic::host::betas::CONVERSE;
use crate::bedrock::ModelId;

pub(super) const COMPACT: &str = "compact-2026-01-12";
pub(super) const EFFORT: &str = "effort-2025-11-24";
pub(super) const FINE_GRAINED_STREAMING: &str = "fine-grained-tool-streaming-2025-05-14";

/// The betas of one request, in the order of their coming.
#[derive(Debug, Default)]
pub(super) struct Betas(Vec<String>);

impl Betas {
    /// A beta that the request needs.
    pub(super) fn need(&mut self, beta: &str) {
        if !self.0.iter().any(|it| it == beta) {
            self.0.push(beta.to_owned());
        }
    }

    /// The client's own list (with commas, or as JSON), as far as Converse knows it; what it does not know is returned.
    pub(super) fn ask(&mut self, list: &str) -> Vec<String> {
        let sent: Vec<String> =
            serde_json::from_str(list).unwrap_or_else(|_| list.split(',').map(|it| it.trim().to_owned()).collect());
        let (known, unknown): (Vec<_>, Vec<_>) =
            sent.into_iter().filter(|it| !it.is_empty()).partition(|it| CONVERSE.name(it).is_some());
        for beta in known {
            self.need(&beta);
        }
        unknown
    }

    /// The list as a header, if there is anything to say.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        if self.0.is_empty() { None } else { HeaderValue::try_from(self.0.join(",")).ok() }
    }

    /// The list, if there is anything to say.
    pub(super) fn list(self) -> Option<Vec<String>> {
        Some(self.0).filter(|it| !it.is_empty())
    }
}

/// The beta of Claude's computer tools ("Computer use tool", by model).
pub(super) fn computer_use(model: &ModelId<'_>) -> &'static str {
    let is_any = |names: &[&str]| names.iter().any(|it| model.base.contains(it));
    let second = ["claude-3-7", "haiku-4-5", "opus-4-1", "opus-4-2025", "sonnet-4-2025", "sonnet-4-5"];
    if is_any(&second) {
        "computer-use-2025-01-24"
    } else if is_any(&["claude-3-"]) {
        "computer-use-2024-10-22"
    } else {
        "computer-use-2025-11-24"
    }
}

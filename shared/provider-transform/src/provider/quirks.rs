//! Where a provider departs from its protocol, as data of its row.

use crate::ModelInfo;
use crate::rules::names::{Reach, reach};

/// Departures from a protocol that providers share.
#[derive(Clone, Copy, Debug)]
pub struct Quirks {
    /// How its URLs are made.
    pub address: Address,
    /// OpenAI's chat parameters that the provider takes.
    pub chat_params: ChatParams,
    /// Models with a list of their own: (model, the parameters it takes).
    pub model_params: &'static [(&'static str, &'static [&'static str])],
    /// Parameters that only models known to reason take, beside `chat_params`.
    pub if_reasoning: &'static [&'static str],
    /// Parameters that models known to reason do not take.
    pub unless_reasoning: &'static [&'static str],
    /// `tool_choice` is taken by models alone that the price table says so of.
    pub tool_choice_by_model: bool,
    /// Words of `tool_choice` that are taken; everything when empty.
    pub tool_choice_words: &'static [&'static str],
    /// `tool_choice` is taken even where there are no tools.
    pub idle_tool_choice: bool,
    /// The provider's word for `tool_choice: required`.
    pub tool_choice_required: &'static str,
    /// Parameters with another name at the provider: (ours, theirs).
    pub renames: &'static [(&'static str, &'static str)],
    /// Keys that are taken out of tools, at any depth.
    pub tool_keys_dropped: &'static [&'static str],
    /// The provider knows thinking on or off, no effort and no budget.
    pub effort_as_thinking: bool,
    /// The provider reports its price when asked by `usage: {include: true}`.
    pub asks_for_cost: bool,
    /// The provider says in its usage what the call cost.
    pub states_cost: bool,
    /// How answers in a schema are asked for.
    pub schemas: Schemas,
    /// What becomes of reasoning that the provider calls `reasoning`.
    pub reasoning: ReasoningField,
    /// Claude's thinking is asked for in Anthropic's words, and leaves room in `max_tokens` for the answer.
    pub thinks_as_anthropic: bool,
    /// A message of the history may hold one call, followed by its answer.
    pub one_call_a_turn: bool,
    /// The least temperature of a model that does not take 0: (model, temperature).
    pub least_temperature: Option<(&'static str, f64)>,
    /// The provider takes no `reasoning_content` in the history.
    pub strips_reasoning: bool,
    /// The provider knows no `developer` role.
    pub developer_as_system: bool,
    /// Whose messages may have a `name`.
    pub names: Names,
    /// Where content that is a list of texts goes as one text.
    pub text: TextParts,
    /// What becomes of Anthropic's cache marks.
    pub cache_marks: CacheMarks,
    /// The provider takes `thinking_blocks` in the history.
    pub takes_thinking_back: bool,
    /// Which models have text completions.
    pub text_completions: TextCompletions,
    /// How it speaks OpenAI's Responses API, if it does.
    pub responses: Option<ResponsesApi>,
}

/// Which of a provider's models have OpenAI's older text completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextCompletions {
    /// None is known to.
    None,
    /// Those that the price table lists as such.
    TextModels,
    /// Every model.
    Every,
}

/// How a provider speaks OpenAI's Responses API.
#[derive(Clone, Copy, Debug)]
pub struct ResponsesApi {
    /// Callers of Anthropic's messages API are served there.
    pub messages: bool,
    /// Searching the web is to be had there alone.
    pub searches: bool,
    /// Keys of the web search tool that it refuses.
    pub search_keys_dropped: &'static [&'static str],
}

/// How URLs are made from the base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// The operation's path follows.
    Path,
    /// The row's own base is followed by the operation's path, a base that a deployment gives by this one before it.
    Under(&'static str),
    /// A deployment's path and a version in the query follow.
    AzureDeployment,
    /// A resource of Azure AI Foundry, or an endpoint of one model.
    AzureAi,
}

/// What becomes of Anthropic's cache marks (`cache_control`) on messages, parts and tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheMarks {
    /// The provider refuses them.
    Strip,
    /// The provider takes them, or ignores them.
    Keep,
    /// The provider takes them on parts: a message's goes to its last part.
    OnParts,
}

/// How answers in a schema (`response_format`) are asked for: natively, or by a tool that the model must call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schemas {
    /// Natively.
    Native,
    /// Natively from models that the price table says so of; the others take no tools beside it.
    NativeIfListed,
    /// Natively but from Claude.
    NativeUnlessClaude,
    /// Natively from the versions and models of Azure OpenAI that know schemas.
    AzureByVersion,
}

/// Whose messages may have a `name`; others' are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Everyone's.
    Everyone,
    /// Users'.
    Users,
    /// Tools'.
    Tools,
}

/// What becomes of reasoning that a provider calls `reasoning` rather than `reasoning_content`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasoningField {
    /// It is `reasoning_content`.
    Renamed,
    /// Whole answers keep the provider's name.
    KeptInWhole,
    /// Streams say both.
    BothInStreams,
}

/// Where content that is a list of texts goes as one text, for providers that read strings alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextParts {
    /// Lists go as they were sent.
    AsSent,
    /// In every message.
    Joined,
    /// In messages of the assistant and of tools.
    JoinedInAnswers,
    /// In messages of tools.
    JoinedInResults,
}

/// Which of OpenAI's chat parameters a provider takes.
#[derive(Clone, Copy, Debug)]
pub enum ChatParams {
    /// As OpenAI's own models do, by model.
    OpenAiModels,
    /// Those of a server compatible with OpenAI's, and these.
    CommonAnd(&'static [&'static str]),
    /// Those of a server compatible with OpenAI's, without these.
    CommonExcept(&'static [&'static str]),
    /// These.
    Only(&'static [&'static str]),
}

/// No departures from the protocol.
pub(crate) const NONE: Quirks = Quirks {
    address: Address::Path,
    chat_params: ChatParams::OpenAiModels,
    model_params: &[],
    if_reasoning: &[],
    unless_reasoning: &[],
    tool_choice_by_model: false,
    tool_choice_words: &[],
    idle_tool_choice: false,
    tool_choice_required: "required",
    renames: &[],
    tool_keys_dropped: &[],
    effort_as_thinking: false,
    asks_for_cost: false,
    states_cost: false,
    schemas: Schemas::Native,
    reasoning: ReasoningField::Renamed,
    thinks_as_anthropic: false,
    one_call_a_turn: false,
    least_temperature: None,
    strips_reasoning: false,
    developer_as_system: false,
    names: Names::Everyone,
    text: TextParts::AsSent,
    cache_marks: CacheMarks::Strip,
    takes_thinking_back: false,
    text_completions: TextCompletions::None,
    responses: None,
};

/// As OpenAI itself speaks it.
pub(crate) const RESPONSES: ResponsesApi = ResponsesApi { messages: false, searches: false, search_keys_dropped: &[] };

/// What servers compatible with OpenAI's share.
pub(crate) const COMPATIBLE: Quirks =
    Quirks { chat_params: ChatParams::CommonAnd(&[]), developer_as_system: true, ..NONE };

impl Quirks {
    /// Whether a model of the provider takes a parameter; `None` where OpenAI's own rules decide.
    #[must_use]
    pub fn takes(&self, param: &str, model: &str, info: &ModelInfo) -> Option<bool> {
        if let Some((_, own)) = self.model_params.iter().find(|(it, _)| *it == model) {
            return Some(own.contains(&param));
        }
        let is_common = reach(param) == Some(Reach::Compatible);
        let listed = match self.chat_params {
            ChatParams::OpenAiModels => return None,
            ChatParams::CommonAnd(more) => is_common || more.contains(&param),
            ChatParams::CommonExcept(fewer) => is_common && !fewer.contains(&param),
            ChatParams::Only(params) => params.contains(&param),
        };
        let reasons = info.supports.reasoning == Some(true);
        if param == "tool_choice" && self.tool_choice_by_model {
            return Some(info.supports.tool_choice == Some(true));
        }
        let by_model = reasons && self.if_reasoning.contains(&param);
        Some((listed || by_model) && !(reasons && self.unless_reasoning.contains(&param)))
    }
}

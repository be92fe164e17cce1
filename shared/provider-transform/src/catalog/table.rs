//! The providers, one table sorted by slug: adding one that is compatible with a protocol is adding a row to its room.

mod a_c;
mod d_l;
mod m_o;
mod p_z;

use crate::cohere::rerank::CohereRerank;
use crate::dialect::{Auth, ChatDialect};
use crate::openai::OpenAiChat;
use crate::openai::audio::{OpenAiSpeech, OpenAiTranscriptions};
use crate::openai::embeddings::OpenAiEmbeddings;
use crate::openai::images::{OpenAiImageEdits, OpenAiImages};
use crate::openai::moderations::OpenAiModerations;
use crate::operation::{Operation, Operations};
use crate::provider::{Address, ChatParams, Names, Provider, Quirks, TextCompletions};
use crate::provider::{COMPATIBLE, NONE};

/// The table's rooms, in order.
static ROOMS: &[&[Provider]] = &[a_c::ROWS, d_l::ROWS, m_o::ROWS, p_z::ROWS];

/// Every row, in the order of their slugs.
pub fn all() -> impl Iterator<Item = &'static Provider> {
    ROOMS.iter().copied().flatten()
}

/// The row of a slug.
pub(super) fn find(slug: &str) -> Option<&'static Provider> {
    let room = ROOMS.iter().rev().find(|it| it.first().is_some_and(|it| it.slug <= slug))?;
    room.get(room.binary_search_by(|it| it.slug.cmp(slug)).ok()?)
}

const DEFAULT: Provider = Provider {
    slug: "",
    base_url: "",
    auth: Auth::Bearer,
    api_key_env: &[],
    api_base_env: &[],
    chat: Some(&OpenAiChat),
    messages: None,
    google: None,
    count: None,
    operations: OPENAI,
    quirks: COMPATIBLE,
};

/// What servers compatible with OpenAI's share.
const OPENAI: Operations = Operations {
    embeddings: Some(&OpenAiEmbeddings::OPENAI),
    rerank: Some(&CohereRerank::JINA),
    images: Some(&OpenAiImages),
    image_edits: Some(&OpenAiImageEdits),
    speech: Some(&OpenAiSpeech),
    transcriptions: Some(&OpenAiTranscriptions::COMPATIBLE),
    moderations: Some(&OpenAiModerations),
};

/// A host compatible with OpenAI's chat completions.
const fn host(
    slug: &'static str,
    base_url: &'static str,
    api_key_env: &'static [&'static str],
    api_base_env: &'static [&'static str],
) -> Provider {
    Provider { slug, base_url, api_key_env, api_base_env, ..DEFAULT }
}

impl Provider {
    /// Over another protocol than OpenAI's, so without OpenAI's operations.
    const fn over(mut self, chat: &'static dyn ChatDialect) -> Self {
        self.chat = Some(chat);
        self.operations = Operations::NONE;
        self
    }

    /// With text completions of every model.
    const fn completing(mut self) -> Self {
        self.quirks.text_completions = TextCompletions::Every;
        self
    }

    /// Without conversations.
    const fn silent(mut self) -> Self {
        self.chat = None;
        self
    }

    const fn embedding(mut self, embeddings: &'static dyn Operation) -> Self {
        self.operations.embeddings = Some(embeddings);
        self
    }

    const fn ranking(mut self, rerank: &'static dyn Operation) -> Self {
        self.operations.rerank = Some(rerank);
        self
    }

    const fn doing(mut self, operations: Operations) -> Self {
        self.operations = operations;
        self
    }

    const fn with(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }
}

/// Servers that know the older name of the token limit alone.
const MAX_TOKENS: Quirks = Quirks { renames: MAX_TOKENS_ONLY, ..COMPATIBLE };
const MAX_TOKENS_ONLY: &[(&str, &str)] = &[("max_completion_tokens", "max_tokens")];

/// Aggregators that hand on to the models of others, OpenAI's among them.
const ROUTER: Quirks = Quirks { developer_as_system: true, ..NONE };

/// Servers whose given address ends before the version.
const VERSIONED: Quirks = Quirks { address: Address::Under("/v1"), ..COMPATIBLE };

const MISTRAL: Quirks = Quirks {
    chat_params: ChatParams::Only(&[
        "max_completion_tokens",
        "max_tokens",
        "parallel_tool_calls",
        "response_format",
        "seed",
        "stop",
        "stream",
        "temperature",
        "tool_choice",
        "tools",
        "top_p",
    ]),
    if_reasoning: &["reasoning_effort"],
    tool_choice_required: "any",
    tool_keys_dropped: &["$id", "$schema"],
    names: Names::Tools,
    renames: &[("max_completion_tokens", "max_tokens"), ("seed", "random_seed")],
    ..COMPATIBLE
};

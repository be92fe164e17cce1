//! The families, as rows: how they are prompted, what they call parameters, where their answers stand.

use serde_json::Value;

use super::prompt::{self, Template};
use crate::Object;
use crate::bedrock::ModelId;

/// A family of models.
pub(super) struct Family {
    /// How its base ids begin, or the name in front of an imported model's ARN.
    names: &'static [&'static str],
    pub(super) template: &'static Template,
    /// The field of the prompt.
    pub(super) prompt: &'static str,
    /// The field that holds the parameters; the body itself where there is none.
    pub(super) config: Option<&'static str>,
    /// Parameters it takes: (OpenAI's name, its own).
    params: &'static [(&'static str, &'static str)],
    /// Where the text stands, in a whole answer or in an event.
    pub(super) text: &'static [&'static str],
    /// Where the reason to stop stands.
    pub(super) reason: &'static [&'static str],
    /// Where the model counts tokens: of the prompt, of the answer.
    pub(super) counts: [&'static [&'static str]; 2],
    /// The answer begins with thoughts.
    pub(super) thinks: bool,
}

const LLAMA: Family = Family {
    names: &[],
    template: &prompt::LLAMA_3,
    prompt: "prompt",
    config: None,
    params: &[
        ("max_completion_tokens", "max_gen_len"),
        ("max_tokens", "max_gen_len"),
        ("temperature", "temperature"),
        ("top_p", "top_p"),
    ],
    text: &["/generation"],
    reason: &["/stop_reason"],
    counts: [&["/prompt_token_count"], &["/generation_token_count"]],
    thinks: false,
};

/// From the user guide's "Inference request parameters and response fields for foundation models".
static FAMILIES: [Family; 10] = [
    // "AI21 Labs Jurassic-2 models"
    Family {
        names: &["ai21.j2-"],
        template: &prompt::PLAIN,
        prompt: "prompt",
        config: None,
        params: &[
            ("max_completion_tokens", "maxTokens"),
            ("max_tokens", "maxTokens"),
            ("stop", "stopSequences"),
            ("temperature", "temperature"),
            ("top_p", "topP"),
        ],
        text: &["/completions/0/data/text"],
        reason: &["/completions/0/finishReason/reason"],
        counts: [&[], &[]],
        thinks: false,
    },
    // "Amazon Titan Text models"
    Family {
        names: &["amazon.titan-text-", "amazon.titan-tg1-"],
        template: &prompt::TITAN,
        prompt: "inputText",
        config: Some("textGenerationConfig"),
        params: &[
            ("max_completion_tokens", "maxTokenCount"),
            ("max_tokens", "maxTokenCount"),
            ("stop", "stopSequences"),
            ("temperature", "temperature"),
            ("top_p", "topP"),
        ],
        text: &["/results/0/outputText", "/outputText"],
        reason: &["/results/0/completionReason", "/completionReason"],
        counts: [&["/inputTextTokenCount"], &["/results/0/tokenCount", "/totalOutputTextTokenCount"]],
        thinks: false,
    },
    // "Cohere Command models"
    Family {
        names: &["cohere.command-text-", "cohere.command-light-text-"],
        template: &prompt::PLAIN,
        prompt: "prompt",
        config: None,
        params: &[
            ("logit_bias", "logit_bias"),
            ("max_completion_tokens", "max_tokens"),
            ("max_tokens", "max_tokens"),
            ("stop", "stop_sequences"),
            ("temperature", "temperature"),
            ("top_k", "k"),
            ("top_p", "p"),
        ],
        text: &["/generations/0/text", "/text"],
        reason: &["/generations/0/finish_reason", "/finish_reason"],
        counts: [&[], &[]],
        thinks: false,
    },
    // "DeepSeek models"
    Family {
        names: &["deepseek.r1-"],
        template: &prompt::DEEPSEEK,
        prompt: "prompt",
        config: None,
        params: &[
            ("max_completion_tokens", "max_tokens"),
            ("max_tokens", "max_tokens"),
            ("stop", "stop"),
            ("temperature", "temperature"),
            ("top_p", "top_p"),
        ],
        text: &["/choices/0/text"],
        reason: &["/choices/0/stop_reason"],
        counts: [&[], &[]],
        thinks: true,
    },
    // "Custom model import": DeepSeek's distillations are Llama and Qwen inside.
    Family { names: &["deepseek_r1"], template: &prompt::DEEPSEEK, thinks: true, ..LLAMA },
    // "Meta Llama models"
    Family { names: &["meta.llama2-", "llama2"], template: &prompt::LLAMA_2, ..LLAMA },
    Family { names: &["meta.llama4-", "llama4"], template: &prompt::LLAMA_4, ..LLAMA },
    Family { names: &["meta.llama", "llama"], ..LLAMA },
    // "Mistral AI text completion"
    Family {
        names: &[
            "mistral.mistral-7b-",
            "mistral.mistral-large-2402",
            "mistral.mistral-small-2402",
            "mistral.mixtral-",
            "mistral",
        ],
        template: &prompt::MISTRAL,
        prompt: "prompt",
        config: None,
        params: &[
            ("max_completion_tokens", "max_tokens"),
            ("max_tokens", "max_tokens"),
            ("stop", "stop"),
            ("temperature", "temperature"),
            ("top_p", "top_p"),
        ],
        text: &["/outputs/0/text"],
        reason: &["/outputs/0/stop_reason"],
        counts: [&[], &[]],
        thinks: false,
    },
    // "Custom model import"
    Family { names: &["qwen2", "qwen3"], template: &prompt::CHAT_ML, ..LLAMA },
];

/// The family of a model that completes texts: by the name in front of an ARN, else by the id.
pub(super) fn find(model: &ModelId<'_>) -> Option<&'static Family> {
    let is_it = |name: &str| match model.spec {
        Some(spec) => spec.eq_ignore_ascii_case(name),
        // Names of imported models have no maker; ids have.
        None => name.contains('.') && model.is_of(name),
    };
    FAMILIES.iter().find(|family| family.names.iter().any(|it| is_it(it)))
}

impl Family {
    /// Whether it takes one of OpenAI's parameters.
    pub(super) fn takes(&self, name: &str) -> bool {
        matches!(name, "stream" | "stream_options") || self.name(name).is_some()
    }

    /// Sets a parameter by its own name; those that are not OpenAI's are its own already.
    pub(super) fn set(&self, name: &str, value: Value, config: &mut Object) {
        // The newer of OpenAI's two names for the limit wins.
        let own = self.name(name).unwrap_or(name);
        if name != "max_tokens" || !config.contains_key(own) {
            config.insert(own.to_owned(), value);
        }
    }

    fn name(&self, name: &str) -> Option<&'static str> {
        self.params.iter().find(|(theirs, _)| *theirs == name).map(|(_, own)| *own)
    }
}

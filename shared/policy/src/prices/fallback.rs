//! Capabilities of model ids that the table does not list, from the id's family. Never prices.
//!
//! Each rule is one of the data file's `fallback_rules`; a test compares names and patterns with the file.

/// What an id of a family can do.
#[cfg_attr(not(test), expect(dead_code, reason = "name and pattern tie the rule to the data file, in a test"))]
pub(super) struct Rule {
    pub(super) name: &'static str,
    /// The data file's pattern that `matches` implements.
    pub(super) pattern: &'static str,
    matches: fn(&str) -> bool,
    /// Providers whose listed models get the flags too where the table is silent.
    pub(super) fills: &'static [&'static str],
    /// Flags that are true.
    pub(super) flags: &'static [&'static str],
    pub(super) mode: Option<&'static str>,
    /// Most prompt and generated tokens.
    pub(super) limits: Option<(u64, u64)>,
}

const CLAUDE_HOSTS: &[&str] = &["anthropic", "azure_ai", "bedrock", "bedrock_converse", "vertex_ai-anthropic_models"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "claude-family-baseline",
        pattern: r"claude-[a-z]+-\d+(?:[-.]\d+)?(?:-\d{8})?",
        matches: |id| claude_versions(id).next().is_some(),
        fills: &[],
        flags: &[
            "supports_function_calling",
            "supports_parallel_function_calling",
            "supports_vision",
            "supports_tool_choice",
            "supports_assistant_prefill",
            "supports_prompt_caching",
            "supports_response_schema",
            "supports_reasoning",
            "supports_pdf_input",
            "supports_system_messages",
        ],
        mode: Some("chat"),
        limits: Some((200_000, 64_000)),
    },
    Rule {
        name: "claude-adaptive-thinking",
        pattern: r"claude-[a-z]+-(?:4[-._](?:[6-9]|[1-9]\d)(?!\d)|[5-9](?!\d)(?:[-._]\d{1,2}(?!\d))?)",
        matches: |id| claude_versions(id).any(|version| is_at_least(version, 6)),
        fills: CLAUDE_HOSTS,
        flags: &["supports_adaptive_thinking"],
        mode: None,
        limits: None,
    },
    Rule {
        name: "claude-legacy-thinking",
        pattern: r"claude-[a-z]+-4[-._]6(?!\d)",
        matches: |id| claude_versions(id).any(|version| version == (4, Some(6))),
        fills: CLAUDE_HOSTS,
        flags: &["supports_legacy_thinking"],
        mode: None,
        limits: None,
    },
    Rule {
        name: "claude-always-on-thinking",
        pattern: r"claude-(?:fable|mythos)-",
        matches: |id| id.contains("claude-fable-") || id.contains("claude-mythos-"),
        fills: &[],
        flags: &["thinking_always_on"],
        mode: None,
        limits: None,
    },
    Rule {
        name: "claude-mid-conversation-system",
        pattern: r"claude-[a-z]+-(?:4[-._](?:[89]|[1-9]\d)(?!\d)|[5-9](?!\d)(?:[-._]\d{1,2}(?!\d))?)",
        matches: |id| claude_versions(id).any(|version| is_at_least(version, 8)),
        fills: CLAUDE_HOSTS,
        flags: &["supports_mid_conversation_system"],
        mode: None,
        limits: None,
    },
    Rule {
        name: "claude-tool-search",
        pattern: r"claude-[a-z]+-(?:4[-._](?:[5-9]|[1-9]\d)(?!\d)|[5-9](?!\d)(?:[-._]\d{1,2}(?!\d))?)",
        matches: |id| claude_versions(id).any(|version| is_at_least(version, 5)),
        fills: CLAUDE_HOSTS,
        flags: &["supports_tool_search"],
        mode: None,
        limits: None,
    },
    Rule {
        name: "wandb-reasoning-baseline",
        pattern: "^wandb/",
        matches: |id| id.starts_with("wandb/"),
        fills: &[],
        flags: &["supports_reasoning"],
        mode: None,
        limits: None,
    },
    Rule {
        name: "openai-reasoning-family-baseline",
        pattern: r"^(?!.*search-api)(?:[a-z0-9_.-]+/)*(?:ft:)?(?:o[1-9]\d*(?![a-z0-9])|gpt-[5-9](?:\.\d+)?(?![0-9.])|(?:gpt-\d+(?:\.\d+)?(?:-[a-z0-9]+)*-)?(?:codex|deep-research|chat-latest)(?![a-z0-9]))",
        matches: is_openai_reasoning,
        fills: &["azure", "azure_ai", "openai"],
        flags: &["supports_reasoning"],
        mode: None,
        limits: None,
    },
    Rule {
        name: "gemini-chat-baseline",
        pattern: r"gemini-(?!.*(?:-tts|-image|-live|-audio|-embedding|-computer-use|-robotics|-transcribe|-translate))(?:2[.-][5-9]|[3-9](?:[.-]\d{1,2})?)-(?:pro|flash)(?:-lite)?(?![a-z])",
        matches: is_gemini_chat,
        fills: &[],
        flags: &[
            "supports_reasoning",
            "supports_function_calling",
            "supports_tool_choice",
            "supports_system_messages",
            "supports_vision",
            "supports_response_schema",
            "supports_pdf_input",
            "supports_prompt_caching",
            "supports_web_search",
        ],
        mode: Some("chat"),
        limits: None,
    },
];

impl Rule {
    /// Whether the pattern matches somewhere in the id.
    pub(super) fn holds_for(&self, id: &str) -> bool {
        (self.matches)(id)
    }
}

/// The rules that hold for an id; a listed model gets only those that fill gaps for its provider.
pub(super) fn rules<'a>(
    provider: &'a str,
    model: &'a str,
    listed_by: Option<&'a str>,
) -> impl Iterator<Item = &'static Rule> + 'a {
    let full = format!("{provider}/{model}");
    RULES.iter().filter(move |rule| {
        listed_by.is_none_or(|listed| rule.fills.contains(&listed)) && (rule.holds_for(model) || rule.holds_for(&full))
    })
}

/// Major and minor version of every `claude-<family>-<major>[-.]<minor>` in the id; a date is no minor version.
fn claude_versions(id: &str) -> impl Iterator<Item = (u32, Option<u32>)> + '_ {
    id.match_indices("claude-").filter_map(|(at, found)| {
        let rest = id.get(at + found.len()..)?;
        let family = rest.find(|letter: char| !letter.is_ascii_lowercase())?;
        let (major, rest) = digits(rest.get(family..)?.strip_prefix('-')?)?;
        let minor = rest.strip_prefix(['-', '.', '_']).and_then(digits).filter(|(text, _)| text.len() <= 2);
        (family > 0).then_some((major.parse().ok()?, minor.and_then(|(text, _)| text.parse().ok())))
    })
}

fn is_at_least((major, minor): (u32, Option<u32>), four_point: u32) -> bool {
    (5..=9).contains(&major) || (major == 4 && minor.is_some_and(|minor| minor >= four_point))
}

fn is_openai_reasoning(id: &str) -> bool {
    let (path, base) = id.rsplit_once('/').unwrap_or(("", id));
    let base = base.strip_prefix("ft:").unwrap_or(base);
    let is_path = path.is_empty() || path.split('/').all(|part| !part.is_empty() && part.bytes().all(is_path_byte));
    let is_reasoning = is_o_series(base) || is_gpt_five_or_later(base) || is_reasoning_variant(base);
    is_path && is_reasoning && !id.contains("search-api")
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.' | b'-')
}

fn is_o_series(base: &str) -> bool {
    let number = base.strip_prefix('o').and_then(digits).filter(|(text, _)| !text.starts_with('0'));
    number.is_some_and(|(_, rest)| ends_word(rest))
}

fn is_gpt_five_or_later(base: &str) -> bool {
    let Some((major, rest)) = base.strip_prefix("gpt-").and_then(digits) else { return false };
    let rest = rest.strip_prefix('.').and_then(digits).map_or(rest, |(_, rest)| rest);
    matches!(major, "5" | "6" | "7" | "8" | "9") && !rest.starts_with('.')
}

/// `codex-mini`, `gpt-4.1-deep-research`, `gpt-5-chat-latest`.
fn is_reasoning_variant(base: &str) -> bool {
    ["codex", "deep-research", "chat-latest"].iter().any(|word| {
        base.match_indices(word).any(|(at, found)| {
            let (before, after) = (base.get(..at), base.get(at + found.len()..));
            before.is_some_and(is_gpt_prefix) && after.is_some_and(ends_word)
        })
    })
}

/// Nothing, or `gpt-<number>-` with any number of words and hyphens behind.
fn is_gpt_prefix(before: &str) -> bool {
    if before.is_empty() {
        return true;
    }
    let Some((_, rest)) = before.strip_prefix("gpt-").and_then(digits) else { return false };
    let rest = rest.strip_prefix('.').and_then(digits).map_or(rest, |(_, rest)| rest);
    match rest.strip_suffix('-') {
        None => false,
        Some("") => true,
        Some(words) => words.strip_prefix('-').is_some_and(|words| {
            words
                .split('-')
                .all(|word| !word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()))
        }),
    }
}

fn is_gemini_chat(id: &str) -> bool {
    const OTHER_KINDS: &[&str] =
        &["-tts", "-image", "-live", "-audio", "-embedding", "-computer-use", "-robotics", "-transcribe", "-translate"];
    id.match_indices("gemini-").any(|(at, found)| {
        let rest = id.get(at + found.len()..).unwrap_or_default();
        !OTHER_KINDS.iter().any(|kind| id.get(at..).is_some_and(|tail| tail.contains(kind))) && is_gemini_version(rest)
    })
}

fn is_gemini_version(rest: &str) -> bool {
    let Some((major, rest)) = digits(rest) else { return false };
    let minor = rest.strip_prefix(['.', '-']).and_then(digits);
    let recent = match (major, minor) {
        ("2", Some((minor, _))) => matches!(minor, "5" | "6" | "7" | "8" | "9"),
        ("3" | "4" | "5" | "6" | "7" | "8" | "9", Some((minor, _))) => minor.len() <= 2,
        ("3" | "4" | "5" | "6" | "7" | "8" | "9", None) => true,
        _ => false,
    };
    let size = minor.map_or(rest, |(_, rest)| rest);
    let tail = size.strip_prefix("-pro").or_else(|| size.strip_prefix("-flash"));
    recent && tail.is_some_and(|tail| !tail.starts_with(|letter: char| letter.is_ascii_lowercase()))
}

/// The digits that a text starts with, and what follows; `None` without a digit.
fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(number, _)| !number.is_empty())
}

fn ends_word(rest: &str) -> bool {
    !rest.starts_with(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit())
}

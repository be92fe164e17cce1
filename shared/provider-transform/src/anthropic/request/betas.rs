//! The `anthropic-beta` header: what the request needs, and what the client asked for and Anthropic knows
//! ("Beta headers").

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{Cx, Object};

pub(super) const ADVANCED_TOOL_USE: &str = "advanced-tool-use-2025-11-20";
pub(super) const FILES_API: &str = "files-api-2025-04-14";
pub(super) const MCP_CLIENT: &str = "mcp-client-2025-04-04";
pub(super) const STRUCTURED_OUTPUTS: &str = "structured-outputs-2025-11-13";

const CODE_EXECUTION: &str = "code-execution-2025-08-25";
const COMPACT: &str = "compact-2026-01-12";
const CONTEXT_MANAGEMENT: &str = "context-management-2025-06-27";

/// Values that Anthropic takes from a client; any other is left out. Source: LiteLLM's beta headers table.
const KNOWN: [&str; 31] = [
    "advanced-tool-use-2025-11-20",
    "advisor-tool-2026-03-01",
    "code-execution-2025-08-25",
    "compact-2026-01-12",
    "compact-2026-09-04",
    "computer-use-2025-01-24",
    "computer-use-2025-11-24",
    "context-1m-2025-08-07",
    "context-management-2025-06-27",
    "dangerous-tool-use-2026-09-03",
    "effort-2025-11-24",
    "fast-mode-2026-02-01",
    "files-api-2025-04-14",
    "fine-grained-tool-streaming-2025-05-14",
    "inline-tools-2026-09-15",
    "interleaved-thinking-2025-05-14",
    "mcp-client-2025-04-04",
    "mcp-client-2025-11-20",
    "mid-conversation-output-config-2026-07-01",
    "mid-conversation-tool-changes-2026-07-01",
    "oauth-2025-04-20",
    "output-128k-2025-02-19",
    "per-turn-control-2026-07-01",
    "prompt-caching-scope-2026-01-05",
    "skills-2025-10-02",
    "structured-outputs-2025-11-13",
    "thinking-binding-controls-2026-08-01",
    "thinking-display-updates-2026-08-18",
    "token-efficient-tools-2025-02-19",
    "web-fetch-2025-09-10",
    "web-search-2025-03-05",
];

/// The betas of one request, sorted.
#[derive(Debug, Default)]
pub(super) struct Betas(BTreeSet<String>);

impl Betas {
    /// A beta that the request needs.
    pub(super) fn need(&mut self, beta: &str) {
        self.0.insert(beta.to_owned());
    }

    /// Whether the beta is needed or asked for.
    pub(super) fn has(&self, beta: &str) -> bool {
        self.0.contains(beta)
    }

    /// The client's own list, as far as Anthropic knows it; what it does not know is returned.
    pub(super) fn ask<'v>(&mut self, list: &'v str) -> Vec<&'v str> {
        let (known, unknown): (Vec<_>, Vec<_>) =
            list.split(',').map(str::trim).filter(|it| !it.is_empty()).partition(|it| KNOWN.contains(it));
        self.0.extend(known.into_iter().map(str::to_owned));
        unknown
    }

    /// What the tools as sent need.
    pub(super) fn need_for_tools(&mut self, tools: &Value) {
        for tool in tools.as_array().into_iter().flatten().filter_map(Value::as_object) {
            let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
            if let Some(beta) = of_tool(kind) {
                self.need(beta);
            }
            let function = tool.get("function").and_then(Value::as_object);
            let has = |name| {
                let value = tool.get(name).or_else(|| function?.get(name));
                value.is_some_and(|it| !it.is_null() && *it != Value::Bool(false))
            };
            if ["allowed_callers", "defer_loading", "input_examples"].into_iter().any(has) {
                self.need(ADVANCED_TOOL_USE);
            }
        }
    }

    /// What a parameter of Anthropic's own needs.
    pub(super) fn need_for_param(&mut self, cx: &Cx<'_>, name: &str, value: &Value) {
        match name {
            "mcp_servers" => self.need(MCP_CLIENT),
            "container" if value.get("skills").is_some() => {
                self.need("skills-2025-10-02");
                self.need(CODE_EXECUTION);
            }
            "output_config" if value.get("effort").is_some() && cx.info.supports.adaptive_thinking != Some(true) => {
                self.need("effort-2025-11-24");
            }
            "output_format" => self.need(STRUCTURED_OUTPUTS),
            "speed" if value == "fast" => self.need("fast-mode-2026-02-01"),
            "context_management" => {
                let edits = value.get("edits").and_then(Value::as_array).into_iter().flatten();
                for edit in edits {
                    let is_compact = edit.get("type").and_then(Value::as_str) == Some("compact_20260112");
                    self.need(if is_compact { COMPACT } else { CONTEXT_MANAGEMENT });
                }
            }
            _ => {}
        }
    }

    /// The header's value, if there is anything to say.
    pub(super) fn header(self) -> Option<String> {
        let list: Vec<_> = self.0.into_iter().collect();
        (!list.is_empty()).then(|| list.join(","))
    }
}

/// OpenAI's list of context edits in Anthropic's form; Anthropic's own form stays.
pub(super) fn context_management(sent: &Value) -> Value {
    let Some(list) = sent.as_array() else { return sent.clone() };
    let edits = list.iter().map(|edit| {
        if edit.get("type").and_then(Value::as_str) != Some("compaction") {
            return edit.clone();
        }
        let mut compact = Object::new();
        compact.insert("type".into(), "compact_20260112".into());
        if let Some(threshold) = edit.get("compact_threshold").filter(|it| !it.is_null()) {
            compact.insert("trigger".into(), serde_json::json!({"type": "input_tokens", "value": threshold}));
        }
        Value::Object(compact)
    });
    serde_json::json!({"edits": edits.collect::<Vec<_>>()})
}

fn of_tool(kind: &str) -> Option<&'static str> {
    const BY_PREFIX: [(&str, &str); 11] = [
        ("advisor_", "advisor-tool-2026-03-01"),
        ("code_execution_20250522", "code-execution-2025-05-22"),
        ("code_execution_", CODE_EXECUTION),
        ("computer_20241022", "computer-use-2024-10-22"),
        ("computer_20251124", "computer-use-2025-11-24"),
        ("computer_", "computer-use-2025-01-24"),
        ("mcp", MCP_CLIENT),
        ("memory_", CONTEXT_MANAGEMENT),
        ("tool_search_tool", ADVANCED_TOOL_USE),
        ("url", MCP_CLIENT),
        ("web_fetch_", "web-fetch-2025-09-10"),
    ];
    BY_PREFIX.iter().find(|(prefix, _)| kind.starts_with(prefix)).map(|(_, beta)| *beta)
}

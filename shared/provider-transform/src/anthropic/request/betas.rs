//! The `anthropic-beta` header: what the request needs, and what the client asked for, as far as the host knows it
//! ("Beta headers").

use std::collections::BTreeSet;

use serde_json::Value;

use crate::provider::claude::Host;
use crate::{Cx, Object};

pub(super) const ADVANCED_TOOL_USE: &str = "advanced-tool-use-2025-11-20";
pub(super) const FILES_API: &str = "files-api-2025-04-14";
pub(super) const MCP_CLIENT: &str = "mcp-client-2025-04-04";
pub(super) const STRUCTURED_OUTPUTS: &str = "structured-outputs-2025-11-13";

const CODE_EXECUTION: &str = "code-execution-2025-08-25";
const COMPACT: &str = "compact-2026-01-12";
const CONTEXT_MANAGEMENT: &str = "context-management-2025-06-27";

/// The betas of one request, sorted.
pub(super) struct Betas {
    host: &'static Host,
    names: BTreeSet<String>,
}

impl Betas {
    pub(super) fn new(host: &'static Host) -> Self {
        Self { host, names: BTreeSet::new() }
    }

    /// A beta that the request needs where it is one; hosts have some features without.
    pub(super) fn need(&mut self, beta: &str) {
        self.names.extend(self.host.betas.name(beta).map(str::to_owned));
    }

    /// A beta without which the host does not understand the request.
    pub(super) fn insist(&mut self, beta: &str) {
        self.names.insert(beta.to_owned());
    }

    /// Whether the beta is needed or asked for.
    pub(super) fn has(&self, beta: &str) -> bool {
        self.names.contains(beta)
    }

    /// The client's own list, as far as the host knows it; what it does not know is returned.
    pub(super) fn ask<'v>(&mut self, list: &'v str) -> Vec<&'v str> {
        let mut unknown = Vec::new();
        for beta in list.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            match self.host.betas.name(beta) {
                Some(name) => _ = self.names.insert(name.to_owned()),
                None => unknown.push(beta),
            }
        }
        unknown
    }

    /// What the tools as sent need.
    pub(super) fn need_for_tools(&mut self, tools: &Value) {
        for tool in tools.as_array().into_iter().flatten().filter_map(Value::as_object) {
            let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
            self.need_for_kind(kind);
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

    /// What a tool of this type needs.
    pub(super) fn need_for_kind(&mut self, kind: &str) {
        let at_host = self.host.tool_betas.iter().find(|(start, _)| kind.starts_with(start)).map(|(_, beta)| *beta);
        for beta in of_tool(kind).into_iter().chain(at_host) {
            self.need(beta);
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

    /// All of them.
    pub(super) fn list(self) -> Vec<String> {
        self.names.into_iter().collect()
    }
}

/// OpenAI's list of context edits in Anthropic's form; Anthropic's own form stays.
pub(crate) fn context_management(sent: &Value) -> Value {
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

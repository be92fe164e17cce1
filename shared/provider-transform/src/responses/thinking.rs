//! Signed thinking of providers without a Responses API, carried in a reasoning item's `encrypted_content`.

use serde_json::Value;

/// How ids of reasoning items begin that we made ourselves; no provider knows them.
pub(super) const OWN_ID: &str = "rs_via_";

/// Whether the provider can verify the block: only such blocks may be sent back.
fn is_verifiable(block: &Value) -> bool {
    let has = |name: &str| block.get(name).and_then(Value::as_str).is_some_and(|it| !it.is_empty());
    match block.get("type").and_then(Value::as_str) {
        Some("thinking") => has("signature"),
        Some("redacted_thinking") => has("data"),
        _ => false,
    }
}

/// The blocks that can be sent back as one text; `None` when there are none.
pub(super) fn encode(blocks: &[Value]) -> Option<String> {
    let kept: Vec<&Value> = blocks.iter().filter(|it| is_verifiable(it)).collect();
    if kept.is_empty() { None } else { serde_json::to_string(&kept).ok() }
}

/// Reads [`encode`]; `None` for what a provider of this API sealed itself.
pub(super) fn decode(sealed: &str) -> Option<Vec<Value>> {
    let blocks: Vec<Value> = serde_json::from_str(sealed).ok()?;
    let kept: Vec<Value> = blocks.into_iter().filter(is_verifiable).collect();
    (!kept.is_empty()).then_some(kept)
}

//! Cache marks: Anthropic's `cache_control` as Converse's `cachePoint`, a block of its own behind what it marks
//! ("Prompt caching for faster model inference").

use serde_json::Value;

use crate::anthropic::request::dropped::Dropped;
use crate::bedrock::ModelId;
use crate::bedrock_converse::wire::CachePoint;
use crate::{Cx, ModelInfo};

/// Which marks the model takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    taken: bool,
    lasting: bool,
}

impl Marks {
    pub(super) fn new(cx: &Cx<'_>, model: &ModelId<'_>) -> Self {
        Self { taken: does_take(&cx.info, model), lasting: cx.info.hour_cache == Some(true) }
    }

    /// The block for a mark, if there is one that the model takes.
    pub(super) fn point(self, mark: Option<&Value>, dropped: &mut Dropped) -> Option<CachePoint> {
        let mark = mark.filter(|it| !it.is_null())?;
        if !self.taken {
            dropped.note("cache_control");
            return None;
        }
        let ttl = match mark.get("ttl").and_then(Value::as_str) {
            Some("5m") if self.lasting => Some("5m"),
            Some("1h") if self.lasting => Some("1h"),
            Some("1h") => {
                dropped.note("cache_control.ttl");
                None
            }
            _ => None,
        };
        Some(CachePoint { kind: "default", ttl })
    }
}

/// Models without explicit caching refuse the block; OpenAI's cache by themselves. A model that the table does not list
/// may be newer than the table.
fn does_take(info: &ModelInfo, model: &ModelId<'_>) -> bool {
    let is_listed = info.hour_cache.is_some();
    let stated = info.supports.prompt_cache_breakpoint.or(info.supports.prompt_caching);
    !model.is_of("openai.") && stated.unwrap_or(!is_listed)
}

//! A day of somebody's activity, broken down by everything that a call has.

use std::collections::BTreeMap;

use policy::money::Usd;
use serde::Serialize;
use store::{Measures, Rollup};

use crate::names::Names;
use crate::sums::{group, sum, total_tokens};

/// Sums, with LiteLLM's names.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Metrics {
    pub(crate) spend: Usd,
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
    pub(crate) cache_read_input_tokens: u64,
    pub(crate) cache_creation_input_tokens: u64,
    pub(crate) total_tokens: u64,
    pub(crate) successful_requests: u64,
    pub(crate) failed_requests: u64,
    pub(crate) api_requests: u64,
    /// Calls of which nobody says what they cost: `spend` lacks them.
    pub(crate) unpriced_requests: u64,
    pub(crate) total_response_time_ms: u64,
    pub(crate) timed_requests: u64,
}

impl From<&Measures> for Metrics {
    fn from(it: &Measures) -> Self {
        Self {
            spend: it.spend,
            prompt_tokens: it.prompt_tokens,
            completion_tokens: it.completion_tokens,
            cache_read_input_tokens: it.cache_read_tokens,
            cache_creation_input_tokens: it.cache_write_tokens,
            total_tokens: total_tokens(it),
            successful_requests: it.successful,
            failed_requests: it.failed,
            api_requests: it.requests,
            unpriced_requests: it.unpriced,
            total_response_time_ms: it.time_ms,
            timed_requests: it.requests,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Day<'a> {
    date: &'a str,
    metrics: Metrics,
    breakdown: Breakdown<'a>,
}

type Parts<'a> = BTreeMap<&'a str, Part<'a>>;
type Keys<'a> = BTreeMap<&'a str, KeyPart<'a>>;

#[derive(Serialize)]
struct Breakdown<'a> {
    /// Always empty: calls of MCP servers are not served here.
    mcp_servers: Parts<'a>,
    models: Parts<'a>,
    model_groups: Parts<'a>,
    providers: Parts<'a>,
    endpoints: Parts<'a>,
    api_keys: Keys<'a>,
    entities: Parts<'a>,
}

#[derive(Serialize)]
struct Part<'a> {
    metrics: Metrics,
    metadata: BTreeMap<&'static str, &'a str>,
    api_key_breakdown: Keys<'a>,
}

#[derive(Serialize)]
struct KeyPart<'a> {
    metrics: Metrics,
    metadata: KeyMetadata<'a>,
}

#[derive(Serialize)]
struct KeyMetadata<'a> {
    key_alias: Option<&'a str>,
    team_id: Option<&'a str>,
    user_id: Option<&'a str>,
}

type Aliases<'a> = BTreeMap<&'a str, &'a str>;

impl<'a> Day<'a> {
    /// `names` are those of the entities, `aliases` those of the keys.
    pub(crate) fn of(date: &'a str, rollups: &[&'a Rollup], names: &'a Names, aliases: &Aliases<'a>) -> Self {
        let parts = |name: fn(&Rollup) -> &str| parts(rollups, name, aliases);
        let mut entities = parts(|it| if it.of.is_empty() { "Unassigned" } else { &it.of });
        for (id, part) in &mut entities {
            part.metadata.extend(names.get(*id).map(|name| ("alias", name.as_str())));
        }
        Self {
            date,
            metrics: Metrics::from(&sum(rollups.iter().copied())),
            breakdown: Breakdown {
                mcp_servers: Parts::new(),
                models: parts(|it| &it.model),
                model_groups: parts(|it| &it.model_group),
                providers: parts(|it| if it.provider.is_empty() { "unknown" } else { &it.provider }),
                endpoints: parts(|it| &it.endpoint),
                api_keys: keys(rollups, aliases),
                entities,
            },
        }
    }
}

/// By a name; what has none is left out.
fn parts<'a>(rollups: &[&'a Rollup], name: fn(&Rollup) -> &str, aliases: &Aliases<'a>) -> Parts<'a> {
    let groups = group(rollups.iter().copied().filter(|it| !name(it).is_empty()), name).into_iter();
    let part = |(name, rollups): (&'a str, Vec<&'a Rollup>)| {
        let metrics = Metrics::from(&sum(rollups.iter().copied()));
        (name, Part { metrics, metadata: BTreeMap::new(), api_key_breakdown: keys(&rollups, aliases) })
    };
    groups.map(part).collect()
}

fn keys<'a>(rollups: &[&'a Rollup], aliases: &Aliases<'a>) -> Keys<'a> {
    let groups = group(rollups.iter().copied(), |it| it.api_key.as_str()).into_iter();
    let key = |(key, rollups): (&'a str, Vec<&'a Rollup>)| {
        let metrics = Metrics::from(&sum(rollups.iter().copied()));
        let last = |name: fn(&Rollup) -> &str| rollups.last().map(|it| name(it)).filter(|it| !it.is_empty());
        let metadata = KeyMetadata {
            key_alias: aliases.get(key).copied(),
            team_id: last(|it| &it.team),
            user_id: last(|it| &it.user),
        };
        (key, KeyPart { metrics, metadata })
    };
    groups.map(key).collect()
}

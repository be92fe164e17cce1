//! Sums of rollups, by whatever they have in common.

use std::collections::BTreeMap;

use policy::money::Usd;
use serde::Serialize;
use store::{Measures, Rollup};

/// What a report says of a key, a model or a day.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Sums {
    pub(crate) total_cost: Usd,
    pub(crate) total_input_tokens: u64,
    pub(crate) total_output_tokens: u64,
    pub(crate) api_requests: u64,
    pub(crate) successful_requests: u64,
    pub(crate) failed_requests: u64,
    /// Calls of which nobody says what they cost: `total_cost` lacks them.
    pub(crate) unpriced_requests: u64,
}

impl From<&Measures> for Sums {
    fn from(measures: &Measures) -> Self {
        Self {
            total_cost: measures.spend,
            total_input_tokens: measures.prompt_tokens,
            total_output_tokens: measures.completion_tokens,
            api_requests: measures.requests,
            successful_requests: measures.successful,
            failed_requests: measures.failed,
            unpriced_requests: measures.unpriced,
        }
    }
}

/// Sent and produced.
pub(crate) fn total_tokens(measures: &Measures) -> u64 {
    measures.prompt_tokens + measures.completion_tokens
}

/// Sums by a name, sorted by it.
pub(crate) fn by<'a, K: Ord>(
    rollups: impl IntoIterator<Item = &'a Rollup>,
    name: impl Fn(&'a Rollup) -> K,
) -> BTreeMap<K, Measures> {
    let mut sums: BTreeMap<K, Measures> = BTreeMap::new();
    for rollup in rollups {
        *sums.entry(name(rollup)).or_default() += &rollup.measures;
    }
    sums
}

/// Groups by a name, sorted by it.
pub(crate) fn group<'a, K: Ord>(
    rollups: impl IntoIterator<Item = &'a Rollup>,
    name: impl Fn(&'a Rollup) -> K,
) -> BTreeMap<K, Vec<&'a Rollup>> {
    let mut groups: BTreeMap<K, Vec<&Rollup>> = BTreeMap::new();
    for rollup in rollups {
        groups.entry(name(rollup)).or_default().push(rollup);
    }
    groups
}

/// What rollups come to together.
pub(crate) fn sum<'a>(rollups: impl IntoIterator<Item = &'a Rollup>) -> Measures {
    let mut sum = Measures::default();
    rollups.into_iter().for_each(|it| sum += &it.measures);
    sum
}

/// The dearest first, equals by name.
pub(crate) fn dearest<K: Ord>(sums: BTreeMap<K, Measures>) -> Vec<(K, Measures)> {
    let mut sums: Vec<(K, Measures)> = sums.into_iter().collect();
    sums.sort_by(|(one, one_sum), (other, other_sum)| other_sum.spend.cmp(&one_sum.spend).then_with(|| one.cmp(other)));
    sums
}

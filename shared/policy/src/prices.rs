//! Prices, limits and capabilities of models, compiled in; looking one up parses nothing and does no IO.

use provider_transform::ModelInfo;
use serde_json::{Map, Value};

mod blob;
mod custom;
mod fallback;
mod info;
mod lookup;
mod price;
mod rate;
#[cfg(test)]
mod tests;

pub use custom::CustomPrice;
pub use price::{Price, Rate};
pub use rate::{RateKey, Tier, Unit};

pub(crate) use price::{Band, OffPeak, Window, amount};

/// A model of the compiled table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    key: &'static str,
    record: blob::Record,
}

/// Whether a model's cost can be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pricing {
    /// The rates to apply.
    Priced(Price),
    /// Nobody says what the model costs: record the call as unpriced, never as free.
    Unpriced,
}

impl Entry {
    /// The table's key, for example `bedrock/us-west-2/anthropic.claude-v1`.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// The table's provider name, which may be finer than a slug (`vertex_ai-anthropic_models`).
    #[must_use]
    pub fn provider(&self) -> &'static str {
        self.record.provider
    }

    /// `chat`, `embedding`, `image_generation`, ...; `None` where the table is silent.
    #[must_use]
    pub fn mode(&self) -> Option<&'static str> {
        (!self.record.mode.is_empty()).then_some(self.record.mode)
    }

    /// A capability by the table's name, for example `supports_vision`; `None` where the table is silent.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.record.flag(name)
    }

    /// The shortest prompt that the provider caches, in tokens.
    #[must_use]
    pub fn prompt_cache_min_tokens(&self) -> Option<u64> {
        stated(self.record.prompt_cache_min_tokens)
    }

    /// The highest effort that Bedrock takes in `output_config`.
    #[must_use]
    pub fn bedrock_effort_ceiling(&self) -> Option<&'static str> {
        Some(self.record.effort_ceiling).filter(|effort| !effort.is_empty())
    }

    /// Dimensions of an embedding.
    #[must_use]
    pub fn output_vector_size(&self) -> Option<u64> {
        stated(self.record.output_vector_size)
    }

    /// Limits and capabilities in the translator's terms.
    #[must_use]
    pub fn info(&self) -> ModelInfo {
        info::info(self.record.provider, self.key, Some(&self.record))
    }

    /// The rates; `None` for a model that is listed without any.
    #[must_use]
    pub fn price(&self) -> Option<Price> {
        Some(Price::from_record(&self.record)).filter(Price::has_rates)
    }
}

impl Pricing {
    /// The rates, if there are any.
    #[must_use]
    pub fn price(&self) -> Option<&Price> {
        match self {
            Self::Priced(price) => Some(price),
            Self::Unpriced => None,
        }
    }
}

/// Finds a model by provider slug and model name, with or without the provider in front.
///
/// Only exact keys count (plus the spellings that name the same weights, see `lookup`): a newer model is never
/// priced as an older one whose name it begins with. An empty provider matches every entry, and the model may then
/// name its provider in front (a deployment's `base_model`).
#[must_use]
pub fn find(provider: &str, model: &str) -> Option<Entry> {
    let found = lookup::first(provider, model, |key| {
        let (key, record) = blob::find(key)?;
        lookup::same_provider(provider, record.provider).then_some(Entry { key, record })
    });
    found.or_else(|| {
        let (named, rest) = model.split_once('/').filter(|_| provider.is_empty())?;
        if named.is_empty() { None } else { find(named, rest) }
    })
}

/// Finds the entry that prices an image of this quality and size, else the model's own.
///
/// The table lists such prices as `quality/width-x-height/model`, with or without the provider in front.
#[must_use]
pub fn find_image(provider: &str, model: &str, quality: Option<&str>, size: Option<&str>) -> Option<Entry> {
    let base = model.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')).unwrap_or(model);
    let size = size.map(|size| size.replace('x', "-x-"));
    let variants = [(quality, size.as_deref()), (None, size.as_deref()), (quality, None)];
    let named = variants.iter().find_map(|(quality, size)| {
        let parts: Vec<&str> = quality.iter().chain(size).copied().collect();
        if parts.is_empty() {
            return None;
        }
        find(provider, &format!("{}/{base}", parts.join("/")))
    });
    named.or_else(|| find(provider, model))
}

/// Limits and capabilities of any model: the table's, or what its family's name promises when it is not listed.
#[must_use]
pub fn info(provider: &str, model: &str) -> ModelInfo {
    find(provider, model).map_or_else(|| info::info(provider, model, None), |entry| entry.info())
}

/// The price of a call: the deployment's own, else the first candidate (provider, model) that the table prices.
///
/// Candidates in order: `base_model` of the deployment, the model the provider reported, the model asked for.
#[must_use]
pub fn pricing<'a>(custom: Option<&CustomPrice>, candidates: impl IntoIterator<Item = (&'a str, &'a str)>) -> Pricing {
    let mut first_provider = "";
    let table = candidates.into_iter().find_map(|(provider, model)| {
        first_provider = if first_provider.is_empty() { provider } else { first_provider };
        find(provider, model)?.price()
    });
    match custom.map(|own| own.over(table.as_ref(), first_provider)).or(table) {
        Some(price) if price.has_rates() => Pricing::Priced(price),
        _ => Pricing::Unpriced,
    }
}

/// Limits and capabilities with those that a deployment's `model_info` states (`supports_vision`,
/// `max_output_tokens`, ...) put over them.
#[must_use]
pub fn info_of_deployment(provider: &str, model: &str, model_info: &Map<String, Value>) -> ModelInfo {
    info::with_own(info(provider, model), model_info)
}

/// Whether the table prices any model of a provider, by its slug.
#[must_use]
pub fn lists_provider(slug: &str) -> bool {
    !slug.is_empty()
        && blob::keys().filter_map(blob::find).any(|(_, record)| lookup::same_provider(slug, record.provider))
}

/// Every key of the table, sorted.
pub fn keys() -> impl Iterator<Item = &'static str> {
    blob::keys()
}

fn stated(limit: u32) -> Option<u64> {
    (limit > 0).then_some(u64::from(limit))
}

//! The rates of one model: what a unit costs for a tier, a prompt size and a time of day.

use rust_decimal::Decimal;

use super::blob::Record;
use super::rate::{RateKey, Unit};

/// Everything needed to price a call; from the compiled table, a deployment's own price, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Price {
    pub(super) provider: String,
    pub(super) rates: Vec<Rate>,
    pub(super) bands: Vec<Band>,
    pub(super) off_peak: Option<OffPeak>,
    pub(super) search_per_query: bool,
}

/// One rate in US dollars per unit (a plain factor for the multipliers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// What the rate is for.
    pub key: RateKey,
    /// Dollars for one unit.
    pub amount: Decimal,
}

/// Rates for all prompts up to a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Band {
    /// The largest prompt of the band, in tokens.
    pub(crate) up_to: u64,
    pub(crate) rates: Vec<Rate>,
}

/// Rates that replace the others inside time windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OffPeak {
    /// Time zone that decides the day of the week; the hours themselves are UTC.
    pub(crate) zone: &'static str,
    pub(crate) windows: Vec<Window>,
    pub(crate) rates: Vec<Rate>,
}

/// Minutes of the day from `start` to before `end` on the days of a bit set (bit 0 is Monday).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) days: u8,
    pub(crate) start: u16,
    pub(crate) end: u16,
}

impl Price {
    pub(super) fn from_record(record: &Record) -> Self {
        let unpacked = record.rates();
        Self {
            provider: record.provider.to_owned(),
            rates: unpacked.rates,
            bands: unpacked.bands,
            off_peak: unpacked.off_peak,
            search_per_query: record.search_per_query,
        }
    }

    /// The provider that bills, by the table's name (`vertex_ai-anthropic_models`, `bedrock_converse`, ...).
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// All rates outside prompt-size bands and off-peak windows.
    #[must_use]
    pub fn rates(&self) -> &[Rate] {
        &self.rates
    }

    /// The standard rate of a unit, whatever the prompt size.
    #[must_use]
    pub fn standard(&self, unit: Unit) -> Option<Decimal> {
        self.exact(RateKey::standard(unit))
    }

    /// Whether using the model costs nothing: it has rates and all of them are zero.
    #[must_use]
    pub fn is_free(&self) -> bool {
        let groups = [&self.rates].into_iter().chain(self.bands.iter().map(|band| &band.rates));
        let mut charges = groups.flatten().filter(|rate| !rate.key.unit.is_factor()).peekable();
        charges.peek().is_some() && charges.all(|rate| rate.amount.is_zero())
    }

    pub(super) fn has_rates(&self) -> bool {
        !self.bands.is_empty() || self.rates.iter().any(|rate| !rate.key.unit.is_factor())
    }

    pub(crate) fn exact(&self, key: RateKey) -> Option<Decimal> {
        amount(&self.rates, key)
    }

    pub(crate) fn bands(&self) -> &[Band] {
        &self.bands
    }

    pub(crate) fn off_peak(&self) -> Option<&OffPeak> {
        self.off_peak.as_ref()
    }

    /// Whether web search is charged for every query the model made instead of once a call.
    pub(crate) fn search_per_query(&self) -> bool {
        self.search_per_query
    }
}

impl Unit {
    /// Whether the number is a multiplier and not a price.
    #[must_use]
    pub fn is_factor(self) -> bool {
        matches!(
            self,
            Self::ResidencyEu | Self::ResidencyUs | Self::RegionalEndpoint | Self::InferenceGeoUs | Self::SpeedFast
        )
    }

    /// Whether the unit is some kind of prompt token.
    #[must_use]
    pub fn is_prompt_token(self) -> bool {
        matches!(
            self,
            Self::Input
                | Self::CacheRead
                | Self::CacheWrite
                | Self::CacheWrite1h
                | Self::CacheReadAudio
                | Self::CacheReadImage
                | Self::CacheWriteAudio
                | Self::InputAudio
                | Self::InputImageToken
                | Self::InputVideoToken
        )
    }

    /// Whether the unit is some kind of generated token.
    #[must_use]
    pub fn is_output_token(self) -> bool {
        matches!(
            self,
            Self::Output | Self::OutputAudio | Self::OutputImageToken | Self::OutputVideoToken | Self::Reasoning
        )
    }

    /// Whether the table holds the rate one level down, under a name that means nothing alone.
    pub(super) fn is_nested(self) -> bool {
        matches!(self, Self::SearchLow | Self::SearchMedium | Self::SearchHigh | Self::InferenceGeoUs | Self::SpeedFast)
    }
}

pub(crate) fn amount(rates: &[Rate], key: RateKey) -> Option<Decimal> {
    rates.iter().find(|rate| rate.key == key).map(|rate| rate.amount)
}

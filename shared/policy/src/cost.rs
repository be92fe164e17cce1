//! What a call costs: rates of a model times the units of a call, exact to the last digit.

use provider_transform::Usage;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::Usd;
use crate::prices::{Price, Tier, Unit};

mod adjust;
mod bound;
mod media;
mod rates;
mod terms;
#[cfg(test)]
mod tests;
mod tokens;
mod tools;

pub use adjust::Adjustments;
pub use bound::worst_case;
pub use terms::{Terms, read_discounts, read_margins};

/// What a call did that its token usage does not say, and how it is billed.
#[derive(Clone, Debug, Default)]
pub struct Call<'a> {
    /// What was produced; decides the formula.
    pub work: Work<'a>,
    /// When the call is billed, in seconds since the Unix epoch; matters for off-peak prices.
    pub at: u64,
    /// Tier the client asked for; the one in the usage (what was served) comes first.
    pub service_tier: Option<&'a str>,
    /// An asynchronous batch job.
    pub batch: bool,
    /// Speed that the client asked for (`fast`), where the usage does not report it.
    pub speed: Option<&'a str>,
    /// Region of inference that the client asked for, where the usage does not report it.
    pub inference_geo: Option<&'a str>,
    /// Where OpenAI keeps and processes the data (`eu`, `us`).
    pub data_residency: Option<&'a str>,
    /// Vertex AI location; every other than `global` is regional.
    pub vertex_location: Option<&'a str>,
    /// Run time of the call, for models billed by the second.
    pub seconds: Option<Decimal>,
    /// Characters of the prompt where the provider says it bills them, or the model is billed by the character.
    pub input_characters: u64,
    /// Characters of the answer, for models billed by the character.
    pub output_characters: u64,
    /// Images in the input of a model that bills them apiece.
    pub input_images: u64,
    /// Seconds of video in the input of a model that bills them.
    pub input_video_seconds: Decimal,
    /// Seconds of audio in the input of a model that bills them beside tokens.
    pub input_audio_seconds: Decimal,
    /// Built-in tools that ran.
    pub tools: ToolUse<'a>,
    /// Discount and margin of the operator.
    pub adjustments: Adjustments,
}

/// The kind of work, with the units that are not tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Work<'a> {
    /// Chat, completions, responses, embeddings, moderation.
    #[default]
    Tokens,
    /// Image generation and editing. Token usage wins where the provider reports it and the model has token rates.
    Images {
        /// Images made.
        count: u64,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// Text to speech.
    Speech {
        /// Characters read out.
        characters: u64,
    },
    /// Speech to text. Token usage wins where the provider reports it and the model has token rates.
    Transcription {
        /// Length of the audio.
        seconds: Decimal,
    },
    /// Reranking; tokens of the usage are added.
    Rerank {
        /// Search units the provider billed.
        search_units: u64,
    },
    /// Video generation.
    Video {
        /// Length of one video.
        seconds: Decimal,
        /// Videos made.
        count: u64,
        /// `480p`, `720p`, `768p`, `1080p`, `2k` or `4k`, where the model prices them apart.
        resolution: Option<&'a str>,
    },
    /// Optical character recognition.
    Ocr {
        /// Pages read.
        pages: u64,
        /// Pages annotated.
        annotated_pages: u64,
    },
    /// Search and vector store calls.
    Search {
        /// Queries run.
        queries: u64,
        /// Results asked for, where the model prices them apart.
        max_results: u64,
    },
}

/// Built-in tools of a provider that are billed apiece. Web searches are counted in the usage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolUse<'a> {
    /// `low`, `medium` (also when absent) or `high`.
    pub search_context_size: Option<&'a str>,
    /// Queries grounded with Google Maps.
    pub maps_queries: u64,
    /// Calls of the file search tool.
    pub file_search_calls: u64,
    /// Code interpreter containers started.
    pub code_interpreter_sessions: u64,
}

/// The cost of one call by part, each rounded to 18 decimal places. Field names in JSON are LiteLLM's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Breakdown {
    /// The prompt, cache reads and writes included.
    #[serde(rename = "input_cost")]
    pub input: Usd,
    /// The part of `input` that was read from a cache.
    #[serde(rename = "cache_read_cost")]
    pub cache_read: Usd,
    /// The part of `input` that was written to a cache.
    #[serde(rename = "cache_creation_cost")]
    pub cache_creation: Usd,
    /// The answer, reasoning included.
    #[serde(rename = "output_cost")]
    pub output: Usd,
    /// The part of `output` spent on reasoning.
    #[serde(rename = "reasoning_cost")]
    pub reasoning: Usd,
    /// Web searches and other built-in tools.
    #[serde(rename = "tool_usage_cost")]
    pub tool_usage: Usd,
    /// `input + output + tool_usage`, or what the provider says it was; before discount and margin.
    #[serde(rename = "original_cost")]
    pub original: Usd,
    /// Taken off `original`.
    #[serde(rename = "discount_amount")]
    pub discount: Usd,
    /// Added to the discounted amount.
    #[serde(rename = "margin_total_amount")]
    pub margin: Usd,
    /// What is charged.
    #[serde(rename = "total_cost")]
    pub total: Usd,
    /// Some of the work had no rate: `total` is too low by an unknown amount.
    #[serde(skip_serializing_if = "is_false")]
    pub unpriced: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Cost of the work itself, before tools and adjustments.
#[derive(Clone, Copy, Debug, Default)]
struct Parts {
    input: Usd,
    cache_read: Usd,
    cache_creation: Usd,
    output: Usd,
    reasoning: Usd,
    unpriced: bool,
}

impl Parts {
    /// Price of some units; units without a rate mark the parts as unpriced.
    fn charge(&mut self, rate: Option<Decimal>, units: u64) -> Usd {
        self.unpriced |= rate.is_none() && units > 0;
        charge_known(rate, Decimal::from(units))
    }

    fn multiply(&mut self, factor: Decimal) {
        let Self { input, cache_read, cache_creation, output, reasoning, unpriced: _ } = self;
        for part in [input, cache_read, cache_creation, output, reasoning] {
            *part = part.times(factor);
        }
    }
}

/// Price of a quantity where a missing rate means that the provider does not charge for it.
fn charge_known(rate: Option<Decimal>, quantity: Decimal) -> Usd {
    Usd::from_decimal(quantity).times(rate.unwrap_or_default())
}

impl Call<'_> {
    /// Input media that are billed beside tokens.
    fn media(&self) -> [(Unit, Decimal); 3] {
        [
            (Unit::InputImage, Decimal::from(self.input_images)),
            (Unit::InputVideoSecond, self.input_video_seconds),
            (Unit::InputAudioSecond, self.input_audio_seconds),
        ]
    }

    /// The tier that was served if the usage names one, else the one asked for. Fireworks bills one tier only.
    fn tier(&self, price: &Price, usage: &Usage) -> Tier {
        if self.batch {
            return Tier::Batches;
        }
        if price.provider().starts_with("fireworks_ai") {
            return Tier::Standard;
        }
        let named = |name: Option<&str>| name.and_then(rates::tier);
        named(usage.service_tier.as_deref()).or_else(|| named(self.service_tier)).unwrap_or_default()
    }
}

/// Prices a call. Exact until the end, then rounded once. The provider's own bill is the cost where it states one.
#[must_use]
pub fn cost(price: &Price, usage: &Usage, call: &Call<'_>) -> Breakdown {
    let mut parts = parts(price, usage, call);
    parts.multiply(factor(price, usage, call));
    let (tool_usage, tools_unpriced) = tools::cost(price, usage, call);
    let stated = stated(usage);
    let original = stated.unwrap_or(parts.input + parts.output + tool_usage);
    let (discount, margin) = call.adjustments.apply(original);
    Breakdown {
        input: parts.input.rounded(),
        cache_read: parts.cache_read.rounded(),
        cache_creation: parts.cache_creation.rounded(),
        output: parts.output.rounded(),
        reasoning: parts.reasoning.rounded(),
        tool_usage: tool_usage.rounded(),
        original: original.rounded(),
        discount: discount.rounded(),
        margin: margin.rounded(),
        total: (original - discount + margin).rounded(),
        unpriced: stated.is_none() && (parts.unpriced || tools_unpriced),
    }
}

/// What a call costs by the provider's own word, for models without a price; `None` when it says nothing.
#[must_use]
pub fn stated_cost(usage: &Usage, call: &Call<'_>) -> Option<Breakdown> {
    let original = stated(usage)?;
    let (discount, margin) = call.adjustments.apply(original);
    Some(Breakdown {
        original: original.rounded(),
        discount: discount.rounded(),
        margin: margin.rounded(),
        total: (original - discount + margin).rounded(),
        ..Breakdown::default()
    })
}

fn stated(usage: &Usage) -> Option<Usd> {
    let text = usage.stated_cost.as_ref()?.to_string();
    let amount = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text)).ok()?;
    (!amount.is_sign_negative()).then(|| Usd::from_decimal(amount))
}

fn parts(price: &Price, usage: &Usage, call: &Call<'_>) -> Parts {
    let size = match call.work {
        Work::Search { max_results, .. } => max_results,
        _ => usage.prompt_tokens,
    };
    let off_peak = price.off_peak().filter(|it| rates::is_off_peak(it, call.at)).map(|it| it.rates.as_slice());
    let rates = rates::Rates {
        price,
        overlay: off_peak.or_else(|| Some(rates::band(price, size)?.rates.as_slice())).unwrap_or_default(),
        above: rates::threshold(price, usage.prompt_tokens),
        tier: call.tier(price, usage),
    };
    match call.work {
        Work::Tokens if price.provider() == "perplexity" && !call.batch => tokens::perplexity(&rates, usage),
        Work::Tokens => tokens::cost(&rates, usage, call),
        _ => media::cost(&rates, usage, call),
    }
}

/// Surcharges for where and how fast the call ran.
fn factor(price: &Price, usage: &Usage, call: &Call<'_>) -> Decimal {
    let residency = match call.data_residency {
        Some("eu") => price.standard(Unit::ResidencyEu),
        Some("us") => price.standard(Unit::ResidencyUs),
        _ => None,
    };
    let regional = call.vertex_location.is_some_and(|location| !location.is_empty() && location != "global");
    let geo = usage.inference_geo.as_deref().or(call.inference_geo);
    let speed = usage.speed.as_deref().or(call.speed);
    let factors = [
        residency,
        price.standard(Unit::RegionalEndpoint).filter(|_| regional),
        price.standard(Unit::InferenceGeoUs).filter(|_| geo == Some("us")),
        price.standard(Unit::SpeedFast).filter(|_| speed == Some("fast")),
    ];
    factors.into_iter().flatten().fold(Decimal::ONE, Decimal::saturating_mul)
}

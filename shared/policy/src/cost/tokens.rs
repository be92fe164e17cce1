//! What the tokens of a call cost, each kind at its own rate.

use provider_transform::Usage;
use rust_decimal::Decimal;

use crate::money::Usd;
use crate::prices::Unit;

use super::rates::Rates;
use super::{Call, Parts, charge_known};

/// Prices every token of the usage; a model without token rates is priced by its run time or characters instead.
pub(super) fn cost(rates: &Rates<'_>, usage: &Usage, call: &Call<'_>) -> Parts {
    let price = rates.price;
    if rates.get(Unit::Input).is_none() && rates.get(Unit::Output).is_none() {
        return by_time_or_text(rates, usage, call);
    }
    let mut parts = Parts::default();
    // Google counts tokens of what it bills by the character ("Vertex AI pricing", Embeddings for Text).
    match rates.get(Unit::InputCharacter).filter(|_| call.input_characters > 0) {
        Some(rate) => parts.input = charge_known(Some(rate), Decimal::from(call.input_characters)),
        None => input(&mut parts, rates, usage),
    }
    output(&mut parts, rates, usage);
    parts.input += fee(price.standard(Unit::Request));
    for (unit, quantity) in call.media() {
        parts.input += charge_known(rates.get(unit), quantity);
    }
    parts
}

/// Perplexity bills standard rates only: no cache discount, no thresholds, no tiers; searches are part of the answer.
pub(super) fn perplexity(rates: &Rates<'_>, usage: &Usage) -> Parts {
    let price = rates.price;
    let rate = |unit| price.standard(unit);
    let mut parts = Parts::default();
    parts.input = parts.charge(rate(Unit::Input), usage.prompt_tokens)
        + charge_known(rate(Unit::Citation), Decimal::from(usage.citation_tokens))
        + fee(rate(Unit::Request));
    parts.reasoning = parts.charge(rate(Unit::Reasoning).or(rate(Unit::Output)), usage.reasoning_tokens);
    let text = usage.completion_tokens.saturating_sub(usage.reasoning_tokens);
    parts.output = parts.charge(rate(Unit::Output), text)
        + parts.reasoning
        + charge_known(rate(Unit::SearchLow), Decimal::from(usage.web_search_requests));
    parts
}

fn input(parts: &mut Parts, rates: &Rates<'_>, usage: &Usage) {
    let split = InputSplit::new(usage);
    let cached_text = parts.charge(rates.get(Unit::CacheRead), split.cached_text);
    let cached_audio = parts.charge(rates.get(Unit::CacheReadAudio), split.cached_audio);
    parts.cache_read = cached_text + cached_audio;
    let short = parts.charge(rates.get(Unit::CacheWrite), usage.cache_write_5m_tokens);
    let long = parts.charge(rates.get(Unit::CacheWrite1h), usage.cache_write_1h_tokens);
    parts.cache_creation = short + long;
    let fresh = [
        (Unit::Input, split.text),
        (Unit::InputAudio, split.audio),
        (Unit::InputImageToken, split.image),
        (Unit::InputVideoToken, split.video),
    ];
    parts.input = parts.cache_read + parts.cache_creation;
    for (unit, tokens) in fresh {
        let charge = parts.charge(rates.get(unit), tokens);
        parts.input += charge;
    }
}

fn output(parts: &mut Parts, rates: &Rates<'_>, usage: &Usage) {
    let audio = usage.audio_output_tokens.unwrap_or_default();
    let image = usage.image_output_tokens.unwrap_or_default();
    let video = usage.video_output_tokens.unwrap_or_default();
    let special = usage.reasoning_tokens.saturating_add(audio).saturating_add(image).saturating_add(video);
    parts.reasoning = parts.charge(rates.get(Unit::Reasoning), usage.reasoning_tokens);
    parts.output = parts.reasoning;
    for (unit, tokens) in [
        (Unit::Output, usage.completion_tokens.saturating_sub(special)),
        (Unit::OutputAudio, audio),
        (Unit::OutputImageToken, image),
        (Unit::OutputVideoToken, video),
    ] {
        let charge = parts.charge(rates.get(unit), tokens);
        parts.output += charge;
    }
}

fn by_time_or_text(rates: &Rates<'_>, usage: &Usage, call: &Call<'_>) -> Parts {
    let mut parts = Parts::default();
    let (input, output) = (rates.get(Unit::InputSecond), rates.get(Unit::OutputSecond));
    if let (Some(seconds), true) = (call.seconds, input.is_some() || output.is_some()) {
        parts.input = charge_known(input, seconds);
        parts.output = charge_known(output, seconds);
        return parts;
    }
    parts.input = charge_known(rates.get(Unit::InputCharacter), Decimal::from(call.input_characters));
    parts.output = charge_known(rates.get(Unit::OutputCharacter), Decimal::from(call.output_characters));
    parts.input += fee(rates.price.standard(Unit::Request));
    for (unit, quantity) in call.media() {
        parts.input += charge_known(rates.get(unit), quantity);
    }
    let counted = usage.prompt_tokens > 0 || usage.completion_tokens > 0;
    parts.unpriced |= counted && parts.input.is_zero() && parts.output.is_zero();
    parts
}

fn fee(rate: Option<Decimal>) -> Usd {
    Usd::from_decimal(rate.unwrap_or_default())
}

/// The prompt cut into kinds that do not overlap.
struct InputSplit {
    text: u64,
    cached_text: u64,
    cached_audio: u64,
    audio: u64,
    image: u64,
    video: u64,
}

impl InputSplit {
    /// Media counts are cut to what was neither read from nor written to the cache: some providers count cached
    /// tokens inside a medium, and no token may be paid twice.
    fn new(usage: &Usage) -> Self {
        let cached_audio = usage.cached_audio_tokens.unwrap_or_default().min(usage.cache_read_tokens);
        let mut rest = usage
            .prompt_tokens
            .saturating_sub(usage.cache_read_tokens)
            .saturating_sub(usage.cache_write_5m_tokens)
            .saturating_sub(usage.cache_write_1h_tokens);
        let mut take = |tokens: Option<u64>| {
            let taken = tokens.unwrap_or_default().min(rest);
            rest -= taken;
            taken
        };
        let audio = take(usage.audio_input_tokens.map(|tokens| tokens.saturating_sub(cached_audio)));
        let image = take(usage.image_input_tokens);
        let video = take(usage.video_input_tokens);
        Self { text: rest, cached_text: usage.cache_read_tokens - cached_audio, cached_audio, audio, image, video }
    }
}

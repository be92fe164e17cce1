//! What images, audio, video, pages and searches cost.

use provider_transform::Usage;
use rust_decimal::Decimal;

use crate::money::Usd;
use crate::prices::Unit;

use super::rates::Rates;
use super::{Call, Parts, Work, charge_known, tokens};

pub(super) fn cost(rates: &Rates<'_>, usage: &Usage, call: &Call<'_>) -> Parts {
    let has_usage = usage.prompt_tokens > 0 || usage.completion_tokens > 0;
    match call.work {
        Work::Tokens => tokens::cost(rates, usage, call),
        Work::Images { .. } if has_usage && has_output_rate(rates) => image_tokens(rates, usage),
        Work::Images { count, width, height } => {
            let pixels = count.saturating_mul(u64::from(width)).saturating_mul(u64::from(height));
            images(rates, count, pixels)
        }
        Work::Speech { characters } => speech(rates, usage, call, characters),
        Work::Transcription { .. } if has_usage && rates.get(Unit::Input).is_some() => tokens::cost(rates, usage, call),
        Work::Transcription { seconds } => transcription(rates, seconds),
        Work::Rerank { search_units } => rerank(rates, usage, search_units),
        Work::Video { seconds, count, resolution } => {
            let rate = resolution.and_then(video_unit).and_then(|unit| rates.get(unit));
            let rate = rate.or(rates.get(Unit::OutputVideoSecond)).or(rates.get(Unit::OutputSecond));
            output(rate, seconds.saturating_mul(Decimal::from(count)))
        }
        Work::Ocr { pages, annotated_pages } => {
            let mut parts = Parts::default();
            let annotated = parts.charge(rates.get(Unit::AnnotationPage), annotated_pages);
            parts.output = parts.charge(rates.get(Unit::OcrPage), pages) + annotated;
            parts
        }
        Work::Search { queries, .. } => {
            let mut parts = Parts::default();
            parts.input = parts.charge(rates.get(Unit::Query), queries);
            parts
        }
    }
}

fn has_output_rate(rates: &Rates<'_>) -> bool {
    rates.get(Unit::OutputImageToken).is_some()
}

/// Tokens of an image model; what the usage does not call text is image. All of it counts as output.
fn image_tokens(rates: &Rates<'_>, usage: &Usage) -> Parts {
    let text = usage.text_output_tokens.unwrap_or_default().min(usage.completion_tokens);
    let image = usage.image_output_tokens.unwrap_or(usage.completion_tokens - text);
    let usage = Usage { image_output_tokens: Some(image.min(usage.completion_tokens)), ..usage.clone() };
    let mut parts = tokens::cost(rates, &usage, &Call::default());
    parts.output += parts.input;
    parts.input = Usd::ZERO;
    parts
}

/// A price per image (some models list it as an input rate), else per pixel.
fn images(rates: &Rates<'_>, count: u64, pixels: u64) -> Parts {
    let charged = |unit| rates.get(unit).filter(|rate| !rate.is_zero());
    if let Some(rate) = charged(Unit::OutputImage).or_else(|| charged(Unit::InputImage)) {
        return output(Some(rate), Decimal::from(count));
    }
    if let Some(rate) = charged(Unit::OutputPixel).or_else(|| charged(Unit::InputPixel)) {
        return output(Some(rate), Decimal::from(pixels));
    }
    output(rates.get(Unit::OutputImage).or(rates.get(Unit::InputImage)), Decimal::from(count))
}

/// By character, else by token, else a fee for the recording.
fn speech(rates: &Rates<'_>, usage: &Usage, call: &Call<'_>, characters: u64) -> Parts {
    if let Some(rate) = rates.get(Unit::InputCharacter) {
        return Parts { input: charge_known(Some(rate), Decimal::from(characters)), ..Parts::default() };
    }
    let has_token_price =
        [Unit::Input, Unit::Output].iter().any(|unit| rates.get(*unit).is_some_and(|it| !it.is_zero()));
    match rates.get(Unit::OutputImage) {
        Some(fee) if !has_token_price => output(Some(fee), Decimal::ONE),
        _ => tokens::cost(rates, usage, call),
    }
}

/// A model lists the audio's seconds as output or as input; when as both, it means the same seconds.
fn transcription(rates: &Rates<'_>, seconds: Decimal) -> Parts {
    match rates.get(Unit::OutputSecond).filter(|rate| !rate.is_zero()) {
        Some(rate) => output(Some(rate), seconds),
        None => {
            let rate = rates.get(Unit::InputSecond);
            let unpriced = rate.is_none() && !seconds.is_zero();
            Parts { input: charge_known(rate, seconds), unpriced, ..Parts::default() }
        }
    }
}

fn rerank(rates: &Rates<'_>, usage: &Usage, search_units: u64) -> Parts {
    let mut parts = Parts::default();
    let by_unit = charge_known(rates.get(Unit::Query), Decimal::from(search_units));
    let by_token = charge_known(rates.get(Unit::Input), Decimal::from(usage.prompt_tokens));
    parts.input = by_unit + by_token;
    let counted = search_units > 0 || usage.prompt_tokens > 0;
    let charged = |unit| rates.get(unit).is_some_and(|rate| !rate.is_zero());
    let billed = (search_units > 0 && charged(Unit::Query)) || (usage.prompt_tokens > 0 && charged(Unit::Input));
    parts.unpriced = counted && !billed && (charged(Unit::Query) || charged(Unit::Input));
    parts
}

fn output(rate: Option<Decimal>, quantity: Decimal) -> Parts {
    let unpriced = rate.is_none() && !quantity.is_zero();
    Parts { output: charge_known(rate, quantity), unpriced, ..Parts::default() }
}

fn video_unit(resolution: &str) -> Option<Unit> {
    match resolution.to_ascii_lowercase().as_str() {
        "480p" => Some(Unit::OutputSecond480p),
        "720p" => Some(Unit::OutputSecond720p),
        "768p" => Some(Unit::OutputSecond768p),
        "1080p" => Some(Unit::OutputSecond1080p),
        "2k" => Some(Unit::OutputSecond2k),
        "4k" => Some(Unit::OutputSecond4k),
        _ => None,
    }
}

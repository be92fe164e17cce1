//! Reads one recorded row into a price, a usage and a call, and compares the cost.

use policy::cost::{Breakdown, Call, Work, cost};
use policy::money::Usd;
use policy::prices::{self, Price};
use provider_transform::Usage;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// 2026-03-04T12:00:00Z, the time of rows that state none.
const USUAL_TIME: u64 = 1_772_625_600;

/// Floats of the recording were added in another order; their last digits differ.
const TOLERANCE: f64 = 1e-12;

/// Whether this crate's cost of the row equals the recorded one, part by part.
pub(crate) fn check(row: &Value) -> Result<(), String> {
    let found = breakdown(row)?;
    let parts =
        [("prompt", found.input), ("completion", found.output), ("other", found.tool_usage), ("total", found.total)];
    for (part, found) in parts {
        let recorded = row["cost_usd"].get(part).map_or(0.0, |it| it.as_f64().unwrap_or(f64::NAN));
        let difference = (found.to_f64() - recorded).abs();
        if difference.is_nan() || difference > TOLERANCE * recorded.abs().max(found.to_f64().abs()) {
            return Err(format!("{}: {part} is {found}, recorded {recorded}", row["id"]));
        }
    }
    Ok(())
}

/// The cost of a row by the public API.
pub(crate) fn breakdown(row: &Value) -> Result<Breakdown, String> {
    let price = price(row)?;
    let text = |field: &str| row[field].as_str();
    let call = Call {
        work: work(row),
        at: text("billing_time").map_or(USUAL_TIME, |time| {
            time.parse::<jiff::Timestamp>().map_or(0, |time| time.as_second().unsigned_abs())
        }),
        service_tier: text("service_tier"),
        batch: text("call_type") == Some("retrieve_batch"),
        data_residency: text("data_residency"),
        vertex_location: text("vertex_location"),
        seconds: row.get("response_time_ms").map(|it| decimal(it) / Decimal::ONE_THOUSAND),
        ..Call::default()
    };
    Ok(cost(&price, &usage(row), &call))
}

/// The price of a row's model.
pub(crate) fn price(row: &Value) -> Result<Price, String> {
    let text = |field: &str| row[field].as_str();
    let (provider, model) = (text("provider").unwrap_or_default(), text("model").unwrap_or_default());
    let entry = if text("mode") == Some("image_generation") && row["usage"].get("input_tokens").is_none() {
        prices::find_image(provider, model, text("quality"), text("size"))
    } else {
        prices::find(provider, model)
    };
    entry.and_then(|entry| entry.price()).ok_or_else(|| format!("{}: no price", row["id"]))
}

fn work(row: &Value) -> Work<'_> {
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    match row["mode"].as_str() {
        Some("image_generation") => {
            let (width, height) = row["size"].as_str().and_then(|size| size.split_once('x')).unwrap_or(("0", "0"));
            Work::Images {
                count: number(&row["n"]),
                width: width.parse().unwrap_or_default(),
                height: height.parse().unwrap_or_default(),
            }
        }
        Some("audio_speech") => Work::Speech { characters: number(&row["prompt_characters"]) },
        Some("audio_transcription") => Work::Transcription { seconds: decimal(&row["duration_seconds"]) },
        Some("rerank") => Work::Rerank { search_units: number(&row["billed_units"]["search_units"]) },
        _ => Work::Tokens,
    }
}

fn usage(row: &Value) -> Usage {
    let empty = Map::new();
    let fields = row["usage"].as_object().unwrap_or(&empty);
    let mut usage = Usage::from_openai(fields).unwrap_or_default();
    let text = |field: &str| fields.get(field).and_then(Value::as_str).map(str::to_owned);
    usage.inference_geo = text("inference_geo");
    usage.speed = text("speed");
    usage.image_input_tokens =
        usage.image_input_tokens.or_else(|| fields.get("input_tokens_details")?.get("image_tokens")?.as_u64());
    if let Some(written) = row["usage"].pointer("/prompt_tokens_details/cache_creation_token_details") {
        usage.cache_write_5m_tokens = written["ephemeral_5m_input_tokens"].as_u64().unwrap_or_default();
        usage.cache_write_1h_tokens = written["ephemeral_1h_input_tokens"].as_u64().unwrap_or_default();
    }
    if let Some(tokens) = row["billed_units"]["total_tokens"].as_u64() {
        usage.prompt_tokens = tokens;
    }
    usage
}

fn decimal(number: &Value) -> Decimal {
    number.to_string().parse::<Usd>().unwrap_or_default().as_decimal()
}

//! Turns `data/model_prices.json` into a sorted binary table, so that a process starts without parsing prices.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::{Map, Value};

#[expect(dead_code, unreachable_pub, reason = "the build script needs only the parsing half")]
#[path = "src/prices/rate.rs"]
mod rate;

use rate::RateKey;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SOURCE: &str = "data/model_prices.json";

/// Fields with "cost" in their name that no calculation uses.
const UNUSED_RATES: &[&str] = &[
    "cost_per_second",
    "explicit_cache_read_input_token_cost",
    "guardrail_cost_per_unit",
    "input_cost_per_token_cache_hit",
    "input_cost_per_video_per_second_above_15s_interval",
    "input_cost_per_video_per_second_above_8s_interval",
    "input_dbu_cost_per_token",
    "output_cost_per_image_0.5K",
    "output_cost_per_image_1024",
    "output_cost_per_image_1536",
    "output_cost_per_image_1K",
    "output_cost_per_image_2K",
    "output_cost_per_image_4K",
    "output_cost_per_image_512",
    "output_dbu_cost_per_token",
];

/// Flags whose names do not begin with `supports_`.
const OTHER_FLAGS: &[&str] =
    &["bedrock_converse_supports_strict_tools", "thinking_always_on", "use_openai_responses_path"];

const MINUTES_A_DAY: u16 = 24 * 60;

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its output folder this way")]
fn main() -> Result<()> {
    println!("cargo:rerun-if-changed={SOURCE}");
    println!("cargo:rerun-if-changed=src/prices/rate.rs");
    let data: Value = serde_json::from_str(&fs::read_to_string(SOURCE)?)?;
    let models = data["models"].as_object().ok_or("no models")?;
    let mut names = Names::collect(models);
    let mut table = Table::default();
    for (key, model) in models.iter().collect::<BTreeMap<_, _>>() {
        let model = model.as_object().ok_or("a model that is not an object")?;
        let record = record(model, &mut names).map_err(|error| format!("{key}: {error}"))?;
        table.add(key, &record)?;
    }
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("prices.bin"), table.finish()?)?;
    fs::write(Path::new(&out).join("prices_names.rs"), names.source()?)?;
    Ok(())
}

/// Strings that records refer to by number.
#[derive(Default)]
struct Names {
    flags: Vec<String>,
    providers: Vec<String>,
    modes: Vec<String>,
    efforts: Vec<Vec<String>>,
    words: Vec<String>,
    zones: Vec<String>,
}

impl Names {
    fn collect(models: &Map<String, Value>) -> Self {
        let mut names = Self::default();
        for (field, value) in models.values().filter_map(Value::as_object).flatten() {
            if value.is_boolean() && (field.starts_with("supports_") || OTHER_FLAGS.contains(&field.as_str())) {
                intern(&mut names.flags, field);
            }
        }
        names.flags.sort();
        names
    }

    fn source(&self) -> Result<String> {
        let mut source = String::new();
        for (name, list) in [
            ("FLAGS", &self.flags),
            ("PROVIDERS", &self.providers),
            ("MODES", &self.modes),
            ("ZONES", &self.zones),
            ("WORDS", &self.words),
        ] {
            writeln!(source, "pub(super) static {name}: &[&str] = &{list:?};")?;
        }
        let efforts = self.efforts.iter().map(|list| format!("&{list:?}")).collect::<Vec<_>>().join(", ");
        writeln!(source, "pub(super) static EFFORTS: &[&[&str]] = &[{efforts}];")?;
        Ok(source)
    }
}

fn intern<T: ToOwned + PartialEq + ?Sized>(list: &mut Vec<T::Owned>, item: &T) -> usize
where
    T::Owned: PartialEq<T>,
{
    list.iter().position(|it| it == item).unwrap_or_else(|| {
        list.push(item.to_owned());
        list.len() - 1
    })
}

fn efforts(model: &Map<String, Value>) -> Vec<String> {
    let levels = model.get("reasoning_effort_levels").and_then(Value::as_array);
    levels.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Index (count, then offsets and lengths), keys, records. Equal records are stored once.
#[derive(Default)]
struct Table {
    index: Vec<u8>,
    count: u32,
    keys: Vec<u8>,
    records: Vec<u8>,
    seen: BTreeMap<Vec<u8>, u32>,
}

impl Table {
    fn add(&mut self, key: &str, record: &[u8]) -> Result<()> {
        let next = u32::try_from(self.records.len())?;
        let at = *self.seen.entry(record.to_vec()).or_insert(next);
        if at == next {
            self.records.extend(record);
        }
        self.index.extend(u32::try_from(self.keys.len())?.to_le_bytes());
        self.index.extend(u16::try_from(key.len())?.to_le_bytes());
        self.index.extend(at.to_le_bytes());
        self.index.extend(u16::try_from(record.len())?.to_le_bytes());
        self.keys.extend(key.as_bytes());
        self.count += 1;
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>> {
        let mut blob = Vec::new();
        blob.extend(self.count.to_le_bytes());
        blob.extend(u32::try_from(self.keys.len())?.to_le_bytes());
        blob.extend(self.index);
        blob.extend(self.keys);
        blob.extend(self.records);
        Ok(blob)
    }
}

fn record(model: &Map<String, Value>, names: &mut Names) -> Result<Vec<u8>> {
    let text = |field: &str| model.get(field).and_then(Value::as_str).unwrap_or_default();
    let mut out = Vec::new();
    out.push(u8::try_from(intern(&mut names.providers, text("litellm_provider")))?);
    out.push(u8::try_from(intern(&mut names.modes, text("mode")))?);
    out.extend(flags(model, &names.flags)?);
    for field in
        ["max_input_tokens", "max_output_tokens", "max_tokens", "prompt_cache_min_tokens", "output_vector_size"]
    {
        let limit = model.get(field).and_then(Value::as_f64).unwrap_or_default();
        out.extend((limit as u32).to_le_bytes());
    }
    out.push(u8::try_from(intern::<[String]>(&mut names.efforts, &efforts(model)))?);
    out.push(u8::try_from(intern(&mut names.words, text("default_reasoning_effort")))?);
    out.push(u8::try_from(intern(&mut names.words, text("bedrock_output_config_effort_ceiling")))?);
    out.push(u8::from(text("web_search_billing_unit") == "per_query"));
    rates(&mut out, model)?;
    tiers(&mut out, model)?;
    off_peak(&mut out, model, names)?;
    Ok(out)
}

/// Two 128-bit sets: which flags are stated, which of them are true.
fn flags(model: &Map<String, Value>, names: &[String]) -> Result<Vec<u8>> {
    let (mut stated, mut yes) = (0_u128, 0_u128);
    for (number, name) in names.iter().enumerate() {
        if let Some(value) = model.get(name).and_then(Value::as_bool) {
            let bit = 1_u128.checked_shl(u32::try_from(number)?).ok_or("too many flags")?;
            stated |= bit;
            yes |= if value { bit } else { 0 };
        }
    }
    Ok([stated.to_le_bytes(), yes.to_le_bytes()].concat())
}

/// Count, then unit, tier, threshold, scale and mantissa of each rate.
fn rates(out: &mut Vec<u8>, fields: &Map<String, Value>) -> Result<()> {
    let mut rates = BTreeMap::new();
    collect_rates(&mut rates, fields)?;
    out.push(u8::try_from(rates.len())?);
    for (key, (mantissa, scale)) in rates {
        out.push(key.unit as u8);
        out.push(key.tier as u8);
        out.extend(key.above.to_le_bytes());
        out.push(scale);
        out.extend(mantissa.to_le_bytes());
    }
    Ok(())
}

fn collect_rates(rates: &mut BTreeMap<RateKey, (u64, u8)>, fields: &Map<String, Value>) -> Result<()> {
    for (field, value) in fields {
        match (RateKey::parse(field), value) {
            (Some(key), Value::Number(number)) => {
                rates.insert(key, decimal(number)?);
            }
            (None, Value::Object(nested))
                if field == "search_context_cost_per_query" || field == "provider_specific_entry" =>
            {
                collect_rates(rates, nested)?;
            }
            _ if field.contains("_cost") && !UNUSED_RATES.contains(&field.as_str()) => {
                return Err(format!("a rate nobody reads: {field}").into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// The shortest decimal that reads back as the same float: the digits of the data file.
fn decimal(number: &serde_json::Number) -> Result<(u64, u8)> {
    let text = format!("{}", number.as_f64().ok_or("not a number")?);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    Ok((format!("{whole}{fraction}").parse()?, u8::try_from(fraction.len())?))
}

/// Count, then for each band its end (in prompt tokens, or in results of a search) and its rates.
fn tiers(out: &mut Vec<u8>, model: &Map<String, Value>) -> Result<()> {
    let bands = model.get("tiered_pricing").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    out.push(u8::try_from(bands.len())?);
    for band in bands {
        let range = band.get("range").or_else(|| band.get("max_results_range")).ok_or("a band without a range")?;
        let end = range[1].as_f64().ok_or("a band without an end")?;
        out.extend((end as u32).to_le_bytes());
        rates(out, band.as_object().ok_or("a band that is not an object")?)?;
    }
    Ok(())
}

/// 0, or 1 with time zone of the weekdays, windows (days as a set, start and end minute) and rates.
fn off_peak(out: &mut Vec<u8>, model: &Map<String, Value>, names: &mut Names) -> Result<()> {
    let Some(off_peak) = model.get("off_peak_pricing").and_then(Value::as_object) else {
        out.push(0);
        return Ok(());
    };
    let zone = off_peak.get("weekday_timezone").and_then(Value::as_str).unwrap_or("UTC");
    let mut windows = Vec::new();
    let mut count = 0_u8;
    for window in off_peak.get("windows").and_then(Value::as_array).ok_or("off-peak without windows")? {
        let days = match window["weekdays"].as_array() {
            Some(days) => days.iter().filter_map(Value::as_u64).fold(0, |set, day| set | 1_u8 << (day - 1)),
            None => 0x7f,
        };
        let hours = match &window["hours_utc"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            _ => return Err("off-peak window without hours".into()),
        };
        for span in hours {
            let (start, end) = span.split_once('-').ok_or("hours without an end")?;
            windows.push(days);
            windows.extend(minute(start)?.to_le_bytes());
            windows.extend(match minute(end)? {
                0 => MINUTES_A_DAY.to_le_bytes(),
                end => end.to_le_bytes(),
            });
            count += 1;
        }
    }
    out.extend([1, u8::try_from(intern(&mut names.zones, zone))?, count]);
    out.extend(windows);
    let only_rates =
        off_peak.iter().filter(|(field, _)| field.contains("_cost")).map(|(a, b)| (a.clone(), b.clone())).collect();
    rates(out, &only_rates)
}

fn minute(clock: &str) -> Result<u16> {
    let (hours, minutes) = clock.split_once(':').ok_or("a time without a colon")?;
    Ok(hours.parse::<u16>()? * 60 + minutes.parse::<u16>()?)
}

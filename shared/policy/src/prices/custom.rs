//! A price set on a deployment, in `litellm_params` or `model_info`. It wins over the table everywhere.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::money::Usd;

use super::price::{Band, Price, Rate};
use super::rate::{RateKey, Unit};

/// Rates that an operator set on one deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomPrice {
    rates: Vec<Rate>,
    /// `tiered_pricing`: rates by prompt size.
    bands: Vec<Band>,
    /// Fields that name a rate but hold no number.
    ignored: Vec<String>,
}

impl CustomPrice {
    /// Collects the rate fields (`input_cost_per_token`, `cache_read_input_token_cost_priority`, ...) of both maps;
    /// `litellm_params` wins over `model_info`. `None` when there is none.
    ///
    /// Numbers and numeric strings are read; a negative or unreadable one is listed in [`Self::ignored`].
    #[must_use]
    pub fn from_params(litellm_params: &Map<String, Value>, model_info: &Map<String, Value>) -> Option<Self> {
        let mut price = Self { rates: Vec::new(), bands: Vec::new(), ignored: Vec::new() };
        for (field, value) in litellm_params.iter().chain(model_info) {
            price.add(field, value);
        }
        let has_any = !price.rates.is_empty() || !price.bands.is_empty() || !price.ignored.is_empty();
        has_any.then_some(price)
    }

    /// Fields that look like rates and hold no amount: worth a warning when the configuration is read.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The price to use: these rates over the table's if the model is listed, else alone, billed by `provider`.
    ///
    /// A new token rate also ends what the table derives from the old one (its tiers, thresholds, cache and media
    /// rates), and a price per second or request ends all token rates: a half-old price would be nobody's price.
    #[must_use]
    pub fn over(&self, table: Option<&Price>, provider: &str) -> Price {
        let unlisted = || Price { provider: provider.to_owned(), ..Price::default() };
        let mut price = table.cloned().unwrap_or_else(unlisted);
        let sets = |unit| self.rates.iter().any(|rate| rate.key == RateKey::standard(unit));
        let by_time = sets(Unit::InputSecond) || sets(Unit::OutputSecond);
        let (input, output) =
            (sets(Unit::Input) || !self.bands.is_empty(), sets(Unit::Output) || !self.bands.is_empty());
        price.rates.retain(|old| {
            let replaced = self.rates.iter().any(|new| new.key == old.key);
            let derived = (old.key.unit.is_prompt_token() && (input || by_time))
                || (old.key.unit.is_output_token() && (output || by_time));
            !replaced && !derived
        });
        if input || output || by_time {
            price.bands = self.bands.clone();
            price.off_peak = None;
        }
        price.rates.extend(&self.rates);
        price
    }

    fn add(&mut self, field: &str, value: &Value) {
        match (RateKey::parse(field), value) {
            (_, Value::Null) => {}
            (Some(key), value) if !key.unit.is_nested() => match number(value) {
                Some(amount) => self.set(key, amount),
                None => self.ignored.push(field.to_owned()),
            },
            (None, Value::Object(nested)) if NESTED.contains(&field) => {
                for (name, value) in nested {
                    if let (Some(key), Some(amount)) = (RateKey::parse(name), number(value)) {
                        self.set(key, amount);
                    }
                }
            }
            (None, Value::Array(bands)) if field == "tiered_pricing" && self.bands.is_empty() => {
                match bands.iter().map(band).collect() {
                    Some(bands) => self.bands = bands,
                    None => self.ignored.push(field.to_owned()),
                }
            }
            _ => {}
        }
    }

    fn set(&mut self, key: RateKey, amount: Decimal) {
        if !self.rates.iter().any(|rate| rate.key == key) {
            self.rates.push(Rate { key, amount });
        }
    }
}

/// Fields that hold rates one level down.
const NESTED: &[&str] = &["search_context_cost_per_query", "provider_specific_entry"];

/// One band of `tiered_pricing`: `{"range": [from, to], "input_cost_per_token": ..., ...}`.
fn band(value: &Value) -> Option<Band> {
    let up_to = number(value.get("range")?.get(1)?)?.trunc().try_into().ok()?;
    let rates = value.as_object()?.iter().filter_map(|(field, value)| {
        let key = RateKey::parse(field)?;
        Some(number(value).map(|amount| Rate { key, amount }))
    });
    Some(Band { up_to, rates: rates.collect::<Option<_>>()? })
}

fn number(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let amount = text.parse::<Usd>().ok()?.as_decimal();
    (amount >= Decimal::ZERO).then_some(amount)
}

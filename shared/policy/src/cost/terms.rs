//! What an operator puts on prices, from the configuration or set at run time.

use serde_json::{Map, Value};

use super::Adjustments;
use crate::config::LitellmSettings;
use crate::prices;
use crate::request::{Refusal, invalid, wrong_type};

/// The provider's name in a margin that is for every provider without one of its own.
const EVERY_PROVIDER: &str = "global";

/// What an operator puts on prices.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Terms {
    /// `cost_discount_config`: a share of 1 by provider.
    pub discounts: Map<String, Value>,
    /// `cost_margin_config`: a share of 1, or `{percentage, fixed_amount}`, by provider or `global`.
    pub margins: Map<String, Value>,
    /// `block_requests_for_models_without_pricing`.
    pub block_unpriced: bool,
}

impl From<&LitellmSettings> for Terms {
    fn from(settings: &LitellmSettings) -> Self {
        Self {
            discounts: settings.cost_discount_config.clone(),
            margins: settings.cost_margin_config.clone(),
            block_unpriced: settings.block_requests_for_models_without_pricing,
        }
    }
}

impl Terms {
    /// What is put on one provider's prices.
    #[must_use]
    pub fn adjustments(&self, provider: &str) -> Adjustments {
        Adjustments::for_provider(provider, &self.discounts, &self.margins)
    }
}

/// Reads a `cost_discount_config` that a caller sends.
///
/// # Errors
/// A provider that nobody knows, or a share outside 0 to 1.
pub fn read_discounts(config: &Map<String, Value>) -> Result<(), Refusal> {
    for (provider, share) in config {
        known(provider)?;
        within(provider, share, 1.0)?;
    }
    Ok(())
}

/// Reads a `cost_margin_config` that a caller sends.
///
/// # Errors
/// A provider that nobody knows, a share outside 0 to 10, an amount below 0, or neither.
pub fn read_margins(config: &Map<String, Value>) -> Result<(), Refusal> {
    for (provider, margin) in config {
        if provider != EVERY_PROVIDER {
            known(provider)?;
        }
        let Value::Object(parts) = margin else {
            within(provider, margin, 10.0)?;
            continue;
        };
        if parts.is_empty() {
            return Err(invalid(provider, "must have percentage or fixed_amount"));
        }
        for (name, part) in parts {
            match name.as_str() {
                "percentage" => within(provider, part, 10.0)?,
                "fixed_amount" => within(provider, part, f64::MAX)?,
                _ => return Err(invalid(&format!("{provider}.{name}"), "is neither percentage nor fixed_amount")),
            }
        }
    }
    Ok(())
}

fn known(provider: &str) -> Result<(), Refusal> {
    if prices::lists_provider(provider) || provider_transform::find(provider).is_some() {
        return Ok(());
    }
    Err(invalid(provider, "is not the name of a provider"))
}

fn within(provider: &str, number: &Value, most: f64) -> Result<(), Refusal> {
    let number = number.as_f64().ok_or_else(|| wrong_type(provider, "a number"))?;
    if (0.0..=most).contains(&number) {
        return Ok(());
    }
    let bound = if most == f64::MAX { "at least 0".to_owned() } else { format!("between 0 and {most}") };
    Err(invalid(provider, format!("must be {bound}")))
}

//! Discount and margin that an operator puts on a provider's prices.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::money::Usd;

/// Discount first, then margin on the discounted amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adjustments {
    /// Part of the cost taken off, 0.05 for five percent.
    pub discount: Decimal,
    /// Part of the discounted cost added, 0.10 for ten percent.
    pub margin: Decimal,
    /// Added to every call.
    pub fixed_margin: Usd,
}

impl Adjustments {
    /// Reads `cost_discount_config` (`{provider: 0.05}`) and `cost_margin_config`
    /// (`{provider or "global": 0.10 | {percentage, fixed_amount}}`) for one provider; unreadable numbers count as 0.
    #[must_use]
    pub fn for_provider(provider: &str, discounts: &Map<String, Value>, margins: &Map<String, Value>) -> Self {
        let margin = margins.get(provider).or_else(|| margins.get("global"));
        let (part, fixed) = match margin {
            Some(Value::Object(parts)) => (number(parts.get("percentage")), number(parts.get("fixed_amount"))),
            part => (number(part), Decimal::ZERO),
        };
        Self { discount: number(discounts.get(provider)), margin: part, fixed_margin: Usd::from_decimal(fixed) }
    }

    /// The amounts to take off and to add.
    pub(super) fn apply(&self, original: Usd) -> (Usd, Usd) {
        let discount = original.times(self.discount);
        let margin = (original - discount).times(self.margin) + self.fixed_margin;
        (discount, margin)
    }
}

fn number(value: Option<&Value>) -> Decimal {
    let text = match value {
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.clone(),
        _ => return Decimal::ZERO,
    };
    text.parse::<Usd>().map(Usd::as_decimal).unwrap_or_default()
}

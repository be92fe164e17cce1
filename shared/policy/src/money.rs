//! An exact amount of US dollars. Never a binary float: amounts are added, compared and stored digit by digit.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

#[cfg(test)]
mod tests;

/// Decimal places that the cost of one call is rounded to before it is stored or added.
const PLACES: u32 = 18;

/// An exact amount in US dollars; may be negative (a budget's headroom after an overshoot).
///
/// JSON form: a number with every digit written out. JSON numbers and numeric strings are read.
/// Reading needs a JSON document or `serde_json::Value`; inside `#[serde(flatten)]` and untagged
/// enums serde buffers values without their digits, so give such a field a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(Decimal);

/// The text is not a decimal number that fits 28 significant digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an amount of money: {text:?}")]
pub struct ParseUsdError {
    /// The refused text.
    pub text: String,
}

impl Usd {
    /// Nothing to pay.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Nothing to pay.
    #[must_use]
    pub const fn zero() -> Self {
        Self::ZERO
    }

    /// Wraps an exact decimal number of dollars.
    #[must_use]
    pub const fn from_decimal(amount: Decimal) -> Self {
        Self(amount)
    }

    /// The amount as a decimal number of dollars.
    #[must_use]
    pub const fn as_decimal(self) -> Decimal {
        self.0
    }

    /// The amount multiplied by a plain number.
    #[must_use]
    pub fn times(self, factor: Decimal) -> Self {
        Self(self.0.saturating_mul(factor))
    }

    /// Rounds to 18 decimal places, ties to the even digit. Done once per call, before adding.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self(self.0.round_dp_with_strategy(PLACES, RoundingStrategy::MidpointNearestEven))
    }

    /// Whether the amount is exactly zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Whether the amount is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0 < Decimal::ZERO
    }

    /// The nearest binary float, for display and metrics only; never calculate with it.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(0.0)
    }
}

impl fmt::Display for Usd {
    /// Plain decimal digits: no exponent, no trailing zeros, no currency sign.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0.normalize())
    }
}

impl FromStr for Usd {
    type Err = ParseUsdError;

    /// Reads plain (`0.25`) and scientific (`2.5e-7`) notation.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let number =
            if trimmed.contains(['e', 'E']) { Decimal::from_scientific(trimmed) } else { Decimal::from_str(trimmed) };
        number.map(Self).map_err(|_| ParseUsdError { text: text.to_owned() })
    }
}

impl Add for Usd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Usd {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Usd {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Usd {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl<'a> Sum<&'a Usd> for Usd {
    fn sum<I: Iterator<Item = &'a Usd>>(amounts: I) -> Self {
        amounts.copied().sum()
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        if text.starts_with('"') {
            let quoted: String = serde_json::from_str(text).map_err(D::Error::custom)?;
            return quoted.parse().map_err(D::Error::custom);
        }
        text.parse().map_err(D::Error::custom)
    }
}

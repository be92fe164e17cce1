//! Which of a model's rates hold for one call: service tier, batch, prompt size, time of day.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::prices::{Band, OffPeak, Price, Rate, RateKey, Tier, Unit, Window, amount};

const MINUTES_A_DAY: i64 = 24 * 60;

/// A price with the choices of one call made.
#[derive(Clone, Copy)]
pub(super) struct Rates<'a> {
    pub(super) price: &'a Price,
    /// Rates that come before the price's own: an off-peak window or a prompt-size band.
    pub(super) overlay: &'a [Rate],
    /// Prompt size reached, in thousands of tokens; 0 below every threshold.
    pub(super) above: u16,
    pub(super) tier: Tier,
}

impl Rates<'_> {
    /// The rate of a unit, or of the unit that stands in for it where the price has none.
    pub(super) fn get(&self, unit: Unit) -> Option<Decimal> {
        self.own(unit).or_else(|| {
            let rate = self.get(stand_in(unit)?)?;
            // "Cached prompt tokens cost less": half, unless a model's price says otherwise (Fireworks, "Prompt caching").
            let is_halved = unit == Unit::CacheRead && self.price.provider().starts_with("fireworks_ai");
            Some(if is_halved { half(rate) } else { rate })
        })
    }

    /// The rate of exactly this unit; batches without a rate of their own cost half.
    fn own(&self, unit: Unit) -> Option<Decimal> {
        if self.tier != Tier::Batches {
            return self.at(unit, self.above, self.tier).or_else(|| self.at(unit, 0, self.tier));
        }
        let batched = |unit, above| self.exact(RateKey { unit, above, tier: Tier::Batches });
        let explicit = |unit| batched(unit, self.above).or_else(|| batched(unit, 0));
        // A cached token gets no discount on a batch price that does not mention it.
        if unit == Unit::CacheRead && explicit(unit).is_none() && explicit(Unit::Input).is_some() {
            return None;
        }
        batched(unit, self.above)
            .or_else(|| self.above_rate(unit).map(half))
            .or_else(|| batched(unit, 0))
            .or_else(|| self.exact(RateKey::standard(unit)).map(half))
    }

    fn above_rate(&self, unit: Unit) -> Option<Decimal> {
        (self.above > 0).then_some(())?;
        self.exact(RateKey { unit, above: self.above, tier: Tier::Standard })
    }

    fn at(&self, unit: Unit, above: u16, tier: Tier) -> Option<Decimal> {
        let standard = RateKey { unit, above, tier: Tier::Standard };
        self.exact(RateKey { tier, ..standard }).or_else(|| self.exact(standard))
    }

    fn exact(&self, key: RateKey) -> Option<Decimal> {
        amount(self.overlay, key).or_else(|| self.price.exact(key))
    }
}

fn half(rate: Decimal) -> Decimal {
    rate / Decimal::TWO
}

/// Where a price is silent: cached and media tokens cost like text, an hour's cache write like a short one.
fn stand_in(unit: Unit) -> Option<Unit> {
    match unit {
        Unit::CacheWrite1h => Some(Unit::CacheWrite),
        Unit::CacheReadAudio | Unit::CacheReadImage => Some(Unit::CacheRead),
        Unit::CacheRead | Unit::CacheWrite | Unit::InputAudio | Unit::InputImageToken | Unit::InputVideoToken => {
            Some(Unit::Input)
        }
        Unit::Reasoning | Unit::OutputAudio | Unit::OutputImageToken | Unit::OutputVideoToken => Some(Unit::Output),
        _ => None,
    }
}

/// The tier that a name of a provider or a client means; an unknown one is the standard tier.
pub(super) fn tier(name: &str) -> Option<Tier> {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    if ["priority", "fast", "on_demand_priority"].into_iter().any(is) {
        Some(Tier::Priority)
    } else if ["flex", "batch", "on_demand_flex"].into_iter().any(is) {
        Some(Tier::Flex)
    } else if is("balanced") {
        Some(Tier::Balanced)
    } else if is("ultrafast") {
        Some(Tier::Ultrafast)
    } else if is("decisions") {
        Some(Tier::Decisions)
    } else if ["default", "standard", "on_demand"].into_iter().any(is) {
        Some(Tier::Standard)
    } else {
        None
    }
}

/// The largest threshold below the prompt size, in thousands of tokens. xAI counts the threshold itself as above.
pub(super) fn threshold(price: &Price, prompt_tokens: u64) -> u16 {
    let inclusive = price.provider() == "xai";
    thresholds(price)
        .filter(|above| {
            let limit = u64::from(*above) * 1000;
            prompt_tokens > limit || (inclusive && prompt_tokens == limit)
        })
        .max()
        .unwrap_or_default()
}

/// The thresholds of a price, in thousands of tokens; the input rate decides which there are.
pub(super) fn thresholds(price: &Price) -> impl Iterator<Item = u16> + '_ {
    price.rates().iter().filter(|rate| rate.key.unit == Unit::Input && rate.key.above > 0).map(|rate| rate.key.above)
}

/// The band that a size falls in; the last one takes everything larger.
pub(super) fn band(price: &Price, size: u64) -> Option<&Band> {
    let bands = price.bands();
    bands.iter().find(|band| size <= band.up_to).or_else(|| bands.last())
}

/// Whether a moment (seconds since the Unix epoch) lies in an off-peak window.
pub(super) fn is_off_peak(off_peak: &OffPeak, at: u64) -> bool {
    let Some(moment) = i64::try_from(at).ok().and_then(|at| Timestamp::from_second(at).ok()) else { return false };
    let zone = TimeZone::get(off_peak.zone).unwrap_or(TimeZone::UTC);
    let weekday = moment.to_zoned(zone).weekday().to_monday_zero_offset();
    let minute = moment.as_second().rem_euclid(MINUTES_A_DAY * 60) / 60;
    off_peak.windows.iter().any(|window| window.days & (1 << weekday) != 0 && covers(window, minute))
}

fn covers(window: &Window, minute: i64) -> bool {
    let (start, end) = (i64::from(window.start), i64::from(window.end));
    if start < end { (start..end).contains(&minute) } else { minute >= start || minute < end }
}

//! The most that a call can cost, to reserve before it is made.

use provider_transform::Usage;
use rust_decimal::Decimal;

use crate::money::Usd;
use crate::prices::{Price, Tier, Unit};

use super::rates::{Rates, thresholds};
use super::{Call, Work, charge_known, cost, factor};

const PROMPT_UNITS: &[Unit] = &[
    Unit::Input,
    Unit::CacheRead,
    Unit::CacheWrite,
    Unit::CacheWrite1h,
    Unit::CacheReadAudio,
    Unit::InputAudio,
    Unit::InputImageToken,
    Unit::InputVideoToken,
];

const OUTPUT_UNITS: &[Unit] =
    &[Unit::Output, Unit::Reasoning, Unit::OutputAudio, Unit::OutputImageToken, Unit::OutputVideoToken];

/// An upper bound of `cost` for a prompt of at most `prompt_tokens` and `choices` answers of at most
/// `max_output_tokens` each: every token at the dearest rate that can apply to it.
///
/// Holds for the tier asked for and the standard one. Not bounded: tools the model decides to run, and units that
/// the caller does not know yet (pass the ones known, such as images or seconds, in `call`).
#[must_use]
pub fn worst_case(price: &Price, prompt_tokens: u64, max_output_tokens: u64, choices: u64, call: &Call<'_>) -> Usd {
    let output_tokens = max_output_tokens.saturating_mul(choices.max(1));
    let usage = Usage { prompt_tokens, completion_tokens: output_tokens, ..Usage::default() };
    let other_units = cost(price, &Usage::default(), call);
    let bound = tokens(price, &usage, call).times(factor(price, &usage, call));
    let (discount, margin) = call.adjustments.apply(bound);
    let by_tokens = bound - discount + margin;
    let total = match call.work {
        Work::Tokens => by_tokens + other_units.total,
        _ => by_tokens.max(other_units.total),
    };
    total.rounded()
}

fn tokens(price: &Price, usage: &Usage, call: &Call<'_>) -> Usd {
    let size = usage.prompt_tokens;
    let asked = call.tier(price, &Usage::default());
    let tiers = if call.batch { [Tier::Batches; 2] } else { [asked, Tier::Standard] };
    let mut above: Vec<u16> = thresholds(price).filter(|it| u64::from(*it) * 1000 <= size).collect();
    above.push(0);
    let bands = price.bands();
    let reached = bands.partition_point(|band| band.up_to < size) + 1;
    let overlays = bands.iter().take(reached).map(|band| band.rates.as_slice());
    let overlays: Vec<_> = overlays.chain(price.off_peak().map(|it| it.rates.as_slice())).chain([&[][..]]).collect();
    let dearest = |units: &[Unit]| {
        let choices = overlays.iter().flat_map(|overlay| above.iter().map(move |above| (*overlay, *above)));
        let rates = choices.flat_map(|(overlay, above)| tiers.map(|tier| Rates { price, overlay, above, tier }));
        rates.flat_map(|rates| units.iter().filter_map(move |unit| rates.get(*unit))).max()
    };
    let prompt = dearest(PROMPT_UNITS);
    charge_known(prompt, Decimal::from(size))
        + charge_known(dearest(OUTPUT_UNITS), Decimal::from(usage.completion_tokens))
}

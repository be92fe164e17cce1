//! Numbers out of many measurements.

use std::time::Duration;

/// Measured times of one kind.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Adds one.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// Adds all of another.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The time that `share` of 100 do not exceed, in milliseconds; 0 without samples.
    pub fn percentile(&self, share: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        let at = (sorted.len() * share).div_ceil(100).saturating_sub(1).min(last);
        sorted.get(at).map_or(0.0, |it| it.as_secs_f64() * 1e3)
    }

    /// The least, in milliseconds; 0 without samples.
    pub fn least(&self) -> f64 {
        self.0.iter().min().map_or(0.0, |it| it.as_secs_f64() * 1e3)
    }
}

/// `PASS`, or `OVER` when a figure misses its target.
pub fn verdict(figure: f64, target: f64) -> &'static str {
    if figure < target { "PASS" } else { "OVER" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let mut samples = Samples::default();
        for millis in (1..=100).rev() {
            samples.add(Duration::from_millis(millis));
        }
        assert_eq!([50, 99, 100].map(|it| samples.percentile(it)), [50.0, 99.0, 100.0]);
        assert_eq!(samples.least(), 1.0);
        assert_eq!(Samples::default().percentile(99), 0.0);
    }
}

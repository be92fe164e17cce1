use std::time::{Duration, SystemTime};

use uuid::Uuid;

/// The one source of wall-clock time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock;

impl Clock {
    /// Time since the Unix epoch.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    pub fn now(self) -> Duration {
        // A clock before 1970 is a broken machine; zero then means that everything has expired.
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    /// The moment itself, for what counts in it.
    #[must_use]
    pub fn system_time(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.now()
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(self) -> u64 {
        u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX)
    }

    /// Seconds since the Unix epoch.
    #[must_use]
    pub fn now_secs(self) -> u64 {
        self.now().as_secs()
    }
}

/// A new id that sorts by time.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// Sixteen random bytes from the operating system, for a new secret.
///
/// # Errors
/// When the operating system gives none.
pub fn random_bytes() -> Result<[u8; 16], getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// A random number in `0.0..1.0` for spreading load and retries; no secret depends on it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that draws random numbers")]
pub fn random_unit() -> f64 {
    let bits = Uuid::new_v4().as_u64_pair().1 & 0x000F_FFFF_FFFF_FFFF;
    bits as f64 / (1u64 << 52) as f64
}

//! Shows that budgets and limits hold and no call is lost or paid twice: release binaries of the functions, each a
//! process of its own, over shared tables, with figures at the end.

mod audit;
mod burst;
mod customers;
mod outage;
mod oversized;
mod restart;
mod stack;

use std::fmt;

use rust_decimal::Decimal;

pub use burst::{limited, parallel};
pub use customers::customers;
pub use outage::outage;
pub use oversized::oversized;
pub use restart::restart;

/// How much is tried.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Processes of the function.
    pub processes: usize,
    /// Calls of a burst.
    pub calls: usize,
    /// Customers with a budget each.
    pub customers: usize,
}

/// What came of it. Amounts are USD.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// What was tried.
    pub what: &'static str,
    /// Calls that were made.
    pub calls: usize,
    /// Calls with an answer of a provider.
    pub answered: usize,
    /// Calls refused by a budget or a limit.
    pub refused: usize,
    /// Calls that ended in any other way, e.g. refused since the tables were gone.
    pub failed: usize,
    /// The most by which any budget was passed.
    pub overspend: Decimal,
    /// The most by which it may be.
    pub bound: Decimal,
    /// What budgets lack beside what rows say was spent: consumed by refused or crashed calls.
    pub consumed: Decimal,
    /// Calls that a provider saw and no row knows.
    pub lost: usize,
    /// Sums that are not what the rows come to.
    pub double: usize,
}

impl Figures {
    /// Whether all is as promised.
    pub fn hold(&self) -> bool {
        let nothing = self.lost == 0 && self.double == 0 && self.consumed.is_zero();
        nothing && self.overspend <= self.bound && self.answered > 0
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}: {}", self.what, if self.hold() { "holds" } else { "DOES NOT HOLD" })?;
        let Self { calls, answered, refused, failed, .. } = self;
        writeln!(out, "  {calls} calls: {answered} answered, {refused} refused, {failed} failed")?;
        writeln!(out, "  overspend {} USD, at most {} USD", self.overspend, self.bound)?;
        writeln!(out, "  consumed by calls that were not answered: {} USD", self.consumed)?;
        write!(out, "  lost events: {}, double events: {}", self.lost, self.double)
    }
}

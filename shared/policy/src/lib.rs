//! Decides: keys, budgets, limits, routing, prices. Values in, decisions out; does no IO and reads no clock.
#![warn(missing_docs)]

pub mod money;
pub mod spend;

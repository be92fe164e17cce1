//! Organizations: how one is made, changed and shown, and who belongs to it.

mod answer;
mod make;
mod members;
#[cfg(test)]
mod tests;

pub use make::{new, permit, update};
pub use members::{join, requested, update_member};

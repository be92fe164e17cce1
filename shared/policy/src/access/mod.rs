//! Access: what a caller may call and which models a key may use. Decides on values; maps nothing to HTTP.

mod role;

pub use role::Role;

//! Tokens of identity providers: what they look like, whether their claims hold, and what they make of their bearer.
//! Checks no signature: whoever has the cryptography does.

mod claims;
mod keys;
mod mapping;
mod principal;
mod rules;
#[cfg(test)]
mod tests;
mod token;
mod validity;

pub use claims::{routes_to_oauth2, value_at};
pub use keys::{Curve, Jwk, KeyMaterial, KeySet};
pub use mapping::KeyMapping;
pub use principal::{Principal, TeamClaim};
pub use rules::{Denied, permit_model, permit_role, permit_route};
pub use token::{Algorithm, Malformed, Token};
pub use validity::{Expected, Invalid, check};

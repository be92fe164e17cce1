//! Sends a provider request and hands back its bytes; the only crate that talks to providers. Translates nothing.

//! What a request asks for, as a hash: equal for requests that mean the same.

use std::fmt::Write;

use ring::digest::{Context, SHA256};
use serde_json::Value;

use crate::Request;

/// The hash of method, path, query and body. Spaces and the order of fields in a JSON body do not matter.
pub(super) fn of(req: &Request) -> String {
    let body = match serde_json::from_slice::<Value>(&req.body) {
        Ok(mut body) => {
            body.sort_all_objects();
            crate::json_bytes(&body)
        }
        Err(_) => req.body.clone(),
    };
    // Google's clients may authenticate in the query.
    let mut query: Vec<_> = req.query.iter().filter(|(name, _)| name != "key").collect();
    query.sort();
    let query = crate::json_bytes(&query);
    hash(&[req.method.as_str().as_bytes(), req.path.as_bytes(), &query, &body])
}

/// The SHA-256 of several texts in hexadecimal, such that no two lists of texts are mistaken for each other.
pub(super) fn hash(parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut text = String::with_capacity(64);
    for byte in context.finish().as_ref() {
        // Writing to a string does not fail.
        write!(text, "{byte:02x}").unwrap_or_default();
    }
    text
}

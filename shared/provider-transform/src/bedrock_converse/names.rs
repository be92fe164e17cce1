//! Names that Bedrock takes, made of names that clients send; the same name always becomes the same.

use std::borrow::Cow;
use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

/// "Maximum length of 64" ("ToolUseBlock").
const LONGEST_ID: usize = 64;
const ID_HASH: usize = 8;
const NAME_HASH: usize = 16;
/// How much of a document decides on its name.
const HASHED: usize = 64 << 10;

/// A tool's name: letters, digits, `_` and `-`, a letter first ("ToolSpecification").
pub(super) fn tool(name: &str) -> Cow<'_, str> {
    let is_taken = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-');
    let begins = name.chars().next().is_none_or(|it| it.is_ascii_alphabetic());
    if begins && name.chars().all(is_taken) {
        return Cow::Borrowed(name);
    }
    let plain = name.chars().map(|it| if is_taken(it) { it } else { '_' });
    let letter = if begins { None } else { Some('a') };
    Cow::Owned(letter.into_iter().chain(plain).collect())
}

/// A call's id: letters, digits, `_`, `.`, `:` and `-`. What Bedrock does not take becomes `_`, and a hash tells ids
/// apart that only differ in such characters.
pub(super) fn tool_use_id(id: &str) -> Cow<'_, str> {
    let is_taken = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '.' | ':' | '-');
    if !id.is_empty() && id.len() <= LONGEST_ID && id.chars().all(is_taken) {
        return Cow::Borrowed(id);
    }
    let plain = id.chars().map(|it| if is_taken(it) { it } else { '_' });
    let mut short: String = plain.take(LONGEST_ID - ID_HASH - 1).collect();
    if short.is_empty() {
        short.push_str("tool_use_id");
    }
    short.push('_');
    push_hash(&mut short, ID_HASH, &[id.as_bytes()]);
    Cow::Owned(short)
}

/// A document's name, by its content, so that the same conversation finds its prompt cache again. A client's own file
/// name is not sent: "the name field is vulnerable to prompt injections" ("DocumentBlock").
pub(super) fn document(start: &str, base64: &str, format: &str) -> String {
    let plain = base64.bytes().filter(|it| !it.is_ascii_whitespace());
    let hashed: Vec<u8> = plain.clone().take(HASHED).collect();
    let mut name = format!("{start}_");
    push_hash(&mut name, NAME_HASH, &[&hashed, plain.count().to_string().as_bytes()]);
    name.push('_');
    name.push_str(format);
    name
}

/// The name, or the name with the first number behind it that no other document has.
pub(super) fn unlike(name: String, taken: &mut BTreeSet<String>) -> String {
    let mut unlike = name.clone();
    let mut count = 2_u32;
    while !taken.insert(unlike.clone()) {
        unlike = format!("{name}_{count}");
        count += 1;
    }
    unlike
}

fn push_hash(name: &mut String, digits: usize, parts: &[&[u8]]) {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    let nibbles = hasher.finalize().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    name.extend(nibbles.take(digits).filter_map(|it| char::from_digit(u32::from(it), 16)));
}

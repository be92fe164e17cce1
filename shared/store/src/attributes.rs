//! Attributes and key parts that every table has, and how values become attributes.

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use policy::money::Usd;

pub(crate) const PK: &str = "pk";
pub(crate) const SK: &str = "sk";
/// Seconds since the Unix epoch after which DynamoDB removes the item.
pub(crate) const TTL: &str = "ttl";
/// Version of the item's form.
pub(crate) const VERSION: &str = "v";
/// Partition of the sparse index of items that a job has to look at.
pub(crate) const DUE: &str = "due";

pub(crate) const BY_DUE: &str = "by_due";

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([(PK.to_owned(), text(pk)), (SK.to_owned(), text(sk))])
}

pub(crate) fn read_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A count; what is missing or below zero counts as none.
pub(crate) fn read_count(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub(crate) fn read_usd(item: &Item, name: &str) -> Option<Usd> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

const LONGEST_PART: usize = 256;

/// A name as one part of a `#`-separated key: never a `#`, never longer than a key may be.
///
/// Some names come from clients; two long names stay two keys by their hash.
pub(crate) fn key_part(name: &str) -> String {
    short_key_part(name, LONGEST_PART)
}

/// The same for a key of many parts, each of which may be only `longest` bytes.
pub(crate) fn short_key_part(name: &str, longest: usize) -> String {
    let part = name.replace('%', "%25").replace('#', "%23");
    if part.len() <= longest {
        return part;
    }
    let mut start: String = part.chars().take(longest / 4 - HASH_DIGITS / 4).collect();
    start.push_str(&format!("~{:016x}", hash(&part)));
    start
}

/// Digits of a hash and its mark in a part.
const HASH_DIGITS: usize = 20;

/// FNV-1a, the same in every process.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

//! The rows, and what they come to.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;
use tests::Result;
use tests::local::MASTER_KEY;
use tests::money::decimal;

use super::fetch;
use crate::cases::house::House;

/// What some rows come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) spend: Decimal,
    pub(super) requests: u64,
    pub(super) failed: u64,
    pub(super) unpriced: u64,
    pub(super) prompt: u64,
    pub(super) completion: u64,
}

/// All rows, as `/spend/logs` lists them.
pub(super) struct Ledger {
    pub(super) rows: Vec<Value>,
}

impl Ledger {
    pub(super) async fn read(house: &House, dates: &str) -> Result<Self> {
        let mut rows = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/spend/logs?summarize=false&{dates}{cursor}");
            let (headers, page) = fetch(house, MASTER_KEY, &path).await?;
            rows.extend(page.as_array().cloned().ok_or("no list")?);
            match headers.get("x-next-cursor") {
                Some(next) => cursor = format!("&cursor={}", next.to_str()?),
                None => return Ok(Self { rows }),
            }
        }
    }

    pub(super) fn sum(&self, of: impl Fn(&Value) -> bool) -> Sum {
        let mut sum = Sum::default();
        for row in self.rows.iter().filter(|row| of(row)) {
            let count = |name: &str| row[name].as_u64().unwrap();
            sum.spend += decimal(&row["spend"]).unwrap();
            sum.requests += 1;
            sum.failed += u64::from(row["status"] == "failure");
            sum.unpriced += u64::from(row["metadata"]["unpriced"] == true);
            sum.prompt += count("prompt_tokens");
            sum.completion += count("completion_tokens");
        }
        sum.spend = sum.spend.normalize();
        sum
    }

    /// Sums by a name of the rows; rows without one are left out.
    pub(super) fn by(&self, name: impl Fn(&Value) -> String, of: impl Fn(&Value) -> bool) -> BTreeMap<String, Sum> {
        let names: BTreeSet<String> = self.rows.iter().map(&name).filter(|it| !it.is_empty()).collect();
        let sum = |wanted: String| {
            let sum = self.sum(|row| of(row) && name(row) == wanted);
            (wanted, sum)
        };
        names.into_iter().map(sum).filter(|(_, sum)| sum.requests > 0).collect()
    }

    /// Sums by tag; a row counts for each of its own.
    pub(super) fn by_tag(&self, of: impl Fn(&Value) -> bool) -> BTreeMap<String, Sum> {
        let tags = self.rows.iter().flat_map(|row| row["request_tags"].as_array().unwrap());
        let tags: BTreeSet<&str> = tags.map(|tag| tag.as_str().unwrap()).collect();
        let sum = |tag: &str| {
            let sum = self.sum(|row| of(row) && row["request_tags"].as_array().unwrap().iter().any(|it| it == tag));
            (tag.to_owned(), sum)
        };
        tags.into_iter().map(sum).filter(|(_, sum)| sum.requests > 0).collect()
    }
}

/// A text of a row; empty where there is none.
pub(super) fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

/// The day of a row.
pub(super) fn day(row: &Value) -> String {
    text(row, "startTime").chars().take(10).collect()
}

/// Entries of a list by a name, each with an amount.
pub(super) fn amounts(list: &Value, name: &str, amount: &str) -> BTreeMap<String, Decimal> {
    let entries = list.as_array().unwrap_or_else(|| panic!("{list} is no list")).iter();
    entries.map(|entry| (text(entry, name), decimal(&entry[amount]).unwrap())).collect()
}

/// The spend of each sum.
pub(super) fn spends(sums: &BTreeMap<String, Sum>) -> BTreeMap<String, Decimal> {
    sums.iter().map(|(name, sum)| (name.clone(), sum.spend)).collect()
}

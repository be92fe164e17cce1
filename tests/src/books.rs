//! What the tables say was spent, and whether they agree with each other.

use std::collections::BTreeMap;

use crate::Result;
use crate::money::decimal;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::world::{World, now};

/// USD a token of gpt-4o, sent and produced.
const PRICES: (&str, &str) = ("0.0000025", "0.00001");

/// The spend table.
#[derive(Debug, PartialEq)]
pub struct Books {
    /// Rows by event id.
    pub rows: BTreeMap<String, Row>,
    /// Totals over all time by `kind#id`.
    pub totals: BTreeMap<String, Decimal>,
    /// Sums of the daily rollups by `kind#id`.
    pub rollups: BTreeMap<String, Decimal>,
}

/// One call.
#[derive(Debug, PartialEq)]
pub struct Row {
    pub spend: Decimal,
    pub event: Value,
}

impl Books {
    pub async fn read(world: &World) -> Result<Self> {
        let mut books = Self { rows: BTreeMap::new(), totals: BTreeMap::new(), rollups: BTreeMap::new() };
        for item in world.scan(world.env("SPEND_TABLE")).await? {
            let spend = || decimal(&item["spend"]["N"]);
            let key = |name: &str| item[name]["S"].as_str().unwrap_or_default();
            let parts: Vec<&str> = key("pk").split('#').collect();
            match (parts.as_slice(), key("sk")) {
                (["CALL", id], "CALL") => {
                    let event: Value = serde_json::from_str(key("event"))?;
                    books.rows.insert((*id).to_owned(), Row { spend: spend()?, event });
                }
                (["TOTAL", "global", _shard], "ALL") => {
                    *books.totals.entry("global".to_owned()).or_default() += spend()?;
                }
                (["TOTAL", of @ ..], "ALL") => {
                    books.totals.insert(of.join("#"), spend()?);
                }
                (["DAILY", "global", _shard], _) => *books.rollups.entry("global".to_owned()).or_default() += spend()?,
                // Counts of refusals, which nobody pays.
                (["DAILY", "rate_limited", ..], _) => {}
                (["DAILY", of @ ..], _) => *books.rollups.entry(of.join("#")).or_default() += spend()?,
                _ => {}
            }
        }
        Ok(books)
    }

    /// What all rows come to.
    pub fn sum(&self) -> Decimal {
        self.rows.values().map(|it| it.spend).sum()
    }
}

impl Row {
    /// Charged from its reservation because its process died.
    pub fn is_crashed(&self) -> bool {
        self.event["error"]["class"] == "crashed"
    }

    /// Told by the provider, not estimated.
    pub fn is_measured(&self) -> bool {
        self.event["estimated"] != true && self.event["status"] == "success"
    }
}

/// What a call with these tokens costs.
pub fn cost(prompt_tokens: u64, completion_tokens: u64) -> Result<Decimal> {
    let price = |text: &str| Ok::<_, crate::Error>(text.parse::<Decimal>()?);
    Ok(price(PRICES.0)? * Decimal::from(prompt_tokens) + price(PRICES.1)? * Decimal::from(completion_tokens))
}

/// Lets every open reservation expire, as if the time of its call had passed; says how many there were.
pub async fn expire_reservations(world: &World) -> Result<usize> {
    let table = world.env("COUNTERS_TABLE");
    let mut count = 0;
    for item in world.scan(table).await? {
        let names = item.as_object().into_iter().flatten().map(|(name, _)| name);
        for name in names.filter(|it| it.starts_with("r#")) {
            count += 1;
            let update = json!({
                "TableName": table,
                "Key": {"pk": item["pk"], "sk": item["sk"]},
                "UpdateExpression": "SET #r[0] = :past",
                "ExpressionAttributeNames": {"#r": name},
                "ExpressionAttributeValues": {":past": {"N": (now() - 1).to_string()}},
            });
            world.dynamodb("UpdateItem", &update).await?;
        }
    }
    Ok(count)
}

/// What is left of each budget in the counters, by `kind#id`.
pub async fn headroom(world: &World) -> Result<BTreeMap<String, Decimal>> {
    let mut left = BTreeMap::new();
    for item in world.scan(world.env("COUNTERS_TABLE")).await? {
        let of = item["pk"]["S"].as_str().unwrap_or_default().trim_start_matches("COUNTERS#").to_owned();
        for (name, value) in item.as_object().into_iter().flatten() {
            if name.starts_with("headroom#") {
                left.insert(of.clone(), decimal(&value["N"])?);
            }
        }
    }
    Ok(left)
}

/// The budgets in the counters by `kind#id`: the maximum, and what is left of it.
pub async fn budgets(world: &World) -> Result<BTreeMap<String, (Decimal, Decimal)>> {
    let mut budgets = BTreeMap::new();
    for item in world.scan(world.env("COUNTERS_TABLE")).await? {
        let of = item["pk"]["S"].as_str().unwrap_or_default().trim_start_matches("COUNTERS#").to_owned();
        for (name, value) in item.as_object().into_iter().flatten() {
            if let Some(window) = name.strip_prefix("headroom#") {
                let max = decimal(&item[format!("max#{window}")]["N"])?;
                budgets.insert(of.clone(), (max, decimal(&value["N"])?));
            }
        }
    }
    Ok(budgets)
}

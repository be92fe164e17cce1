//! `/{user,team,…}/daily/activity`: days, breakdowns and pages.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;
use tests::money::decimal;

use super::ledger::{Sum, day, spends, text};
use super::{KEYS, Reports};

fn assert_metrics(told: &Value, sum: &Sum) {
    assert_eq!(decimal(&told["spend"]).unwrap(), sum.spend);
    let counts = ["api_requests", "failed_requests", "unpriced_requests", "prompt_tokens", "completion_tokens"];
    let told = counts.map(|name| told[name].as_u64().unwrap());
    assert_eq!(told, [sum.requests, sum.failed, sum.unpriced, sum.prompt, sum.completion]);
}

fn spends_of(parts: &Value) -> BTreeMap<String, Decimal> {
    let parts = parts.as_object().unwrap().iter().filter(|(name, _)| !name.is_empty());
    parts.map(|(name, part)| (name.clone(), decimal(&part["metrics"]["spend"]).unwrap())).collect()
}

/// Every day with its breakdowns, whole and page by page.
pub(super) async fn by_day(it: &Reports) {
    let whole = it.of_days("/user/daily/activity/aggregated").await;
    let days = whole["results"].as_array().unwrap();
    assert_eq!(days.len(), it.ledger.by(day, |_| true).len());
    for told in days {
        let of_day = |row: &Value| day(row) == text(told, "date");
        assert_metrics(&told["metrics"], &it.ledger.sum(of_day));
        let parts = [
            ("models", "model"),
            ("model_groups", "model_group"),
            ("providers", "custom_llm_provider"),
            ("api_keys", "api_key"),
            ("entities", "user"),
        ];
        for (part, name) in parts {
            let mut told = spends_of(&told["breakdown"][part]);
            told.remove("Unassigned");
            assert_eq!(told, spends(&it.ledger.by(|row| text(row, name), of_day)), "{part}");
        }
        for (model, part) in told["breakdown"]["models"].as_object().unwrap() {
            let keys: Decimal = spends_of(&part["api_key_breakdown"]).values().sum();
            let nobody = part["api_key_breakdown"].get("").map(|it| decimal(&it["metrics"]["spend"]).unwrap());
            let sum = it.ledger.sum(|row| of_day(row) && row["model"] == *model).spend;
            assert_eq!((keys + nobody.unwrap_or_default()).normalize(), sum);
        }
    }
    assert_total(&whole, &it.ledger.sum(|_| true));

    let mut pages = Vec::new();
    for page in 1.. {
        let told = it.of_days(&format!("/user/daily/activity?page_size=1&page={page}")).await;
        pages.extend(told["results"].as_array().unwrap().clone());
        assert_eq!(told["metadata"]["total_pages"], days.len());
        assert_total(&told, &it.ledger.sum(|row| day(row) == text(&told["results"][0], "date")));
        if told["metadata"]["has_more"] == false {
            break;
        }
    }
    assert_eq!(pages, *days);
}

fn assert_total(told: &Value, sum: &Sum) {
    let metadata = &told["metadata"];
    assert_eq!(decimal(&metadata["total_spend"]).unwrap(), sum.spend);
    assert_eq!(metadata["total_api_requests"], sum.requests);
    assert_eq!(metadata["total_tokens"], sum.prompt + sum.completion);
}

/// Teams, organizations, customers, tags and agents, all of them and by name.
pub(super) async fn of_every_kind(it: &Reports) {
    let kinds = [
        ("user", "user_id", "user"),
        ("team", "team_ids", "team_id"),
        ("organization", "organization_ids", "organization_id"),
        ("customer", "end_user_ids", "end_user"),
        ("agent", "agent_ids", "agent_id"),
        ("tag", "tags", ""),
    ];
    for (kind, parameter, name) in kinds {
        let sums = match kind {
            "tag" => it.ledger.by_tag(|_| true),
            _ => it.ledger.by(|row| text(row, name), |_| true),
        };
        let told = entities(&it.of_days(&format!("/{kind}/daily/activity/aggregated")).await);
        assert_eq!(told, spends(&sums), "{kind}");
        for (id, sum) in &sums {
            let told = it.of_days(&format!("/{kind}/daily/activity/aggregated?{parameter}={id}")).await;
            assert_total(&told, sum);
            assert_eq!(entities(&told), BTreeMap::from([(id.clone(), sum.spend)]), "{kind}");
        }
    }
}

/// The entities of all days together.
fn entities(told: &Value) -> BTreeMap<String, Decimal> {
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for day in told["results"].as_array().unwrap() {
        for (id, spend) in spends_of(&day["breakdown"]["entities"]) {
            *sums.entry(id).or_default() += spend;
        }
    }
    sums.remove("Unassigned");
    sums.into_iter().map(|(id, spend)| (id, spend.normalize())).collect()
}

/// An admin sees the team, a member the own part of it, and their names.
pub(super) async fn of_teams(it: &Reports) {
    let path = format!("/team/daily/activity/aggregated?team_ids=t-1&{}", it.dates);
    let of_admin = it.get_as(KEYS[0].0, &path).await;
    assert_total(&of_admin, &it.ledger.sum(|row| row["team_id"] == "t-1"));
    assert_eq!(of_admin["results"][0]["breakdown"]["entities"]["t-1"]["metadata"]["alias"], "team t-1");
    let of_member = it.get_as(KEYS[1].0, &path).await;
    assert_total(&of_member, &it.ledger.sum(|row| row["team_id"] == "t-1" && row["user"] == "ben"));
    let own = it.get_as(KEYS[1].0, &format!("/user/daily/activity/aggregated?{}", it.dates)).await;
    assert_total(&own, &it.ledger.sum(|row| row["user"] == "ben"));
}

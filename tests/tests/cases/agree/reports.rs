//! Reports of everybody, of somebody, by key, model, team, tag and customer.

use std::collections::{BTreeMap, BTreeSet};

use policy::key::Key;
use policy::spend::Scope;
use rust_decimal::Decimal;
use serde_json::Value;
use tests::money::decimal;

use super::ledger::{Sum, amounts, day, spends, text};
use super::{KEYS, Reports};

const NO_TEAM: &str = "Unassigned";

fn team(row: &Value) -> String {
    match text(row, "team_id") {
        id if id.is_empty() => NO_TEAM.to_owned(),
        id => format!("team {id}"),
    }
}

fn everyone(_: &Value) -> bool {
    true
}

/// `/global/spend*` and `/global/activity*`.
pub(super) async fn everybodys(it: &Reports) {
    let rows = &it.ledger;
    let all = rows.sum(everyone);
    let global = it.get("/global/spend").await;
    assert_eq!(decimal(&global["spend"]).unwrap(), all.spend);
    assert_eq!(global["unpriced_requests"], all.unpriced);

    let by = |name: &'static str| spends(&rows.by(|row| text(row, name), everyone));
    let by_day = rows.by(day, everyone);
    assert_eq!(amounts(&it.get("/global/spend/logs").await, "date", "spend"), spends(&by_day));
    assert_eq!(amounts(&it.get("/global/spend/keys").await, "api_key", "total_spend"), by("api_key"));
    assert_eq!(amounts(&it.get("/global/spend/models").await, "model", "total_spend"), by("model"));
    let providers = it.of_days("/global/spend/provider").await;
    assert_eq!(amounts(&providers, "provider", "spend"), by("custom_llm_provider"));

    let teams = it.get("/global/spend/teams").await;
    let by_team = spends(&rows.by(team, everyone));
    assert_eq!(amounts(&teams["total_spend_per_team"], "team_id", "total_spend"), by_team);
    for entry in teams["daily_spend"].as_array().unwrap() {
        let of_day = spends(&rows.by(team, |row| day(row) == text(entry, "date")));
        let told = entry.as_object().unwrap().iter().filter(|(name, _)| *name != "date");
        let told: BTreeMap<String, Decimal> =
            told.map(|(name, spend)| (name.clone(), decimal(spend).unwrap())).collect();
        assert_eq!(told, of_day);
    }

    let activity = it.of_days("/global/activity").await;
    assert_eq!(activity["sum_api_requests"], all.requests);
    assert_eq!(activity["sum_total_tokens"], all.prompt + all.completion);
    let daily = activity["daily_data"].as_array().unwrap().iter().map(|it| it["api_requests"].as_u64().unwrap());
    assert_eq!(daily.collect::<Vec<_>>(), by_day.values().map(|sum| sum.requests).collect::<Vec<_>>());
    for group in it.of_days("/global/activity/model").await.as_array().unwrap() {
        let sum = rows.sum(|row| row["model_group"] == group["model"]);
        assert_eq!((group["sum_api_requests"].as_u64(), sum.requests > 0), (Some(sum.requests), true));
        let refused = rows.sum(|row| {
            row["model_group"] == group["model"] && row["metadata"]["error_information"]["error_code"] == "429"
        });
        let path = format!("/global/activity/exceptions?model_group={}", group["model"].as_str().unwrap());
        assert_eq!(it.of_days(&path).await["sum_num_rate_limit_exceptions"], refused.requests);
    }
    let hits = it.of_days("/global/activity/cache_hits").await;
    let count = |name: &str| hits.as_array().unwrap().iter().map(|it| it[name].as_u64().unwrap()).sum::<u64>();
    let hit = rows.sum(|row| row["cache_hit"] == "True");
    assert_eq!([count("total_rows"), count("cache_hit_true_rows")], [all.requests, hit.requests]);
    assert_eq!(count("cached_completion_tokens"), hit.completion);
    assert_eq!(count("generated_completion_tokens"), all.completion - hit.completion);
}

/// `/global/spend/report`.
pub(super) async fn grouped(it: &Reports) {
    let rows = &it.ledger;
    let by_model = it.of_days("/global/spend/report?group_by=model").await;
    assert_eq!(amounts(&by_model, "model", "total_cost"), spends(&rows.by(|row| text(row, "model"), everyone)));
    assert_report(&it.of_days("/global/spend/report?group_by=api_key").await, &it.ledger, &everyone);

    let unassigned = |row: &Value| team(row).replace(NO_TEAM, "Unassigned Team");
    let named = |row: &Value| !text(row, "end_user").is_empty();
    assert_days(&it.of_days("/global/spend/report").await, "teams", "team_name", it, &unassigned, &everyone);
    let customer = |row: &Value| text(row, "end_user");
    let of_customers = it.of_days("/global/spend/report?group_by=customer").await;
    assert_days(&of_customers, "customers", "customer", it, &customer, &named);
    let both = |row: &Value| row["team_id"] == "t-1" && row["end_user"] == "customer-1";
    let of_both = it.of_days("/global/spend/report?team_id=t-1&customer_id=customer-1").await;
    assert_days(&of_both, "teams_customers", "customer", it, &customer, &both);
}

fn assert_days(
    report: &Value,
    list: &str,
    name: &str,
    it: &Reports,
    name_of: &dyn Fn(&Value) -> String,
    of: &dyn Fn(&Value) -> bool,
) {
    let days = report.as_array().unwrap();
    assert_eq!(days.len(), it.ledger.by(day, of).len());
    for told in days {
        let date: String = text(told, "group_by_day").chars().take(10).collect();
        let sums = it.ledger.by(name_of, |row| of(row) && day(row) == date);
        assert_eq!(amounts(&told[list], name, "total_spend"), spends(&sums));
        for entry in told[list].as_array().unwrap() {
            let parts = entry["metadata"].as_array().unwrap().iter();
            let parts: Decimal = parts.map(|part| decimal(&part["spend"]).unwrap()).sum();
            assert_eq!(parts.normalize(), decimal(&entry["total_spend"]).unwrap());
        }
    }
}

/// A report by key and model is that of the rows.
fn assert_report(report: &Value, ledger: &super::Ledger, of: &dyn Fn(&Value) -> bool) {
    let keys: BTreeSet<String> = ledger.rows.iter().filter(|row| of(row)).map(|row| text(row, "api_key")).collect();
    let told: BTreeSet<String> = report.as_array().unwrap().iter().map(|it| text(it, "api_key")).collect();
    assert_eq!(told, keys);
    for entry in report.as_array().unwrap() {
        assert_sums(entry, &ledger.sum(|row| of(row) && row["api_key"] == entry["api_key"]));
        let models = ledger.by(|row| text(row, "model"), |row| of(row) && row["api_key"] == entry["api_key"]);
        let mut told: BTreeMap<String, Decimal> = BTreeMap::new();
        for model in entry["model_details"].as_array().unwrap() {
            *told.entry(text(model, "model")).or_default() += decimal(&model["total_cost"]).unwrap();
        }
        told.values_mut().for_each(|spend| *spend = spend.normalize());
        assert_eq!(told, spends(&models));
    }
}

fn assert_sums(told: &Value, sum: &Sum) {
    assert_eq!(decimal(&told["total_cost"]).unwrap(), sum.spend);
    let counts = ["api_requests", "failed_requests", "unpriced_requests", "total_input_tokens", "total_output_tokens"];
    let told = counts.map(|name| told[name].as_u64().unwrap());
    assert_eq!(told, [sum.requests, sum.failed, sum.unpriced, sum.prompt, sum.completion]);
}

/// `/{key,user,team,organization}/spend/report`, and `/team/spend/by_user`.
pub(super) async fn of_somebody(it: &Reports) {
    let reports = [
        ("/user/spend/report?internal_user_id=ben", "user", "ben"),
        ("/team/spend/report?team_id=t-1", "team_id", "t-1"),
        ("/organization/spend/report?organization_id=o-2", "organization_id", "o-2"),
    ];
    for (path, name, id) in reports {
        let told = it.of_days(path).await;
        assert!(!told.as_array().unwrap().is_empty(), "{path}");
        assert_report(&told, &it.ledger, &|row| row[name] == id);
    }
    for (secret, ..) in KEYS {
        let hash = Key::hash(secret);
        let told = it.of_days(&format!("/key/spend/report?api_key={secret}")).await;
        assert_report(&told, &it.ledger, &|row| row["api_key"] == hash);
    }
    let told = it.of_days("/team/spend/by_user?team_ids=t-1,t-2").await;
    for entry in told["results"].as_array().unwrap() {
        let sum = it.ledger.sum(|row| row["team_id"] == entry["team_id"] && row["user"] == entry["user_id"]);
        assert_eq!(
            (decimal(&entry["spend"]).unwrap(), entry["api_requests"].as_u64()),
            (sum.spend, Some(sum.requests))
        );
    }
    assert_eq!(told["results"].as_array().unwrap().len(), 3, "ann and ben in one team, ben in the other");

    for entry in it.of_days("/spend/logs").await.as_array().unwrap() {
        let of_day = |row: &Value| day(row) == text(entry, "startTime");
        assert_eq!(decimal(&entry["spend"]).unwrap(), it.ledger.sum(of_day).spend);
        for (parts, name) in [("users", "user"), ("models", "model")] {
            let told = entry[parts].as_object().unwrap().iter().filter(|(name, _)| !name.is_empty());
            let told: BTreeMap<String, Decimal> =
                told.map(|(name, spend)| (name.clone(), decimal(spend).unwrap())).collect();
            assert_eq!(told, spends(&it.ledger.by(|row| text(row, name), of_day)));
        }
    }
}

/// Tags and customers.
pub(super) async fn by_label(it: &Reports) {
    let tags = it.ledger.by_tag(everyone);
    for (path, list, name, spend) in [
        ("/global/spend/tags", Some("spend_per_tag"), "name", "spend"),
        ("/spend/tags", None, "individual_request_tag", "total_spend"),
    ] {
        let told = it.of_days(path).await;
        let told = list.map_or(&told, |list| &told[list]);
        assert_eq!(amounts(told, name, spend), spends(&tags));
        for entry in told.as_array().unwrap() {
            assert_eq!(entry["log_count"], tags[&text(entry, name)].requests);
        }
    }
    let told = it.get("/spend/tags").await;
    assert_eq!(amounts(&told, "individual_request_tag", "total_spend"), spends(&tags));
    let names = it.get("/global/spend/all_tag_names").await;
    let told: BTreeSet<&str> = names["tag_names"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(told, tags.keys().map(String::as_str).collect());
    let customers = spends(&it.ledger.by(|row| text(row, "end_user"), everyone));
    assert_eq!(amounts(&it.get("/global/spend/end_users").await, "end_user", "total_spend"), customers);
}

/// What everyone has spent in all, which budgets go by.
pub(super) async fn totals(it: &Reports) {
    let keys = it.get("/spend/keys").await;
    let by_key = spends(&it.ledger.by(|row| text(row, "api_key"), everyone));
    assert_eq!(amounts(&keys, "token", "spend"), by_key);
    let member = |row: &Value| match (text(row, "team_id"), text(row, "user")) {
        (team, user) if team.is_empty() || user.is_empty() => String::new(),
        (team, user) => format!("{team}:{user}"),
    };
    for (kind, name) in [("user", "user"), ("team", "team_id"), ("organization", "organization_id")] {
        assert_totals(it, kind, &it.ledger.by(|row| text(row, name), everyone)).await;
    }
    assert_totals(it, "team_member", &it.ledger.by(member, everyone)).await;
    assert_totals(it, "end_user", &it.ledger.by(|row| text(row, "end_user"), everyone)).await;
    assert_totals(it, "agent", &it.ledger.by(|row| text(row, "agent_id"), everyone)).await;
    assert_totals(it, "tag", &it.ledger.by_tag(everyone)).await;
}

async fn assert_totals(it: &Reports, kind: &str, sums: &BTreeMap<String, Sum>) {
    assert!(!sums.is_empty(), "{kind}");
    for (id, sum) in sums {
        let total = it.house.app.store.find_total(&Scope::new(kind, id.as_str())).await.unwrap();
        assert_eq!((total.spend.to_string(), total.requests), (sum.spend.to_string(), sum.requests), "{kind} {id}");
    }
}

/// A user sees the own part, and nothing else.
pub(super) async fn own(it: &Reports) {
    let secret = KEYS[1].0;
    let own = |row: &Value| row["user"] == "ben";
    let sum = |name: &'static str| spends(&it.ledger.by(|row| text(row, name), own));
    let get = |path: &str| {
        let path = format!("{path}?{}", it.dates);
        async move { it.get_as(secret, &path).await }
    };
    assert_eq!(amounts(&get("/global/spend/keys").await, "api_key", "total_spend"), sum("api_key"));
    assert_eq!(amounts(&get("/global/spend/models").await, "model", "total_spend"), sum("model"));
    assert_eq!(get("/global/activity").await["sum_api_requests"], it.ledger.sum(own).requests);
    let tags = get("/global/spend/tags").await;
    assert_eq!(amounts(&tags["spend_per_tag"], "name", "spend"), spends(&it.ledger.by_tag(own)));
    assert_eq!(get("/spend/logs/v2").await["total"], it.ledger.sum(own).requests);
    // An admin of a team sees all of it.
    let path = format!("/spend/logs/v2?team_id=t-1&{}", it.dates);
    let of_admin = it.get_as(KEYS[0].0, &path).await;
    assert_eq!(of_admin["total"], it.ledger.sum(|row| row["team_id"] == "t-1").requests);
    let of_member = it.get_as(secret, &path).await;
    assert_eq!(of_member["total"], it.ledger.sum(|row| row["team_id"] == "t-1" && own(row)).requests);
}

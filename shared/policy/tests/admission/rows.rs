//! Tables of (everyone behind a call, the model it asks for, what follows): who denies the model, which budgets are asked
//! in which order, which totals count it, which limits hold.

use jiff::Timestamp;
use policy::access::{Catalog, ModelDecision, model};
use policy::budget::{self, Rules};
use policy::config::Config;
use policy::duration::Calendar;
use policy::entity::{Customer, Tag};
use policy::key::Key;
use policy::limits::{Grounds, descriptors};
use policy::spend::Scope;
use policy::subject::{Acting, Entities, ModelNames, Subject};
use serde_json::{Map, Value, json};

const NOW: &str = "2026-05-13T10:47:33Z";

const CONFIG: &str = "
model_list:
  - {model_name: gpt-4o, litellm_params: {model: openai/gpt-4o}}
  - {model_name: claude, litellm_params: {model: anthropic/claude-sonnet-4-5}, model_info: {access_groups: [beta]}}
agent_list:
  - {agent_name: scout, rpm_limit: 5, session_rpm_limit: 2, session_tpm_limit: 90}
  - {agent_id: 'a:1', agent_name: digger, tpm_limit: 70, session_rpm_limit: 1}
  - {agent_name: idle}
router_settings: {model_group_alias: {fast: gpt-4o}}
";

#[test]
fn every_row() {
    let tables = [
        ("models", include_str!("../data/models.json")),
        ("budgets", include_str!("../data/budgets.json")),
        ("descriptors", include_str!("../data/descriptors.json")),
    ];
    let mut wrong = Vec::new();
    for (table, text) in tables {
        let rows: Vec<Value> = serde_json::from_str(text).unwrap();
        assert!(rows.len() > 5, "{table} has only {} rows", rows.len());
        for row in &rows {
            let found = check(row, table);
            if found != row["expect"] {
                wrong.push(format!("{table}: {}\n  want {}\n  have {found}", row["about"], row["expect"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// What follows for a row, in the form of its expectation.
fn check(row: &Value, table: &str) -> Value {
    let part = |name: &str| row.get(name).cloned().unwrap_or_else(|| json!({}));
    let key: Key = read(part("key"));
    let of = |name: &str| row.get(name).cloned();
    let entities = Entities {
        user: of("user").map(read),
        team: of("team").map(read),
        member: of("member").map(read),
        organization: of("organization").map(read),
        organization_member: of("organization_member").map(read),
        project: of("project").map(read),
        ..Entities::default()
    };
    let customer: Option<Customer> = of("customer").map(read);
    let tags: Vec<Tag> = of("tags").map(|it| serde_json::from_value(it).unwrap()).unwrap_or_default();
    let (config, _) = Config::parse(CONFIG, &|_| None).unwrap();
    let agent = of("agent").map(|it| config.agent(it.as_str().unwrap()).unwrap());
    let session = row["session"].as_str();
    let agent = agent.map(|agent| Acting { agent, session });
    let subject =
        Subject { key: &key, entities: &entities, customer: customer.as_ref(), tags: &tags, groups: &[], agent };
    let asked = row["model"].as_str().unwrap_or("gpt-4o");
    if table == "models" {
        let decision = model(&subject, asked, of("provider").as_ref().and_then(Value::as_str), &Catalog::of(&config));
        return match decision {
            ModelDecision::Allowed(routed) => json!({ "routed": routed }),
            ModelDecision::Denied(denier) => json!({ "denied": denier.as_str() }),
        };
    }
    let group = config.router_settings.model_group_alias.get(asked).map_or(asked, |alias| &alias.model);
    let names = ModelNames { requested: asked, group, provider: Some("openai") };
    let settings = part("settings");
    if table == "descriptors" {
        let grounds = Grounds {
            default_rpm: settings["default_api_key_rpm_limit"].as_u64(),
            default_tpm: settings["default_api_key_tpm_limit"].as_u64(),
            failing: settings["failing"] == true,
            throttle: settings["throttle"].as_f64(),
            global_parallel: settings["global_max_parallel_requests"].as_u64(),
        };
        let found = descriptors(&subject, &names, &grounds);
        return found
            .iter()
            .map(|it| {
                let limits = [("rpm", it.rpm), ("tpm", it.tpm), ("parallel", it.parallel)];
                let limits = limits.iter().filter_map(|(name, limit)| limit.map(|limit| format!(" {name}={limit}")));
                let counts = it.counts.map(|kind| format!(" of {kind:?}")).unwrap_or_default();
                let counter = if it.counter.is_empty() { String::new() } else { format!(" [{}]", it.counter) };
                format!("{}: {} {}{counter}{}{counts}", it.key, it.kind, it.id, limits.collect::<String>())
            })
            .collect();
    }
    let calendar = Calendar::default();
    let rules = Rules {
        calendar: &calendar,
        now: NOW.parse().unwrap(),
        global: settings["max_budget"].as_str().map(|it| it.parse().unwrap()),
        global_duration: settings["budget_duration"].as_str().map(|it| it.parse().unwrap()),
        users_pay_for_teams: settings["apply_user_budget_to_team_keys"] == true,
    };
    let due = budget::due(&subject, &names, &rules);
    let due = due.iter().map(|it| {
        let window = if it.window.is_empty() { String::new() } else { format!(" [{}]", it.window) };
        format!("{}{window} max={} ({})", show(&it.scope), it.max, budget::title(&subject, &it.scope))
    });
    let scopes = budget::scopes(&subject, Some(&names), &rules);
    let watched = budget::watched(&subject, &rules, false);
    let watched = watched.iter().map(|it| format!("{} soft={}", show(&it.scope), it.soft.unwrap_or_default()));
    let mut found = Map::new();
    found.insert("due".to_owned(), due.collect());
    found.insert("scopes".to_owned(), scopes.iter().map(show).collect());
    found.insert("watched".to_owned(), watched.collect());
    found.retain(|_, list| list != &json!([]));
    found.into()
}

fn show(scope: &Scope) -> String {
    let period = scope.period.map(|start| Timestamp::from_second(i64::try_from(start).unwrap()).unwrap());
    let period = period.map(|start| format!(" since {start}")).unwrap_or_default();
    format!("{} {}{period}", scope.kind, scope.id)
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

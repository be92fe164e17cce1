//! Callers of every kind try every route that is no inference on somebody else's things, and on what they may do
//! themselves. Nothing of the victim's may show or change, and nobody may come out stronger.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use policy::access::is_inference;
use serde_json::{Value, json};
use tests::Result;
use tests::local::MASTER_KEY;

use super::house::{Answer, House};
use super::roles::routes;

/// Stands in everything of the victim's that is not an id.
const MARK: &str = "VICTIM-MARK";

/// Fields that change by themselves.
const RESTLESS: &[&str] = &["last_active", "updated_at"];

struct Attacker {
    name: &'static str,
    key: String,
    /// May see everything, as a viewer does.
    sees_all: bool,
}

struct World {
    house: House,
    victims_key: String,
    attackers: Vec<Attacker>,
}

impl World {
    async fn new() -> Result<Self> {
        let house = House::start(&json!({
            "model_list": [{"model_name": "gpt-4o", "litellm_params": {"model": "openai/gpt-4o", "api_base": "{provider}/v1", "api_key": "sk-provider"}}],
            "general_settings": {"user_api_key_cache_ttl": 0},
        }))
        .await?;
        let mut world = Self { house, victims_key: String::new(), attackers: Vec::new() };
        for who in ["victim", "own"] {
            let id = |kind: &str| format!("{who}-{kind}");
            let mark = if who == "victim" { MARK } else { "mine" };
            world
                .make(
                    "POST /organization/new",
                    json!({"organization_id": id("org"), "organization_alias": format!("{mark}-org")}),
                )
                .await;
            world.make("POST /team/new", json!({"team_id": id("team"), "team_alias": format!("{mark}-team"), "organization_id": id("org"), "metadata": {"note": mark}})).await;
            world.make("POST /budget/new", json!({"budget_id": id("budget"), "max_budget": 5})).await;
            world.make("POST /tag/new", json!({"name": id("tag"), "description": mark})).await;
            world.make("POST /customer/new", json!({"user_id": id("customer"), "alias": mark})).await;
        }
        world.make("POST /user/new", json!({"user_id": "victim-user", "user_email": format!("{MARK}@x.y"), "user_alias": MARK, "user_role": "internal_user", "auto_create_key": false})).await;
        world
            .make(
                "POST /team/member_add",
                json!({"team_id": "victim-team", "member": {"role": "admin", "user_id": "victim-user"}}),
            )
            .await;
        world
            .make(
                "POST /project/new",
                json!({"project_id": "victim-project", "team_id": "victim-team", "project_alias": MARK}),
            )
            .await;
        let made = world.make("POST /key/generate", json!({"user_id": "victim-user", "team_id": "victim-team", "key_alias": format!("{MARK}-key"), "metadata": {"note": MARK}})).await;
        world.victims_key = made["token_id"].as_str().ok_or("no key for the victim")?.to_owned();
        let secret = made["key"].as_str().ok_or("no key for the victim")?.to_owned();
        world
            .make("POST /jwt/key/mapping/new", json!({"jwt_claim_name": "sub", "jwt_claim_value": MARK, "key": secret}))
            .await;
        let call = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "metadata": {"tags": [format!("{MARK}-tag")]}});
        world.call("POST /v1/chat/completions", &secret, &call).await?;
        world.house.write_spend().await?;

        for (name, role) in [
            ("user", "internal_user"),
            ("team-admin", "internal_user"),
            ("org-admin", "internal_user"),
            ("viewer", "internal_user_viewer"),
            ("reader", "proxy_admin_viewer"),
        ] {
            let id = format!("attacker-{name}");
            let made = world
                .make(
                    "POST /user/new",
                    json!({"user_id": id, "user_email": format!("{name}@x.y"), "user_role": role, "max_budget": 3}),
                )
                .await;
            let Some(key) = made["key"].as_str().map(str::to_owned) else { continue };
            world.attackers.push(Attacker { name, key, sees_all: role == "proxy_admin_viewer" });
        }
        world
            .make(
                "POST /team/member_add",
                json!({"team_id": "own-team", "member": {"role": "admin", "user_id": "attacker-team-admin"}}),
            )
            .await;
        world
            .make(
                "POST /organization/member_add",
                json!({"organization_id": "own-org", "member": {"role": "org_admin", "user_id": "attacker-org-admin"}}),
            )
            .await;
        let made = world.make("POST /key/generate", json!({"team_id": "own-team"})).await;
        let key = made["key"].as_str().ok_or("no key without a user")?.to_owned();
        world.attackers.push(Attacker { name: "nobody", key, sees_all: false });
        Ok(world)
    }

    /// An admin's call. A route that there is not yet makes nothing.
    async fn make(&self, call: &str, body: Value) -> Value {
        let answer = self.call(call, MASTER_KEY, &body).await;
        answer.map(|it| serde_json::from_slice(&it.body).unwrap_or_default()).unwrap_or_default()
    }

    async fn call(&self, call: &str, key: &str, body: &Value) -> Result<Answer> {
        let (method, target) = call.split_once(' ').ok_or("a call is `METHOD /path`")?;
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {key}"))?);
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        self.house.call(Method::try_from(method)?, target, headers, body).await
    }

    /// Everything that must stay as it is.
    async fn picture(&self) -> BTreeMap<String, Value> {
        let key = &self.victims_key;
        let mut picture = BTreeMap::new();
        let mut reads = vec![
            (format!("GET /key/info?key={key}"), Value::Null),
            ("GET /key/list?user_id=victim-user&return_full_object=true".to_owned(), Value::Null),
            ("GET /key/list?team_id=victim-team".to_owned(), Value::Null),
            ("GET /user/info?user_id=victim-user".to_owned(), Value::Null),
            ("GET /team/info?team_id=victim-team".to_owned(), Value::Null),
            ("GET /organization/info?organization_id=victim-org".to_owned(), Value::Null),
            ("GET /project/info?project_id=victim-project".to_owned(), Value::Null),
            ("GET /customer/info?end_user_id=victim-customer".to_owned(), Value::Null),
            ("POST /tag/info".to_owned(), json!({"names": ["victim-tag"]})),
            ("POST /budget/info".to_owned(), json!({"budgets": ["victim-budget", "own-budget"]})),
            ("GET /jwt/key/mapping/list".to_owned(), Value::Null),
        ];
        for attacker in &self.attackers {
            reads.push((format!("GET /user/info?user_id=attacker-{}", attacker.name), Value::Null));
        }
        for (call, body) in reads {
            let Ok(answer) = self.call(&call, MASTER_KEY, &body).await else { continue };
            let mut seen: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            calm(&mut seen);
            if call.contains("attacker-") {
                // Its own keys come and go.
                seen = json!({"role": seen.pointer("/user_info/user_role"), "budget": seen.pointer("/user_info/max_budget")});
            }
            picture.insert(call, seen);
        }
        picture
    }

    /// What an attacker sends: the victim's things by every name, alone and beside its own.
    fn attempts(&self, path: &str, reads: bool, attacker: &str) -> Vec<Value> {
        let victims = json!({
            "key": self.victims_key, "keys": [self.victims_key], "key_aliases": [format!("{MARK}-key")],
            "user_id": "victim-user", "user_ids": ["victim-user"], "team_id": "victim-team", "team_ids": ["victim-team"],
            "organization_id": "victim-org", "organization_ids": ["victim-org"], "project_id": "victim-project",
            "project_ids": ["victim-project"], "budget_id": "victim-budget", "budgets": ["victim-budget"],
            "name": "victim-tag", "names": ["victim-tag"], "id": "victim-budget", "end_user_id": "victim-customer",
        });
        let area = path.split('/').nth(1).unwrap_or_default();
        let pick = |names: &[&str]| -> Value {
            names
                .iter()
                .map(|name| ((*name).to_owned(), victims[name].clone()))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let own = format!("attacker-{attacker}");
        let target = match area {
            "key" => pick(&["key", "keys"]),
            "user" => pick(&["user_id", "user_ids"]),
            "team" => pick(&["team_id", "team_ids"]),
            "organization" => pick(&["organization_id", "organization_ids"]),
            "project" => pick(&["project_id", "project_ids", "team_id"]),
            "budget" => pick(&["budget_id", "budgets", "id"]),
            "tag" => pick(&["name", "names"]),
            "customer" | "end_user" => json!({"user_id": "victim-customer", "user_ids": ["victim-customer"]}),
            _ => victims.clone(),
        };
        let with = |base: &Value, more: Value| {
            let mut all = base.clone();
            for (name, value) in more.as_object().into_iter().flatten() {
                all[name] = value.clone();
            }
            all
        };
        let stronger = json!({
            "user_role": "proxy_admin", "max_budget": 1000, "spend": 0, "blocked": false, "models": [], "reset_to": 0,
            "organization_role": "org_admin", "role": "admin", "team_alias": "taken", "key_alias": "taken",
        });
        let member =
            json!({"member": {"user_id": own, "role": "admin"}, "members": [{"user_id": own, "role": "admin"}]});
        let mut attempts = vec![
            target.clone(),
            with(&target, stronger.clone()),
            with(&target, member.clone()),
            with(&target, json!({"organization_id": "own-org"})),
            with(&with(&target, member), json!({"member": {"user_id": own, "role": "org_admin"}})),
        ];
        let destroys = ["delete", "block", "regenerate", "reset"].iter().any(|it| path.contains(it));
        if !destroys {
            attempts.push(with(&json!({"user_id": own, "user_email": format!("{attacker}@x.y")}), stronger.clone()));
            attempts.push(with(
                &json!({"user_ids": [own], "users": [{"user_id": own, "user_role": "proxy_admin"}], "all_users": true}),
                stronger,
            ));
            attempts.push(json!({}));
        }
        if reads {
            attempts.truncate(1);
        }
        attempts
    }

    /// The places of a route: its parameters name the victim's things.
    fn target(&self, path: &str) -> String {
        let fill = |it: &str| match it {
            "{key}" => self.victims_key.clone(),
            "{team_id}" | "{team}" => "victim-team".to_owned(),
            "{user_id}" | "{user}" => "victim-user".to_owned(),
            "{organization_id}" => "victim-org".to_owned(),
            it if it.starts_with('{') => "victim".to_owned(),
            it => it.to_owned(),
        };
        path.split('/').map(fill).collect::<Vec<_>>().join("/")
    }
}

/// Takes out what changes by itself.
fn calm(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !RESTLESS.contains(&name.as_str()));
            fields.values_mut().for_each(calm);
        }
        Value::Array(items) => items.iter_mut().for_each(calm),
        _ => {}
    }
}

fn query(body: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = body.as_object().into_iter().flatten();
    let single = pairs.filter(|(_, value)| !value.is_array() && !value.is_object());
    single.map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join("&")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reaches_others_things() {
    let world = World::new().await.unwrap();
    assert!(world.attackers.len() > 5, "some attackers could not be made");
    let mut complaints = Vec::new();
    let mut before = world.picture().await;
    assert!(before.values().any(|it| it.to_string().contains(MARK)), "the victim has nothing");
    let mut tried = 0;
    for row in routes() {
        let (method, path) = row.split_once(' ').unwrap();
        let target = world.target(path);
        // `POST /global/spend/reset` and the like are no less.
        if is_inference(&target) {
            continue;
        }
        for attacker in &world.attackers {
            for body in world.attempts(path, method == "GET", attacker.name) {
                let call = match (method, query(&body)) {
                    ("GET" | "DELETE", query) if !query.is_empty() => format!("{method} {target}?{query}"),
                    _ => format!("{method} {target}"),
                };
                let sent = if method == "GET" { Value::Null } else { body };
                let answer = world.call(&call, &attacker.key, &sent).await.unwrap();
                tried += 1;
                let text = String::from_utf8_lossy(&answer.body);
                // Whatever the body says, but for admins of organizations, whom it names one.
                let by_role = text.contains("Only proxy admin can call this route") && attacker.name != "org-admin";
                let what = || format!("{} as {}: {call} {sent}", answer.status, attacker.name);
                if answer.status.is_server_error() {
                    complaints.push(format!("fails: {} {text}", what()));
                }
                if text.contains(MARK) && !attacker.sees_all {
                    complaints.push(format!("shows: {} {text}", what()));
                }
                if method != "GET" && answer.status.is_success() {
                    let after = world.picture().await;
                    for (read, seen) in &after {
                        let old = before.get(read).cloned().unwrap_or_default();
                        if old != *seen {
                            complaints.push(format!("changes: {}\n  {read}\n  was {old}\n  is  {seen}", what()));
                        }
                    }
                    before = after;
                }
                if by_role {
                    break;
                }
            }
        }
    }
    for attacker in world.attackers.iter().filter(|it| !it.sees_all) {
        let answer = world.call("GET /budget/list", &attacker.key, &Value::Null).await.unwrap();
        if answer.status.is_success() {
            complaints.push(format!("{} has become an admin", attacker.name));
        }
    }
    assert!(tried > 500, "only {tried} attempts");
    complaints.dedup();
    assert!(complaints.is_empty(), "{} of {tried} attempts:\n{}", complaints.len(), complaints.join("\n"));
}

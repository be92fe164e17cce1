//! Tables of (state, request, decision).

use serde_json::json;

use super::*;
use crate::config::{Config, Deployment};
use crate::routing::GroupAlias;
use crate::subject::{Entities, Kind, Subject};

fn key(fields: serde_json::Value) -> Key {
    serde_json::from_value(fields).unwrap()
}

#[test]
fn key_states() {
    let now: Timestamp = "2026-05-01T12:00:00Z".parse().unwrap();
    let check = |fields, expected| assert_eq!(state(&key(fields), now), expected);
    check(json!({}), KeyState::Usable);
    check(json!({"expires": "2026-05-01T12:00:01Z"}), KeyState::Usable);
    check(json!({"expires": "2026-05-01T12:00:00Z"}), KeyState::Expired);
    check(json!({"blocked": true, "expires": "2026-01-01T00:00:00Z"}), KeyState::Blocked);
}

#[test]
fn globs() {
    let check = |pattern, name, expected: Option<Vec<&str>>| {
        assert_eq!(glob::captures(pattern, name), expected, "{pattern} {name}")
    };
    check("gpt-4", "gpt-4", Some(vec![]));
    check("gpt-4", "gpt-4o", None);
    check("*", "", Some(vec![""]));
    check("openai/*", "openai/gpt-4o", Some(vec!["gpt-4o"]));
    check("openai/*", "azure/gpt-4o", None);
    check("*/claude-*", "anthropic/claude-3", Some(vec!["anthropic", "3"]));
    check("a*b*c", "aXbYbZc", Some(vec!["X", "YbZ"]));
    check("a*b", "ab", Some(vec![""]));
    check("a*a", "a", None);
    check("é*", "é-ü", Some(vec!["-ü"]));
}

fn config() -> Config {
    let deployment = |name: &str, info: serde_json::Value| Deployment {
        id: format!("id-{name}"),
        model_name: name.to_owned(),
        model: name.to_owned(),
        model_info: info.as_object().cloned().unwrap(),
        ..Deployment::default()
    };
    let mut config = Config {
        model_list: vec![
            deployment("gpt-4o", json!({})),
            deployment("claude", json!({"access_groups": ["beta"]})),
            deployment("bedrock/*", json!({"access_groups": ["wild"]})),
            deployment("private", json!({"team_id": "t1"})),
        ],
        ..Config::default()
    };
    config.router_settings.model_group_alias = [
        ("fast".to_owned(), GroupAlias { model: "gpt-4o".to_owned(), hidden: false }),
        ("secret".to_owned(), GroupAlias { model: "gpt-4o".to_owned(), hidden: true }),
    ]
    .into();
    config
}

#[test]
fn models() {
    let config = config();
    let check = |fields, asked, provider, team: Option<&[&str]>, expected: Option<&str>| {
        let models = |team: &[&str]| team.iter().map(|it| (*it).to_owned()).collect();
        let team = team.map(|team| crate::entity::Team { models: models(team), ..Default::default() });
        let (key, entities) = (key(fields), Entities { team, ..Entities::default() });
        let subject = Subject { key: &key, entities: &entities, customer: None, tags: &[], groups: &[], agent: None };
        let expected =
            expected.map_or(ModelDecision::Denied(Kind::Key), |name| ModelDecision::Allowed(name.to_owned()));
        assert_eq!(model(&subject, asked, provider, &Catalog::of(&config)), expected, "{asked}");
    };
    check(json!({}), "anything", None, None, Some("anything"));
    check(json!({"models": ["gpt-4o"]}), "gpt-4o", None, None, Some("gpt-4o"));
    check(json!({"models": ["gpt-4o"]}), "gpt-4", None, None, None);
    check(json!({"models": ["gpt-4o"]}), "fast", None, None, Some("fast"));
    check(json!({"models": ["fast"]}), "gpt-4o", None, None, None);
    check(json!({"models": ["gpt-4o"]}), "id-gpt-4o", None, None, Some("id-gpt-4o"));
    check(json!({"models": ["claude"]}), "id-gpt-4o", None, None, None);
    check(json!({"models": ["openai/*"]}), "openai/o3", None, None, Some("openai/o3"));
    check(json!({"models": ["openai/*"]}), "gpt-4o", Some("openai"), None, Some("gpt-4o"));
    check(json!({"models": ["openai/*"]}), "gpt-4o", Some("azure"), None, None);
    check(json!({"models": ["openai/*"]}), "gpt-4o", None, None, None);
    check(json!({"models": ["beta"]}), "claude", None, None, Some("claude"));
    check(json!({"models": ["beta"]}), "gpt-4o", None, None, None);
    check(json!({"models": ["wild"]}), "bedrock/nova", None, None, Some("bedrock/nova"));
    check(json!({"models": ["all-proxy-models"]}), "x", None, None, Some("x"));
    check(json!({"models": ["*"]}), "x", None, None, Some("x"));
    check(json!({"models": ["no-default-models"]}), "no-default-models", None, None, None);
    check(json!({"models": ["no-default-models"]}), "gpt-4o", None, None, None);
    check(json!({"models": ["all-team-models"]}), "gpt-4o", None, None, None);
    check(json!({"models": ["all-team-models"]}), "gpt-4o", None, Some(&["gpt-4o"]), Some("gpt-4o"));
    check(json!({"models": ["all-team-models"]}), "claude", None, Some(&["gpt-4o"]), None);
    check(json!({"models": ["all-team-models"]}), "claude", None, Some(&[]), Some("claude"));
    check(json!({"models": ["all-team-models"]}), "claude", None, Some(&["all-team-models"]), None);
    let aliased = json!({"models": ["claude"], "aliases": {"sonnet": "claude", "other": "gpt-4o"}});
    check(aliased.clone(), "sonnet", None, None, Some("claude"));
    check(aliased, "other", None, None, None);
}

#[test]
fn model_lists() {
    let config = config();
    let check = |fields, expected: &[&str]| {
        let (key, entities) = (key(fields), Entities::default());
        let subject = Subject { key: &key, entities: &entities, customer: None, tags: &[], groups: &[], agent: None };
        assert_eq!(listed_models(&subject, &Catalog::of(&config)), expected);
    };
    check(json!({}), &["bedrock/*", "claude", "fast", "gpt-4o"]);
    check(json!({"team_id": "t1"}), &["bedrock/*", "claude", "fast", "gpt-4o", "private"]);
    check(json!({"models": ["gpt-4o"]}), &["fast", "gpt-4o"]);
    check(json!({"models": ["bedrock/*"], "aliases": {"mine": "bedrock/nova"}}), &["bedrock/*", "mine"]);
}

#[test]
fn roles() {
    use Role::*;
    use RouteDecision::{AdminOnly, Allowed, MasterOnly, NoInference};
    type Row = (&'static str, &'static str, &'static [(Role, RouteDecision)]);
    let table: &[Row] = &[
        (
            "POST",
            "/v1/chat/completions",
            &[
                (ProxyAdmin, Allowed),
                (ProxyAdminViewer, NoInference),
                (OrgAdmin, Allowed),
                (InternalUser, Allowed),
                (InternalUserViewer, Allowed),
                (Team, Allowed),
                (Customer, Allowed),
                (Unknown, Allowed),
            ],
        ),
        (
            "POST",
            "/key/generate",
            &[
                (ProxyAdmin, Allowed),
                (ProxyAdminViewer, AdminOnly),
                (OrgAdmin, Allowed),
                (InternalUser, Allowed),
                (InternalUserViewer, AdminOnly),
                (Unknown, AdminOnly),
            ],
        ),
        (
            "GET",
            "/key/info",
            &[(ProxyAdminViewer, Allowed), (InternalUser, Allowed), (Unknown, Allowed), (Team, Allowed)],
        ),
        ("GET", "/key/list", &[(InternalUser, Allowed), (InternalUserViewer, Allowed), (Unknown, AdminOnly)]),
        ("POST", "/key/abc/regenerate", &[(InternalUser, Allowed), (Unknown, AdminOnly)]),
        ("POST", "/v1/key/generate", &[(InternalUser, AdminOnly), (ProxyAdmin, Allowed)]),
        ("GET", "/v1/models", &[(ProxyAdminViewer, Allowed), (Unknown, Allowed)]),
        ("GET", "/models/gpt-4o", &[(ProxyAdminViewer, Allowed), (Unknown, Allowed)]),
        (
            "GET",
            "/spend/logs",
            &[
                (ProxyAdminViewer, Allowed),
                (InternalUser, Allowed),
                (InternalUserViewer, Allowed),
                (Unknown, AdminOnly),
            ],
        ),
        (
            "GET",
            "/global/spend/report",
            &[(ProxyAdminViewer, Allowed), (InternalUser, AdminOnly), (Unknown, AdminOnly)],
        ),
        ("GET", "/global/activity/model", &[(InternalUser, Allowed), (Unknown, AdminOnly)]),
        ("POST", "/global/spend/reset", &[(ProxyAdmin, MasterOnly), (InternalUser, MasterOnly)]),
        ("POST", "/spend/calculate", &[(ProxyAdminViewer, Allowed), (InternalUser, Allowed)]),
        ("POST", "/model/new", &[(ProxyAdmin, Allowed), (ProxyAdminViewer, AdminOnly), (InternalUser, Allowed)]),
        ("POST", "/model/block", &[(ProxyAdmin, Allowed), (InternalUser, AdminOnly), (OrgAdmin, AdminOnly)]),
        ("POST", "/user/update", &[(ProxyAdminViewer, Allowed), (InternalUser, AdminOnly), (OrgAdmin, Allowed)]),
        ("POST", "/team/new", &[(ProxyAdminViewer, AdminOnly), (InternalUser, AdminOnly), (OrgAdmin, Allowed)]),
        ("POST", "/team/update", &[(InternalUser, Allowed), (InternalUserViewer, AdminOnly), (Team, AdminOnly)]),
        ("POST", "/jwt/key/mapping/new", &[(OrgAdmin, AdminOnly), (InternalUser, AdminOnly), (Unknown, AdminOnly)]),
        ("POST", "/budget/update", &[(OrgAdmin, AdminOnly), (ProxyAdminViewer, AdminOnly)]),
        ("POST", "/organization/new", &[(OrgAdmin, AdminOnly), (ProxyAdmin, Allowed)]),
        ("GET", "/config/list", &[(ProxyAdminViewer, Allowed), (InternalUser, AdminOnly)]),
        ("GET", "/never/heard/of", &[(ProxyAdmin, Allowed), (Unknown, AdminOnly)]),
    ];
    let key = Key::default();
    for (method, path, decisions) in table {
        for (role, expected) in *decisions {
            let decision = route(method, path, RouteCaller::Key(&key, *role), &RouteRules::default());
            assert_eq!(decision, *expected, "{method} {path} {role:?}");
        }
        assert_eq!(route(method, path, RouteCaller::Master, &RouteRules::default()), Allowed);
    }
}

#[test]
fn key_routes() {
    use RouteDecision::{Allowed, NotInKeyRoutes};
    let check = |routes: &[&str], path, expected| {
        let key = key(json!({"allowed_routes": routes}));
        let decision = route("POST", path, RouteCaller::Key(&key, Role::ProxyAdmin), &RouteRules::default());
        assert_eq!(decision, expected, "{routes:?} {path}");
    };
    let spellings = [
        "/chat/completions",
        "/v1/chat/completions",
        "/v1/chat/completions/",
        "/openai/v1/chat/completions",
        "/engines/gpt-4o/chat/completions",
        "/engines/openai/gpt-4o/chat/completions",
        "/openai/deployments/gpt-4o/chat/completions",
    ];
    for path in spellings {
        for entry in ["llm_api_routes", "openai_routes", "/chat/completions", "/v1/chat/completions", "/chat/*"] {
            check(&[entry], path, Allowed);
        }
        for entry in
            ["info_routes", "management_routes", "anthropic_routes", "/completions", "/chat/completion", "/v1/chat/c"]
        {
            check(&[entry], path, NotInKeyRoutes);
        }
    }
    check(&["/v1/*"], "/v1/embeddings", Allowed);
    check(&["/v1/*"], "/key/info", NotInKeyRoutes);
    check(&["/key"], "/key/info", Allowed);
    check(&["/key"], "/keys/info", NotInKeyRoutes);
    check(&["/key/{key}/regenerate"], "/key/abc/regenerate", Allowed);
    check(&["/key/{key}/regenerate"], "/key/abc/def/regenerate", NotInKeyRoutes);
    check(&["info_routes"], "/key/info", Allowed);
    check(&["management_routes"], "/key/generate", Allowed);
    check(&["management_routes"], "/v1/key/generate", NotInKeyRoutes);
    check(&["llm_api_routes"], "/v1/messages/count_tokens", Allowed);
    check(&["anthropic_routes"], "/v1/messages", Allowed);
    check(&["google_routes"], "/v1beta/models/gemini-2.5-pro:generateContent", Allowed);
    check(&["/embeddings", "info_routes"], "/v1/embeddings", Allowed);
    check(&["/"], "/key/info", NotInKeyRoutes);
}

#[test]
fn gateway_routes() {
    use RouteDecision::{AdminOnly, Allowed, NotInGatewayRoutes};
    let list = |routes: &[&str]| routes.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let public = list(&["/hello", "/open/*", "/model/info", "/team/{team}/members", "LiteLLMRoutes.mcp_routes"]);
    let (admin_only, allowed) = (list(&["/models"]), list(&["LiteLLMRoutes.openai_routes"]));
    let rules = RouteRules { public: &public, admin_only: &admin_only, allowed: &allowed };
    let check = |path, expected| {
        let key = Key::default();
        assert_eq!(route("GET", path, RouteCaller::Key(&key, Role::Unknown), &rules), expected, "{path}");
    };
    check("/models", AdminOnly);
    check("/v1/models", AdminOnly);
    check("/v1/chat/completions", Allowed);
    check("/v1/messages", NotInGatewayRoutes);
    check("/key/info", NotInGatewayRoutes);
    for path in ["/", "/routes", "/health/liveness", "/health/readiness", "/public/providers", "/hello", "/open/x"] {
        assert!(is_public(path, &rules), "{path}");
    }
    for path in ["/hello/", "/model/info", "/team/a/members", "/mcp/tools"] {
        assert!(is_public(path, &rules), "{path}");
    }
    for path in ["/health", "/health/services", "/key/info", "/publicity", "/public", "/v1/chat/completions"] {
        assert!(!is_public(path, &rules), "{path}");
    }
    for path in ["/hello/x", "/hell", "/open", "/v1/model/info", "/model/info/x", "/team/a/b/members", "//hello"] {
        assert!(!is_public(path, &rules), "{path}");
    }
}

#[test]
fn spend_permission() {
    let check = |permissions, expected| {
        let key = key(json!({"permissions": permissions}));
        let caller = RouteCaller::Key(&key, Role::Unknown);
        assert_eq!(route("GET", "/global/spend/report", caller, &RouteRules::default()), expected);
    };
    check(json!({"get_spend_routes": true}), RouteDecision::Allowed);
    check(json!({"get_spend_routes": false}), RouteDecision::AdminOnly);
    check(json!({}), RouteDecision::AdminOnly);
}

#[test]
fn addresses() {
    let list = Addresses::parse(["10.0.0.0/8", "192.168.1.7", "2001:db8::/32", "::1"]).unwrap();
    for (address, expected) in [
        ("10.255.0.1", true),
        ("11.0.0.1", false),
        ("192.168.1.7", true),
        ("192.168.1.8", false),
        ("::ffff:10.0.0.1", true),
        ("2001:db8:1::1", true),
        ("2001:db9::1", false),
        ("::1", true),
        ("127.0.0.1", false),
    ] {
        assert_eq!(list.contains(address.parse().unwrap()), expected, "{address}");
    }
    assert!(Addresses::parse(["0.0.0.0/0"]).unwrap().contains("8.8.8.8".parse().unwrap()));
    assert!(!Addresses::parse(["0.0.0.0/0"]).unwrap().contains("2001:db8::1".parse().unwrap()));
    assert!(Addresses::parse(["::/0"]).unwrap().contains("8.8.8.8".parse().unwrap()));
    for bad in ["", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0.0/", "10.0.0/8", "localhost", "::1/129", "010.0.0.1"] {
        assert_eq!(Addresses::parse([bad]), Err(bad));
    }
}

#[test]
fn callers_behind_proxies() {
    let (none, proxies) = (Addresses::default(), Addresses::parse(["10.0.0.0/8"]).unwrap());
    let check = |peer: &str, forwarded: Option<&str>, trusted: &Addresses, expected: Option<&str>| {
        let address = caller_address(peer.parse().ok(), forwarded, trusted);
        assert_eq!(address, expected.map(|it| it.parse().unwrap()), "{peer} {forwarded:?}");
    };
    check("1.1.1.1", None, &none, Some("1.1.1.1"));
    check("1.1.1.1", Some("6.6.6.6, 2.2.2.2"), &none, Some("2.2.2.2"));
    check("1.1.1.1", Some("rubbish"), &none, None);
    check("1.1.1.1", Some("2.2.2.2"), &proxies, Some("1.1.1.1"));
    check("10.0.0.1", Some("2.2.2.2"), &proxies, Some("2.2.2.2"));
    check("10.0.0.1", Some("6.6.6.6, 2.2.2.2, 10.0.0.2"), &proxies, Some("2.2.2.2"));
    check("10.0.0.1", Some("10.0.0.3, 10.0.0.2"), &proxies, Some("10.0.0.3"));
    check("10.0.0.1", Some("2.2.2.2:443"), &proxies, Some("2.2.2.2"));
    check("10.0.0.1", Some("[2001:db8::1]:443"), &proxies, Some("2001:db8::1"));
    check("10.0.0.1", Some("2.2.2.2, rubbish"), &proxies, None);
    check("none", Some("2.2.2.2"), &proxies, None);
    check("none", None, &none, None);
}

#[test]
fn managers() {
    use crate::entity::{Member, Team, TeamRole};
    let team = |organization: Option<&str>| Team {
        team_id: "t".to_owned(),
        organization_id: organization.map(str::to_owned),
        ..Team::default()
    };
    let member = |user: &str, team: &str, role| {
        Some(Member { user_id: user.to_owned(), team_id: team.to_owned(), role, ..Member::default() })
    };
    let own = ["o".to_owned()];
    let check = |role, user: Option<&str>, organizations: &[String], team: Team, member: Option<Member>, expected| {
        let manager = Manager { role, user_id: user, organizations };
        let decision = (manager.may_see_team(&team, member.as_ref()), manager.may_manage_team(&team, member.as_ref()));
        assert_eq!(decision, expected, "{manager:?} {team:?} {member:?}");
    };
    let (user, admin) = (TeamRole::User, TeamRole::Admin);
    check(Role::ProxyAdmin, None, &[], team(None), None, (true, true));
    check(Role::ProxyAdminViewer, Some("u"), &own, team(Some("o")), member("u", "t", admin), (true, false));
    check(Role::InternalUser, Some("u"), &own, team(Some("o")), None, (true, true));
    check(Role::InternalUser, Some("u"), &own, team(Some("p")), None, (false, false));
    check(Role::InternalUser, Some("u"), &own, team(None), None, (false, false));
    check(Role::InternalUserViewer, Some("u"), &own, team(Some("o")), None, (true, false));
    check(Role::InternalUser, Some("u"), &[], team(None), member("u", "t", admin), (true, true));
    check(Role::InternalUser, Some("u"), &[], team(None), member("u", "t", user), (true, false));
    check(Role::InternalUser, Some("u"), &[], team(None), member("v", "t", admin), (false, false));
    check(Role::InternalUser, Some("u"), &[], team(None), member("u", "s", admin), (false, false));
    check(Role::Unknown, None, &[], team(None), member("", "t", admin), (false, false));
}

use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::access::Manager;
use crate::duration::Calendar;
use crate::money::Usd;
use crate::request::RefusalKind;

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn edit<T>(of: impl FnOnce(&Editor<'_>) -> T) -> T {
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    of(&Editor { now, calendar: &Calendar::default(), by: Some("root") })
}

const NOTHING: fn(&Map<String, Value>) -> Defaults<'_> =
    |params| Defaults { params, max_budget: None, budget_duration: None };

fn make(body: Value, manager: &Manager<'_>) -> Result<New, Refusal> {
    edit(|editor| new(&object(body), "made", editor, manager, &NOTHING(&Map::new())))
}

const ADMIN: Manager<'_> = Manager { role: Role::ProxyAdmin, user_id: Some("root"), organizations: &[] };

#[test]
fn the_first_key_gets_what_a_key_can_have() {
    let body = json!({"user_id": "u", "models": ["m"], "max_budget": 5, "tpm_limit": 7, "key_alias": "a",
        "duration": "1d", "organizations": ["o", "p"]});
    let made = make(body, &ADMIN).unwrap();
    let key = json!({"models": ["m"], "tpm_limit": 7, "key_alias": "a", "duration": "1d", "user_id": "u",
        "organization_id": "o"});
    assert_eq!(made.key, Some(object(key)));
    assert_eq!(made.organizations, ["o", "p"]);
    assert_eq!((made.user.limits.tpm_limit, made.user.organization_id.as_deref()), (Some(7), Some("o")));
    assert_eq!(make(json!({"auto_create_key": false}), &ADMIN).unwrap().key, None);
    assert_eq!(make(json!({}), &ADMIN).unwrap().user.user_id, "made");
}

#[test]
fn teams_are_named_by_id_or_with_a_role_and_a_budget() {
    let teams = json!({"teams": ["t", {"team_id": "s", "user_role": "admin", "max_budget_in_team": 0.5}]});
    let places = make(teams, &ADMIN).unwrap().teams;
    assert_eq!(places[0], Place { team_id: "t".to_owned(), role: crate::entity::TeamRole::User, limits: Map::new() });
    assert_eq!(
        (places[1].role, &places[1].limits["max_budget_in_team"]),
        (crate::entity::TeamRole::Admin, &json!(0.5))
    );
    for teams in [json!("t"), json!([7]), json!(["t", "t"]), json!([{"user_role": "user"}])] {
        assert!(make(json!({"teams": teams}), &ADMIN).is_err(), "{teams}");
    }
    let alone = make(json!({"team_id": "t", "teams": ["s"]}), &ADMIN).unwrap();
    assert_eq!(alone.teams.iter().map(|it| it.team_id.as_str()).collect::<Vec<_>>(), ["t"]);
}

#[test]
fn admins_of_organizations_make_users_there_alone() {
    let own = ["o".to_owned(), "p".to_owned()];
    let manager = Manager { role: Role::InternalUser, user_id: Some("ada"), organizations: &own };
    let viewer = Manager { role: Role::InternalUserViewer, ..manager };
    for (body, manager, field) in [
        (json!({"organizations": ["o", "p"]}), manager, None),
        (json!({"organization_id": "p"}), manager, None),
        (json!({}), manager, Some("organizations")),
        (json!({"organizations": ["o", "q"]}), manager, Some("organizations")),
        (json!({"organizations": ["o"], "organization_id": "q"}), manager, Some("organizations")),
        (json!({"organizations": ["o"], "user_role": "proxy_admin"}), manager, Some("user_role")),
        (json!({"organizations": ["o"], "user_role": "proxy_admin_viewer"}), manager, Some("user_role")),
        (json!({"organizations": ["o"], "permissions": {"get_spend_routes": true}}), manager, Some("permissions")),
        (json!({"organizations": ["o"]}), viewer, Some("organizations")),
    ] {
        let refused = make(body.clone(), &manager).err();
        assert_eq!(refused.as_ref().map(|it| it.field.as_str()), field, "{body}");
        assert!(refused.is_none_or(|it| it.kind == RefusalKind::Forbidden), "{body}");
    }
}

#[test]
fn only_admins_change_what_users_may_do() {
    let user = User { user_id: "ada".to_owned(), ..User::default() };
    let change = |role, id: &'static str, body: Value| {
        let manager = Manager { role, user_id: Some(id), organizations: &["o".to_owned()] };
        edit(|editor| update(&user, &object(body), editor, &manager, &NOTHING(&Map::new())))
    };
    let (internal, viewer) = (Role::InternalUser, Role::InternalUserViewer);
    for (role, id, body, field) in [
        (Role::ProxyAdmin, "root", json!({"user_role": "proxy_admin", "max_budget": 5}), None),
        (internal, "ada", json!({"user_id": "ada", "user_email": "a@b.c", "user_alias": "A"}), None),
        (internal, "ada", json!({"max_budget": 5}), Some("max_budget")),
        (internal, "ada", json!({"user_role": "proxy_admin"}), Some("user_role")),
        (internal, "ada", json!({"metadata": {}}), Some("metadata")),
        (internal, "ada", json!({"models": []}), Some("models")),
        (internal, "bob", json!({"user_email": "a@b.c"}), Some("user_id")),
        (Role::OrgAdmin, "bob", json!({"user_email": "a@b.c"}), Some("user_id")),
        (Role::ProxyAdminViewer, "bob", json!({"user_email": "a@b.c"}), Some("user_id")),
        (viewer, "ada", json!({"user_email": "a@b.c"}), None),
        (viewer, "ada", json!({"user_alias": "A"}), Some("user_alias")),
        (Role::ProxyAdmin, "root", json!({"teams": ["t"]}), Some("teams")),
    ] {
        let refused = change(role, id, body.clone()).err();
        assert_eq!(refused.map(|it| it.field), field.map(str::to_owned), "{role:?} {id} {body}");
    }
}

#[test]
fn the_configuration_fills_what_is_left_out() {
    let params = object(json!({"user_role": "internal_user", "models": ["m"], "available_teams": ["t"]}));
    let defaults = Defaults {
        params: &params,
        max_budget: Some("0.123456789012345678".parse::<Usd>().unwrap()),
        budget_duration: Some("7d".parse().unwrap()),
    };
    let make = |body: Value| edit(|editor| new(&object(body), "u", editor, &ADMIN, &defaults)).unwrap().user;
    let user = make(json!({"models": [], "max_budget": null}));
    assert_eq!((user.user_role, user.models.as_slice()), (Some(Role::InternalUser), &["m".to_owned()][..]));
    assert_eq!(user.limits.max_budget.unwrap().to_string(), "0.123456789012345678");
    assert_eq!(user.limits.budget_duration.as_deref(), Some("7d"));
    assert_eq!(make(json!({"max_budget": 0})).limits.max_budget, Some(Usd::ZERO));
    let viewer = make(json!({"user_role": "internal_user_viewer"}));
    assert_eq!((viewer.limits.max_budget, viewer.models.len()), (None, 1));
    assert_eq!(make(json!({"user_role": "proxy_admin"})).models, [""; 0]);
}

fn listed(query: &[(&str, &str)], users: &[(User, Usd)]) -> Vec<String> {
    let list = List::parse(query.iter().copied()).unwrap();
    let mut users: Vec<_> = users.iter().filter(|(user, _)| list.filter.matches(user)).cloned().collect();
    list.sort(&mut users);
    list.page.cut(users).into_iter().map(|(user, _)| user.user_id).collect()
}

#[test]
fn lists_are_filtered_sorted_and_cut() {
    let user = |id: &str, second: i64, email: &str, role, spend: &str| {
        let user = User {
            user_id: id.to_owned(),
            user_email: Some(email.to_owned()),
            user_role: Some(role),
            created_at: Some(Timestamp::from_second(second).unwrap()),
            ..User::default()
        };
        (user, spend.parse::<Usd>().unwrap())
    };
    let users = [
        user("ada", 1, "z@x.org", Role::InternalUser, "3"),
        user("bob", 2, "y@X.com", Role::ProxyAdmin, "1"),
        user("cyd", 3, "x@x.com", Role::InternalUser, "2"),
    ];
    for (query, expected) in [
        (vec![], vec!["cyd", "bob", "ada"]),
        (vec![("page_size", "2"), ("page", "2")], vec!["ada"]),
        (vec![("role", "internal_user")], vec!["cyd", "ada"]),
        (vec![("user_email", "x.COM")], vec!["cyd", "bob"]),
        (vec![("user_ids", "B")], vec!["bob"]),
        (vec![("user_ids", "ada, bob")], vec!["bob", "ada"]),
        (vec![("sort_by", "spend")], vec!["bob", "cyd", "ada"]),
        (vec![("sort_by", "spend"), ("sort_order", "desc")], vec!["ada", "cyd", "bob"]),
        (vec![("sort_by", "user_email")], vec!["cyd", "bob", "ada"]),
        (vec![("sort_by", "user_role")], vec!["ada", "cyd", "bob"]),
    ] {
        assert_eq!(listed(&query, &users), expected, "{query:?}");
    }
    for query in [("sort_by", "colour"), ("sort_order", "up"), ("page", "0"), ("page_size", "101")] {
        assert_eq!(List::parse([query]).unwrap_err().field, query.0);
    }
}

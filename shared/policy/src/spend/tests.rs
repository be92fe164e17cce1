use super::*;

fn full() -> SpendEvent {
    let mut event = SpendEvent::new("0192-id", 1_700_000_000_123);
    event.spend = "0.000000000000000001".parse().unwrap();
    event.breakdown.cache_read = "123456789.000000000000000001".parse().unwrap();
    event.tokens = Tokens { prompt: 160, completion: 20, total: 180, cache_read: 50, ..Tokens::default() };
    event.error = Some(CallError { class: "Timeout".into(), ..CallError::default() });
    event.scopes = vec![
        Scope::new("key", "abc").within(1_700_000_000),
        Scope::new("key", "abc").within(1_699_999_000),
        Scope::new("team", "#odd"),
        Scope::new("tag", ""),
        Scope::new(GLOBAL, "").within(1),
    ];
    event
}

#[test]
fn json_keeps_every_digit_and_field() {
    let event = full();
    let text = serde_json::to_string(&event).unwrap();
    assert!(text.contains(r#""spend":0.000000000000000001"#), "{text}");
    assert_eq!(SpendEvent::parse(&text).unwrap(), event);
}

#[test]
fn a_small_event_is_short() {
    let text = serde_json::to_string(&SpendEvent::new("i", 1)).unwrap();
    assert_eq!(text, r#"{"v":1,"id":"i","status":"success","started":1,"ended":1,"spend":0}"#);
}

#[test]
fn entities_are_listed_once_and_global_always() {
    let listed = |event: &SpendEvent| {
        let entities = event.entities().into_iter().map(|(kind, id)| format!("{kind} {id}"));
        entities.collect::<Vec<_>>()
    };
    assert_eq!(listed(&full()), ["key abc", "team #odd", "global "]);
    let mut event = full();
    event.user = Some("u".to_owned());
    event.team_id = Some("#odd".to_owned());
    event.end_user = Some(String::new());
    event.tags = vec!["a".to_owned(), "b".to_owned(), "a".to_owned()];
    let expected = ["key abc", "team #odd", "user u", "team_member #odd:u", "tag a", "tag b", "global "];
    assert_eq!(listed(&event), expected);
}

#[test]
fn what_cannot_be_read_is_refused() {
    let read = |text: &str| SpendEvent::parse(text).unwrap_err();
    assert!(matches!(read("{"), ParseEventError::Malformed(_)));
    assert!(matches!(read("{}"), ParseEventError::Malformed(_)));
    let event = |v: u32, id: &str| format!(r#"{{"v":{v},"id":"{id}","status":"success","started":1,"spend":0}}"#);
    assert!(matches!(read(&event(2, "a")), ParseEventError::Newer { version: 2 }));
    assert!(matches!(read(&event(1, "")), ParseEventError::NoId));
    SpendEvent::parse(&event(1, "a")).unwrap();
}

#[test]
fn no_client_makes_an_event_too_large() {
    let long = "\u{e9}".repeat(100_000);
    let mut event = SpendEvent::new("id", 0);
    event.model_group.clone_from(&long);
    event.end_user = Some(long.clone());
    event.user_agent = Some("short".to_owned());
    event.tags = vec![long.clone(); 1000];
    event.metadata.insert("spend_logs_metadata".to_owned(), long.into());
    event.clip();
    assert_eq!((event.model_group.chars().count(), event.user_agent.as_deref()), (256, Some("short")));
    let size = serde_json::to_string(&event).unwrap().len();
    assert!(size < 64 * 1024, "{size} bytes");
    assert_eq!(event.metadata["omitted"], "too large");
}

#[test]
fn who_sees_whose_spend() {
    use crate::access::Role;
    use crate::entity::{Member, OrganizationMember, TeamRole};

    let key = |user: Option<&str>, team: Option<&str>| crate::key::Key {
        token: "hash".to_owned(),
        user_id: user.map(str::to_owned),
        team_id: team.map(str::to_owned),
        ..Default::default()
    };
    let member =
        |team: &str, role| Member { team_id: team.to_owned(), user_id: "u".to_owned(), role, ..Member::default() };
    let teams = [member("led", TeamRole::Admin), member("joined", TeamRole::User)];
    let organizations = [
        OrganizationMember { organization_id: "o".to_owned(), user_role: Role::OrgAdmin, ..Default::default() },
        OrganizationMember { organization_id: "p".to_owned(), user_role: Role::InternalUser, ..Default::default() },
    ];
    let none = Spender::default();
    let spenders = [
        Spender { api_key: "hash", user: "x", ..none },
        Spender { api_key: "other", user: "u", ..none },
        Spender { user: "x", team: "led", ..none },
        Spender { user: "x", team: "joined", ..none },
        Spender { organization: "o", ..none },
        Spender { organization: "p", ..none },
        none,
    ];
    let seen = |sight: &Sight| spenders.map(|it| sight.sees(&it));
    let (no, yes) = (false, true);

    let user = Sight::of(Role::InternalUser, Some(&key(Some("u"), None)), &teams, &organizations);
    assert_eq!(seen(&user), [yes, yes, yes, no, yes, no, no]);
    assert!(user.knows_team("joined") && user.knows_team("led") && !user.knows_team("t"));

    // A key of nobody sees itself, whatever user it is said to be of.
    let nobody = Sight::of(Role::Unknown, Some(&key(Some("u"), Some("joined"))), &[], &[]);
    assert_eq!(seen(&nobody), [yes, no, no, no, no, no, no]);
    assert!(nobody.knows_team("joined"));

    let team = Sight::of(Role::Team, Some(&key(None, Some("joined"))), &[], &[]);
    assert_eq!(seen(&team), [yes, no, no, yes, no, no, no]);

    for role in [Role::ProxyAdmin, Role::ProxyAdminViewer] {
        assert_eq!(seen(&Sight::of(role, None, &[], &[])), [yes; 7]);
    }
    let mut permitted = key(None, None);
    permitted.permissions.insert("get_spend_routes".to_owned(), true.into());
    assert_eq!(seen(&Sight::of(Role::Unknown, Some(&permitted), &[], &[])), [yes; 7]);
    assert_eq!(seen(&Sight::of(Role::Unknown, None, &[], &[])), [no; 7]);
}

#[test]
fn pairs_stay_apart() {
    assert_eq!(pair("team", "user"), "team:user");
    assert_eq!(pair("team", "a:b"), "team:a:b");
    let pairs = [("a:b", "c"), ("a", "b:c"), ("a%3Ab", "c"), ("a%", "c"), ("", ":c")];
    let ids: std::collections::BTreeSet<String> = pairs.iter().map(|(whole, inner)| pair(whole, inner)).collect();
    assert_eq!(ids.len(), pairs.len(), "{ids:?}");
}

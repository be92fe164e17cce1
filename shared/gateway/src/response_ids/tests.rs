use std::sync::Arc;

use policy::access::Role;
use policy::key::Key;
use policy::money::Usd;
use provider_transform::responses::id::Origin;

use super::{KnownId, ResponseIds};
use crate::{Caller, Identity, Known};

fn caller(origin: &str, user: Option<&str>, team: Option<&str>) -> Caller {
    Caller::new(Identity::Key(known(origin, user, team)), Role::InternalUser)
}

fn bearer(user: Option<&str>, team: Option<&str>) -> Caller {
    Caller::new(Identity::Token(known("", user, team)), Role::InternalUser)
}

fn known(origin: &str, user: Option<&str>, team: Option<&str>) -> Arc<Known> {
    let key = Key {
        origin: origin.to_owned(),
        user_id: user.map(str::to_owned),
        team_id: team.map(str::to_owned),
        ..Key::default()
    };
    Arc::new(Known::new(key, policy::subject::Entities::default(), Usd::ZERO))
}

fn admin() -> Caller {
    Caller::new(Identity::Master, Role::ProxyAdmin)
}

fn origin() -> Origin {
    Origin { provider: "openai".into(), model_id: Some("d1".into()), response_id: "resp_1".into() }
}

#[test]
fn an_id_opens_for_its_owner_and_admins_alone() {
    let ids = ResponseIds::new(Some("sk-a-long-master-key"), false);
    let ann = caller("k1", Some("ann"), Some("t1"));
    let id = ids.sealed_for(&ann).seal(&origin());
    assert_eq!(id, ids.sealed_for(&ann).seal(&origin()), "the same answer has the same id");
    assert!(!id.contains("ann") && id.starts_with("resp_"));
    for (who, may) in [
        (ann, true),
        (caller("k2", Some("ann"), Some("t1")), true),
        (admin(), true),
        (caller("k1", Some("bob"), Some("t1")), false),
        (caller("k1", Some("ann"), Some("t2")), false),
        (caller("k1", Some("ann"), None), false),
        (caller("k1", None, None), false),
    ] {
        assert_eq!(ids.open(&who, &id).is_ok(), may, "{who:?}");
    }
}

#[test]
fn tokens_share_no_more_than_keys_do() {
    let ids = ResponseIds::new(Some("sk-a-long-master-key"), false);
    let id = ids.sealed_for(&bearer(Some("ann"), None)).seal(&origin());
    for (who, may) in [
        (bearer(Some("ann"), None), true),
        (caller("k1", Some("ann"), None), true),
        (admin(), true),
        (bearer(Some("bob"), None), false),
        (bearer(None, None), false),
        (bearer(Some("ann"), Some("t1")), false),
        (Caller::new(Identity::Anonymous, Role::InternalUser), false),
    ] {
        assert_eq!(ids.open(&who, &id).is_ok(), may, "{who:?}");
    }
    let of_nobody = ids.sealed_for(&bearer(None, None)).seal(&origin());
    assert!(ids.open(&Caller::new(Identity::Anonymous, Role::InternalUser), &of_nobody).is_err());
    assert!(ids.open(&caller("k1", None, None), &of_nobody).is_err());
}

#[test]
fn keys_of_nobody_share_nothing() {
    let ids = ResponseIds::new(Some("sk-a-long-master-key"), false);
    let id = ids.sealed_for(&caller("k1", Some("default_user_id"), None)).seal(&origin());
    assert_eq!(ids.open(&caller("k1", None, None), &id).unwrap(), KnownId::Ours(origin()));
    assert_eq!(ids.open(&caller("k2", None, None), &id).unwrap_err().status, 403);
    let of_admin = ids.sealed_for(&admin()).seal(&origin());
    assert_eq!(ids.open(&caller("k1", None, None), &of_admin).unwrap_err().status, 403);
}

#[test]
fn ids_of_others_are_refused_unless_allowed() {
    let ann = caller("k1", Some("ann"), None);
    let strict = ResponseIds::new(Some("sk-a-long-master-key"), false);
    let another = ResponseIds::new(Some("sk-another-master-key"), false);
    let forged = [
        "resp_abc".to_owned(),
        "resp_".to_owned(),
        "x".to_owned(),
        origin().plain_id(),
        another.sealed_for(&ann).seal(&origin()),
    ];
    for id in &forged {
        assert_eq!(strict.open(&ann, id).unwrap_err().status, 403, "{id}");
    }
    let open = [ResponseIds::new(Some("sk-a-long-master-key"), true), ResponseIds::new(None, false)];
    for ids in open {
        assert_eq!(ids.open(&ann, "resp_abc").unwrap(), KnownId::Foreign("resp_abc".into()));
        assert_eq!(ids.open(&ann, &origin().plain_id()).unwrap(), KnownId::Ours(origin()));
    }
    let id = strict.sealed_for(&ann).seal(&origin());
    let mut changed = id.clone().into_bytes();
    for at in 5..changed.len() {
        let before = changed[at];
        changed[at] = if before == b'A' { b'B' } else { b'A' };
        let text = String::from_utf8(changed.clone()).unwrap();
        // The last letter may hold bits that mean nothing.
        assert!(at + 1 == changed.len() || strict.open(&ann, &text).is_err(), "{at}");
        changed[at] = before;
    }
}

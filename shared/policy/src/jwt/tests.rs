//! Tables of (settings, claims, what comes of them).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::*;
use crate::access::Role;
use crate::config::{Config, ConfigError, JwtSettings, Warning};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn settings(value: Value) -> JwtSettings {
    parse(value).unwrap()
}

fn parse(value: Value) -> Result<JwtSettings, ConfigError> {
    let config = json!({"general_settings": {"enable_jwt_auth": true, "litellm_jwtauth": value}});
    Config::parse(&config.to_string(), &|_| None).map(|(config, _)| config.jwt.unwrap())
}

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

#[test]
fn tokens_come_apart() {
    let token = format!("{}.{}.{}", encode(r#"{"alg":"ES256","kid":"k1"}"#), encode(r#"{"sub":"u"}"#), encode("sig"));
    let parsed = Token::parse(&token).unwrap();
    assert_eq!((parsed.algorithm, parsed.kid.as_deref()), (Algorithm::Es256, Some("k1")));
    assert_eq!(parsed.signed, token.rsplit_once('.').unwrap().0.as_bytes());
    assert_eq!(parsed.signature, b"sig");
    assert_eq!(parsed.claims["sub"], "u");
}

#[test]
fn other_texts_are_no_tokens() {
    let token = |header: &str, claims: &str| format!("{}.{}.{}", encode(header), encode(claims), encode("sig"));
    let form = Malformed::Form;
    for (text, expected) in [
        (String::new(), form),
        ("a.b".to_owned(), form),
        ("..".to_owned(), form),
        ("a.b.c".to_owned(), form),
        (token(r#"{"alg":"RS256"}"#, "[]"), form),
        (token("[]", "{}"), form),
        (token(r#"{"alg":"RS256","kid":7}"#, "{}"), form),
        (token(r#"{"alg":"RS256","kid":["k"]}"#, "{}"), form),
        (format!("{}.e30.c2ln", encode(r#"{"alg":"RS256"}"#)).replace("e30", "e30="), form),
        (format!("{}.e30.c2ln.c2ln", encode(r#"{"alg":"RS256"}"#)), form),
        (token(r#"{"alg":"RS256"}"#, &format!("{{\"a\":\"{}\"}}", "x".repeat(17 << 10))), form),
        (token(r#"{"alg":"RS256"}"#, &"[".repeat(5000)), form),
        (token("{}", "{}"), Malformed::Algorithm),
        (token(r#"{"alg":"none"}"#, "{}"), Malformed::Algorithm),
        (token(r#"{"alg":"None"}"#, "{}"), Malformed::Algorithm),
        (token(r#"{"alg":"HS256"}"#, "{}"), Malformed::Algorithm),
        (token(r#"{"alg":"HS512","kid":"k1"}"#, "{}"), Malformed::Algorithm),
        (token(r#"{"alg":"rs256"}"#, "{}"), Malformed::Algorithm),
        (token(r#"{"alg":["RS256"]}"#, "{}"), Malformed::Algorithm),
        (token(r#"{"alg":"RS256","crit":["exp"]}"#, "{}"), Malformed::Extension),
    ] {
        assert_eq!(Token::parse(&text).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn keys_by_id_and_kind() {
    let (x, y) = (encode(&"x".repeat(32)), encode(&"y".repeat(32)));
    let rsa = |kid: &str| json!({"kty": "RSA", "kid": kid, "n": "AQAB", "e": "AQAB"});
    let set = KeySet::read(&json!({"keys": [
        rsa("rsa"),
        {"kty": "RSA", "kid": "ps", "alg": "PS256", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "encrypting", "use": "enc", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "signing only", "key_ops": ["sign"], "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "unknown", "alg": "RSA-OAEP", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "kid": "ec", "crv": "P-256", "x": x, "y": y},
        {"kty": "EC", "kid": "short", "crv": "P-384", "x": x, "y": y},
        {"kty": "EC", "kid": "p521", "crv": "P-521", "x": x, "y": y},
        {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": x},
        {"kty": "OKP", "kid": "exchange", "crv": "X25519", "x": x},
        {"kty": "oct", "kid": "shared", "k": x},
        "no key",
    ]}))
    .unwrap();
    let count = |kid: Option<&str>, algorithm| set.candidates(kid, algorithm).count();
    use Algorithm::*;
    for (kid, algorithm) in [("rsa", Rs256), ("rsa", Ps512), ("ps", Ps256), ("ec", Es256), ("ed", EdDsa)] {
        assert_eq!(count(Some(kid), algorithm), 1, "{kid} {algorithm:?}");
    }
    for (kid, algorithm) in [
        ("rsa", Es256),
        ("rsa", EdDsa),
        ("ps", Rs256),
        ("ps", Ps384),
        ("ec", Es384),
        ("ec", Rs256),
        ("ed", Es256),
        ("encrypting", Rs256),
        ("signing only", Rs256),
        ("unknown", Rs256),
        ("short", Es384),
        ("p521", Es384),
        ("exchange", EdDsa),
        ("shared", Rs256),
        ("", Rs256),
        ("../rsa", Rs256),
    ] {
        assert_eq!(count(Some(kid), algorithm), 0, "{kid} {algorithm:?}");
    }
    assert_eq!(count(None, Rs256), 0);
    let only = KeySet::read(&json!([rsa("rsa")])).unwrap();
    assert_eq!(only.candidates(None, Rs256).count(), 1);
    assert_eq!(only.candidates(None, Es256).count(), 0);
    assert!(KeySet::read(&json!("keys")).is_none());
}

#[test]
fn validity() {
    let now: Timestamp = "2026-05-01T12:00:00Z".parse().unwrap();
    let at = |offset: i64| now.as_second() + offset;
    let audiences = ["gateway".to_owned(), "other".to_owned()];
    let strict = Expected { issuer: Some("https://idp"), audiences: &audiences, leeway: 5 };
    let good = json!({"iss": "https://idp", "aud": "gateway", "exp": at(60), "nbf": at(-60), "iat": at(-60)});
    let with = |name: &str, value: Value| {
        let mut claims = object(good.clone());
        claims.insert(name.to_owned(), value);
        check(&claims, &strict, now)
    };
    assert_eq!(check(&object(good.clone()), &strict, now), Ok(()));
    for (name, value, expected) in [
        ("exp", json!(at(-4)), Ok(())),
        ("exp", json!(at(-5)), Err(Invalid::Expired)),
        ("exp", json!(0), Err(Invalid::Expired)),
        ("exp", json!(-1), Err(Invalid::Expired)),
        ("exp", json!(at(-3600)), Err(Invalid::Expired)),
        ("exp", json!("never"), Err(Invalid::Times)),
        ("exp", json!(null), Err(Invalid::Times)),
        ("nbf", json!(at(5)), Ok(())),
        ("nbf", json!(at(6)), Err(Invalid::NotYet)),
        ("iat", json!(at(3600)), Err(Invalid::NotYet)),
        ("iat", json!([]), Err(Invalid::Times)),
        ("iss", json!("https://idp/"), Err(Invalid::Issuer)),
        ("iss", json!(["https://idp"]), Err(Invalid::Issuer)),
        ("aud", json!(["else", "other"]), Ok(())),
        ("aud", json!("else"), Err(Invalid::Audience)),
        ("aud", json!([]), Err(Invalid::Audience)),
        ("aud", json!({"gateway": true}), Err(Invalid::Audience)),
    ] {
        assert_eq!(with(name, value.clone()), expected, "{name} {value}");
    }
    assert_eq!(check(&object(json!({})), &strict, now), Err(Invalid::Issuer));
    assert_eq!(check(&object(json!({"iss": "https://idp"})), &strict, now), Err(Invalid::Audience));
    assert_eq!(check(&object(json!({})), &Expected::default(), now), Ok(()));
}

#[test]
fn claims_by_path() {
    let claims = object(json!({
        "sub": "u", "a": {"b": {"c": 7}}, "kubernetes.io": {"namespace": "n"}, "https://x.y/roles": ["r"], "nothing": null,
    }));
    for (path, expected) in [
        ("sub", json!("u")),
        ("a.b.c", json!(7)),
        (r"kubernetes\.io.namespace", json!("n")),
        ("https://x.y/roles", json!(["r"])),
        ("a.c", json!(null)),
        ("sub.u", json!(null)),
        ("nothing", json!(null)),
        ("", json!(null)),
        (r"a\.b", json!(null)),
    ] {
        assert_eq!(value_at(&claims, path).cloned().unwrap_or_default(), expected, "{path}");
    }
}

#[test]
fn principals() {
    let fields = json!({
        "user_id_jwt_field": "sub", "user_email_jwt_field": "email", "org_id_jwt_field": "org.id",
        "end_user_id_jwt_field": "customer", "team_ids_jwt_field": "groups", "virtual_key_claim_field": "email",
    });
    let read = |settings: &JwtSettings, claims: Value| Principal::read(settings, None, &object(claims));
    let principal = read(
        &settings(fields),
        json!({"sub": "u", "email": "u@x.y", "org": {"id": "o"}, "customer": 7, "groups": ["t", "t", "s"], "scope": "a b"}),
    );
    assert_eq!(principal.kind, Some(Role::InternalUser));
    assert_eq!((principal.user_id.as_deref(), principal.user_email.as_deref()), (Some("u"), Some("u@x.y")));
    assert_eq!((principal.org_id.as_deref(), principal.end_user_id.as_deref()), (Some("o"), Some("7")));
    assert_eq!(principal.team.ids, ["t", "s"]);
    assert_eq!(principal.scopes, ["a", "b"]);
    assert_eq!(principal.virtual_key, Some(("email".to_owned(), Some("u@x.y".to_owned()))));

    let kind = |fields: Value, claims: Value| read(&settings(fields), claims).kind;
    for (fields, claims, expected) in [
        (json!({}), json!({"scope": "litellm_proxy_admin"}), Some(Role::ProxyAdmin)),
        (json!({}), json!({"scope": ["x", "litellm_proxy_admin"]}), Some(Role::ProxyAdmin)),
        (json!({}), json!({"scp": "litellm_proxy_admin"}), Some(Role::ProxyAdmin)),
        (json!({}), json!({"scope": "litellm_proxy_admins"}), None),
        (json!({}), json!({"scope": {"litellm_proxy_admin": true}}), None),
        (json!({}), json!({"role": "proxy_admin", "sub": "u"}), None),
        (json!({"admin_jwt_scope": "root"}), json!({"scope": "litellm_proxy_admin"}), None),
        (json!({"team_id_jwt_field": "t"}), json!({"t": ["x"]}), Some(Role::Team)),
        (json!({"team_id_jwt_field": "t", "team_id_default": "d"}), json!({}), Some(Role::Team)),
        (
            json!({"user_roles_jwt_field": "r", "user_allowed_roles": ["ok"]}),
            json!({"r": ["ok"]}),
            Some(Role::InternalUser),
        ),
        (json!({"user_roles_jwt_field": "r", "user_allowed_roles": ["ok"]}), json!({"r": ["no"]}), None),
        (
            json!({"roles_jwt_field": "r", "role_mappings": [{"role": "boss", "internal_role": "proxy_admin"}]}),
            json!({"r": ["boss"]}),
            Some(Role::ProxyAdmin),
        ),
    ] {
        assert_eq!(kind(fields.clone(), claims.clone()), expected, "{fields} {claims}");
    }
}

#[test]
fn objects_by_role_and_issuers_by_claim() {
    let mapped = settings(json!({
        "roles_jwt_field": "roles", "object_id_jwt_field": "oid",
        "role_mappings": [{"role": "app", "internal_role": "team"}, {"role": "person", "internal_role": "internal_user"}],
        "jwt_litellm_role_map": [{"jwt_role": "AD*", "litellm_role": "proxy_admin"}, {"jwt_role": "view?r", "litellm_role": "internal_user_viewer"}],
    }));
    let read = |claims: Value| Principal::read(&mapped, None, &object(claims));
    assert_eq!(read(json!({"roles": ["app"], "oid": "x"})).team.id.as_deref(), Some("x"));
    assert_eq!(read(json!({"roles": ["person"], "oid": "x"})).user_id.as_deref(), Some("x"));
    assert_eq!(read(json!({"oid": "x"})).kind, None);
    assert_eq!(read(json!({"roles": ["ADMIN"]})).user_role, Some(Role::ProxyAdmin));
    assert_eq!(read(json!({"roles": ["viewer"]})).user_role, Some(Role::InternalUserViewer));
    assert_eq!(read(json!({"roles": ["admin", "reviewer"]})).user_role, None);

    let two = settings(json!({"issuers": [
        {"issuer": "a", "audience": "x", "team_id_jwt_field": "sub"},
        {"issuer": "b", "audience": ["x", "y"], "user_id_jwt_field": "sub"},
    ]}));
    let of = |at: usize| Principal::read(&two, two.issuers.get(at), &object(json!({"sub": "s"})));
    assert_eq!((of(0).team.id.as_deref(), of(0).user_id), (Some("s"), None));
    assert_eq!((of(1).team.id, of(1).user_id.as_deref()), (None, Some("s")));
    assert_eq!((of(2).team.id, of(2).user_id), (None, None));
}

#[test]
fn defaults_give_way_to_claims_of_teams() {
    let both = settings(json!({"team_id_jwt_field": "t", "team_alias_jwt_field": "n", "team_id_default": "d"}));
    let team = |claims: Value| Principal::read(&both, None, &object(claims)).team;
    assert!(team(json!({})).is_default && team(json!({})).is_empty());
    assert_eq!(team(json!({"n": "name"})).id, None);
    assert_eq!(team(json!({"t": "x", "n": "name"})).named(), ["x"]);
}

#[test]
fn emails() {
    let settings = settings(json!({"user_email_jwt_field": "email", "user_allowed_email_domain": "my-co.com"}));
    for (email, expected) in [
        ("a@my-co.com", true),
        ("a@MY-CO.com", true),
        ("a@b@my-co.com", true),
        ("a@evil-my-co.com", false),
        ("a@my-co.com.evil", false),
        ("my-co.com", false),
        ("@my-co.com", false),
        ("", false),
    ] {
        let principal = Principal::read(&settings, None, &object(json!({"email": email})));
        assert_eq!(principal.has_allowed_email(&settings), expected, "{email}");
    }
}

#[test]
fn routes_and_models() {
    let ruled = settings(json!({
        "user_id_jwt_field": "sub", "team_id_jwt_field": "team", "enforce_rbac": true, "enforce_scope_based_access": true,
        "scope_mappings": [{"scope": "small", "models": ["gpt"]}, {"scope": "chat", "models": ["claude"], "routes": ["/v1/chat/completions"]}],
    }));
    let config = json!({"general_settings": {"role_permissions": [
        {"role": "team", "models": ["gpt", "claude"], "routes": ["openai_routes"]},
    ]}});
    let permissions = Config::parse(&config.to_string(), &|_| None).unwrap().0.general_settings.role_permissions;
    let decide = |claims: Value, path: &str, model: Option<&str>| {
        let principal = Principal::read(&ruled, None, &object(claims));
        permit_role(&ruled, &permissions, &principal, path, model)?;
        permit_model(&ruled, &principal, path, model)?;
        permit_route(&ruled, &principal, path, principal.team.id.is_some())
    };
    let (chat, messages) = ("/v1/chat/completions", "/v1/messages");
    for (claims, path, model, expected) in [
        (json!({}), chat, None, Err(Denied::NoRole)),
        (json!({"sub": "u", "scope": "small"}), chat, Some("gpt"), Ok(())),
        (json!({"sub": "u", "scope": "small"}), chat, Some("claude"), Err(Denied::ScopeModel)),
        (json!({"sub": "u"}), chat, Some("gpt"), Err(Denied::ScopeModel)),
        (json!({"sub": "u", "scope": "chat"}), chat, Some("claude"), Ok(())),
        (json!({"sub": "u", "scope": "chat"}), messages, Some("claude"), Err(Denied::ScopeRoute)),
        (json!({"sub": "u", "scope": "chat small"}), messages, Some("claude"), Ok(())),
        (json!({"team": "t", "scope": "small"}), chat, Some("gpt"), Ok(())),
        (json!({"team": "t", "scope": "small"}), messages, Some("gpt"), Err(Denied::RoleRoute(Role::Team))),
        (json!({"team": "t", "scope": "small"}), chat, Some("o3"), Err(Denied::RoleModel(Role::Team))),
        (json!({"team": "t", "sub": "u"}), "/key/generate", None, Err(Denied::RoleRoute(Role::Team))),
        (json!({"scope": "litellm_proxy_admin"}), "/key/generate", None, Ok(())),
        (json!({"scope": "litellm_proxy_admin"}), "/spend/logs", None, Ok(())),
        (json!({"scope": "litellm_proxy_admin"}), chat, None, Err(Denied::AdminRoute)),
    ] {
        assert_eq!(decide(claims.clone(), path, model), expected, "{claims} {path} {model:?}");
    }
    let plain = settings(json!({"team_id_jwt_field": "team", "user_id_jwt_field": "sub"}));
    let in_team =
        |claims: Value, path: &str| permit_route(&plain, &Principal::read(&plain, None, &object(claims)), path, true);
    assert_eq!(in_team(json!({"team": "t"}), "/key/info"), Ok(()));
    assert_eq!(in_team(json!({"team": "t"}), "/key/generate"), Err(Denied::TeamRoute));
    assert_eq!(in_team(json!({"team": "t", "sub": "u"}), "/key/generate"), Ok(()));
    assert_eq!(
        in_team(json!({"team": "t", "sub": "u"}), "/v1beta/models/gemini:generateContent"),
        Err(Denied::TeamRoute)
    );
}

#[test]
fn some_tokens_are_for_oauth2() {
    let rules = settings(json!({"routing_overrides": [
        {"iss": ["machine", "backup"], "client_id": "MID_*", "scope": "App:X", "path": "oauth2"},
    ]}))
    .routing_overrides;
    for (claims, expected) in [
        (json!({"iss": "machine", "client_id": "MID_1", "scope": "openid App:X"}), true),
        (json!({"iss": "backup", "client_id": "MID_", "scope": ["App:X"]}), true),
        (json!({"iss": "machine", "client_id": "mid_1", "scope": "App:X"}), false),
        (json!({"iss": "machine x", "client_id": "MID_1", "scope": "App:X"}), false),
        (json!({"iss": "machine", "client_id": "MID_1"}), false),
        (json!({}), false),
    ] {
        assert_eq!(routes_to_oauth2(&object(claims.clone()), &rules), expected, "{claims}");
    }
}

#[test]
fn settings_that_would_restrict_nothing_are_refused() {
    for (value, expected) in [
        (json!({"custom_validate": "mine.check"}), "custom_validate: running code of your own"),
        (json!({"issuers": [{"issuer": "a"}]}), "issuers[0]: set audience"),
        (json!({"issuers": [{"issuer": "a", "audience": []}]}), "issuers[0]: set audience"),
        (
            json!({"issuers": [{"issuer": "a", "audience": "x", "disable_audience_validation": true}]}),
            "exclude each other",
        ),
        (json!({"issuers": [{"audience": "x"}]}), "issuers[0].issuer: missing"),
        (
            json!({"issuers": [{"issuer": "a", "audience": "x", "jwk_url": "u"}]}),
            "issuers[0].jwk_url: there is no such",
        ),
        (json!({"role_mappings": [{"role": "x", "internal_role": "customer"}]}), "must be proxy_admin, team or"),
        (json!({"role_mappings": [{"role": "x", "internal_role": "root"}]}), "is not a role such as"),
        (json!({"scope_mappings": [{"models": ["x"]}]}), "scope_mappings[0].scope: missing"),
        (json!({"routing_overrides": [{"client_id": "x", "path": "oauth2"}]}), "routing_overrides[0].iss: missing"),
        (json!({"routing_overrides": [{"iss": "x", "path": "jwt"}]}), "routing_overrides[0].path: only oauth2"),
        (json!({"unregistered_jwt_client_behavior": "allow"}), "expected fallback_team_mapping, reject or"),
    ] {
        let error = parse(value.clone()).unwrap_err().to_string();
        assert!(error.contains(expected) && error.starts_with("general_settings.litellm_jwtauth."), "{value}: {error}");
    }
    let config = json!({"general_settings": {"enable_jwt_auth": true, "litellm_jwtauth": {"unheard_of": 1}}});
    let (_, warnings) = Config::parse(&config.to_string(), &|_| None).unwrap();
    assert_eq!(warnings, [Warning::Ignored(vec!["general_settings.litellm_jwtauth.unheard_of".to_owned()])]);
}

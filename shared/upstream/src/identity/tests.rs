use aws_config::SdkConfig;
use policy::config::Secret;
use serde_json::json;

use super::*;
use crate::Setup;
use crate::tests::server::{Answer, Server};

fn upstream() -> Upstream {
    let aws = SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
    #[expect(clippy::disallowed_methods, reason = "a test's clock")]
    Upstream::new(Setup { aws, now: std::time::SystemTime::now }).unwrap()
}

#[test]
fn addresses() {
    for (text, expected) in [
        ("https://idp.example/jwks", true),
        ("http://127.0.0.1:8080/jwks", true),
        ("http://localhost/jwks", true),
        ("http://[::1]/jwks", true),
        ("http://idp.example/jwks", false),
        ("http://127.0.0.1.example/jwks", false),
        ("http://localhost.example/jwks", false),
        ("https://user:secret@idp.example/jwks", false),
        ("file:///etc/passwd", false),
        ("idp.example", false),
        ("", false),
    ] {
        assert_eq!(address(text).is_some(), expected, "{text}");
    }
}

#[tokio::test]
async fn inquiries() {
    let server = Server::start(|_| Answer::json(200, &json!({"active": true}))).await;
    let (upstream, url, token) = (upstream(), server.url("/where"), Secret::new("t o+k".to_owned()));
    let ask = async |inquiry| upstream.ask_identity_provider(&url, inquiry).await.unwrap();

    assert_eq!(ask(Inquiry::Published).await, json!({"active": true}));
    assert_eq!((server.last().method.as_str(), server.last().header("authorization")), ("GET", None));

    ask(Inquiry::Account(&token)).await;
    assert_eq!(server.last().header("authorization"), Some("Bearer t o+k"));

    let secret = Secret::new("s".to_owned());
    ask(Inquiry::Introspection { token: &token, client: ("me", &secret) }).await;
    let asked = server.last();
    assert_eq!((asked.method.as_str(), asked.header("authorization")), ("POST", Some("Basic bWU6cw==")));
    assert_eq!(asked.field("token").as_deref(), Some("t o+k"));
}

#[tokio::test]
async fn answers_that_are_none() {
    let upstream = upstream();
    let failure = async |answer: fn() -> Answer| {
        let server = Server::start(move |_| answer()).await;
        let failure = upstream.ask_identity_provider(&server.url("/"), Inquiry::Published).await.unwrap_err();
        (failure.to_string(), failure.is_outage())
    };
    let status = |number: u16| format!("the identity provider answered with status {number}");
    assert_eq!(failure(|| Answer::json(404, &json!({}))).await, (status(404), false));
    assert_eq!(failure(|| Answer::json(503, &json!({}))).await, (status(503), true));
    assert_eq!(failure(|| Answer::redirect("http://127.0.0.1:1/")).await, (status(302), false));
    let unreadable = ("the identity provider's answer is not readable".to_owned(), false);
    assert_eq!(failure(|| Answer::new(200, "", "<html>")).await, unreadable);
    assert_eq!(failure(|| Answer::new(200, "", " ".repeat(LARGEST + 1))).await, unreadable);
    let nobody = upstream.ask_identity_provider("http://127.0.0.1:1/", Inquiry::Published).await.unwrap_err();
    assert!(nobody.is_outage() && matches!(nobody, IdentityError::Unreachable(Some(_))));
    let unsafe_way = upstream.ask_identity_provider("http://idp.example/", Inquiry::Published).await.unwrap_err();
    assert!(matches!(unsafe_way, IdentityError::Address));
}

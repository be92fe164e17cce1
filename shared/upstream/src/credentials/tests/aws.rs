use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use provider_transform::ProviderRequest;
use ring::{digest, hmac};

use super::*;
use crate::Timeouts;
use crate::tests::server::{Answer, Asked, Server};
use crate::tests::{upstream, upstream_as};

const AUTH: Auth = Auth::Aws { service: "bedrock", region: String::new() };

/// What this process is on AWS.
async fn aws() -> SdkConfig {
    let keys = aws_credential_types::Credentials::new("AKIDCHAIN", "secret", None, None, "test");
    let http = Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).region(Region::new("eu-west-1"));
    config.credentials_provider(keys).http_client(http).load().await
}

fn sts(asked: &Asked) -> Answer {
    let action = asked.field("Action").unwrap();
    if asked.field("RoleArn").as_deref() == Some("arn:aws:iam::1:role/no") {
        let error =
            "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>hidden: not authorized</Message></Error>";
        return Answer::new(403, "content-type: text/xml\r\n", format!("<ErrorResponse>{error}</ErrorResponse>"));
    }
    let keys = "<Credentials><AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey>\
                <SessionToken>role-session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>";
    let body = format!("<{action}Response><{action}Result>{keys}</{action}Result></{action}Response>");
    Answer::new(200, "content-type: text/xml\r\n", body)
}

#[tokio::test]
async fn the_first_that_applies_is_used() {
    let server = Server::start(sts).await;
    let endpoint = server.url("");
    let pair = json!({"aws_access_key_id": "AKIDOWN", "aws_secret_access_key": "s"});
    let env = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_SESSION_TOKEN", "t")];
    let token = ("AWS_BEARER_TOKEN_BEDROCK", "bedrock-key");
    let role = json!({"aws_role_name": "arn:aws:iam::1:role/yes", "aws_sts_endpoint": endpoint});
    let role_env = [("AWS_ROLE_NAME", "arn:aws:iam::1:role/yes"), ("AWS_STS_ENDPOINT", endpoint.as_str())];
    let itself = [("AWS_ROLE_ARN", "arn:aws:iam::1:role/yes"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/x")];
    for (params, env, expected) in [
        (json!({}), vec![], "signed by AKIDCHAIN"),
        (json!({}), env.to_vec(), "signed by AKIDENV"),
        (pair.clone(), env.to_vec(), "signed by AKIDOWN"),
        (json!({"api_key": "own"}), env.to_vec(), "own"),
        (json!({}), [&env[..], &[token]].concat(), "bedrock-key"),
        (pair, vec![token], "signed by AKIDOWN"),
        (role.clone(), env.to_vec(), "signed by AKIDROLE"),
        (role.clone(), vec![token], "signed by AKIDROLE"),
        (json!({}), role_env.to_vec(), "signed by AKIDROLE"),
        (role, itself.to_vec(), "signed by AKIDCHAIN"),
    ] {
        let credentials = Read::new(params.clone(), &env).credentials();
        let upstream = upstream_as(aws().await);
        assert_eq!(bearer(&upstream, &credentials, AUTH).await.unwrap(), expected, "{params} {env:?}");
    }
}

#[tokio::test]
async fn a_session_token_belongs_to_its_own_keys() {
    let env = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_SESSION_TOKEN", "of-the-role")];
    let pair = json!({"aws_access_key_id": "AKIDOWN", "aws_secret_access_key": "s"});
    let mut triple = pair.clone();
    triple["aws_session_token"] = "own".into();
    for (params, expected) in [(json!({}), Some("of-the-role")), (pair, None), (triple, Some("own"))] {
        let proof = Read::new(params.clone(), &env).credentials().prove(&upstream().cloud, AUTH).await.unwrap();
        let Proof::Signature { keys, .. } = proof else { panic!("{params}") };
        assert_eq!(keys.session_token(), expected, "{params}");
    }
}

#[tokio::test]
async fn a_role_is_taken_on_once() {
    let server = Server::start(sts).await;
    let upstream = upstream_as(aws().await);
    let credentials = Read::new(
        json!({
            "aws_role_name": "arn:aws:iam::1:role/yes", "aws_session_name": "mine", "aws_external_id": "outside",
            "aws_session_tags": [{"Key": "team", "Value": "red"}], "aws_sts_endpoint": server.url(""),
            "aws_access_key_id": "AKIDOWN", "aws_secret_access_key": "s",
        }),
        &[],
    )
    .credentials();
    for _ in 0..3 {
        let proof = credentials.prove(&upstream.cloud, AUTH).await.unwrap();
        let Proof::Signature { keys, .. } = proof else { panic!() };
        assert_eq!((keys.access_key_id(), keys.session_token()), ("AKIDROLE", Some("role-session")));
    }
    assert_eq!(server.asked().len(), 1);
    let asked = server.last();
    for (name, value) in [
        ("Action", "AssumeRole"),
        ("RoleArn", "arn:aws:iam::1:role/yes"),
        ("RoleSessionName", "mine"),
        ("ExternalId", "outside"),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "red"),
    ] {
        assert_eq!(asked.field(name).as_deref(), Some(value));
    }
    let authorization = asked.header("authorization").unwrap();
    assert!(
        authorization.contains("Credential=AKIDOWN/") && authorization.contains("/eu-west-1/sts/"),
        "{authorization}"
    );
}

#[tokio::test]
async fn an_identity_token_needs_no_keys() {
    let server = Server::start(sts).await;
    let file = std::env::temp_dir().join(format!("sluice-web-identity-{}", std::process::id()));
    std::fs::write(&file, "their-token\n").unwrap();
    let (path, oidc) = (file.to_str().unwrap(), format!("oidc/file/{}", file.display()));
    for token in [path, &oidc, "their-token"] {
        let params = json!({
            "aws_role_name": "arn:aws:iam::1:role/yes", "aws_web_identity_token": token,
            "aws_session_name": "mine", "aws_sts_endpoint": server.url(""),
        });
        let proven = bearer(&upstream_as(aws().await), &Read::new(params, &[]).credentials(), AUTH).await;
        assert_eq!(proven.unwrap(), "signed by AKIDROLE");
        let asked = server.last();
        assert_eq!(asked.field("Action").as_deref(), Some("AssumeRoleWithWebIdentity"));
        assert_eq!(asked.field("WebIdentityToken").as_deref(), Some("their-token"));
        assert_eq!(asked.header("authorization"), None);
    }
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn a_refusal_says_why_and_shows_no_secret() {
    let server = Server::start(sts).await;
    let refused = json!({"aws_role_name": "arn:aws:iam::1:role/no", "aws_sts_endpoint": server.url("")});
    for (params, expected) in [
        (refused, "AWS STS refused the configured credentials (403 AccessDenied)"),
        (json!({"aws_access_key_id": "hidden"}), "aws_access_key_id is given without aws_secret_access_key"),
        (json!({"aws_secret_access_key": "hidden", "aws_role_name": "r"}), "is given without aws_access_key_id"),
        (json!({"aws_profile_name": "no-such-profile"}), "the AWS profile gives no credentials"),
    ] {
        let credentials = Read::new(params.clone(), &[]).credentials();
        let error = bearer(&upstream_as(aws().await), &credentials, AUTH).await.unwrap_err();
        assert!(shown(&error).contains(expected) && !shown(&error).contains("hidden"), "{params}: {}", shown(&error));
    }
    let error = bearer(&upstream(), &Credentials::default(), AUTH).await.unwrap_err();
    assert!(shown(&error).contains("no AWS credentials are configured"), "{}", shown(&error));
}

/// The server computes the signature from what arrived, as AWS's documentation of Signature Version 4 says.
#[tokio::test]
async fn what_is_signed_is_what_is_sent() {
    let server = Server::start(|_| Answer::new(200, "", "")).await;
    let params =
        json!({"aws_access_key_id": "AKIDOWN", "aws_secret_access_key": "own-secret", "aws_session_token": "session"});
    let credentials = Read::new(params, &[]).credentials();
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("x-amzn-bedrock-trace", HeaderValue::from_static("ENABLED"));
    headers.insert("x-other", HeaderValue::from_static("unsigned"));
    for path in [
        "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
        "/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/invoke?b=2&a=1%20x",
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx/converse-stream",
    ] {
        let request = ProviderRequest {
            method: Method::POST,
            url: server.url(path),
            headers: headers.clone(),
            body: Bytes::from("{\"text\": \"grüße\"}"),
            auth: Auth::Aws { service: "bedrock", region: "us-east-1".to_owned() },
            dropped: Vec::new(),
        };
        let second = Duration::from_secs(1);
        let timeouts = Timeouts { headers: second, idle: second, total: second };
        upstream().send(request, &credentials, "id", &timeouts).await.unwrap();
        verify(&server.last());
    }
}

fn verify(asked: &Asked) {
    let hex = |bytes: &[u8]| bytes.iter().map(|it| format!("{it:02x}")).collect::<String>();
    let sha = |text: &str| hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    let mac = |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
    let authorization = asked.header("authorization").unwrap();
    let part = |name: &str| {
        let (_, rest) = authorization.split_once(name).unwrap();
        rest.split(',').next().unwrap().to_owned()
    };
    let date = asked.header("x-amz-date").unwrap();
    let (day, _) = date.split_once('T').unwrap();
    let scope = format!("{day}/us-east-1/bedrock/aws4_request");
    assert_eq!(part("Credential="), format!("AKIDOWN/{scope}"));
    let names = part("SignedHeaders=");
    assert_eq!(names, "content-type;host;x-amz-date;x-amz-security-token;x-amzn-bedrock-trace");
    let lines: String = names.split(';').map(|it| format!("{it}:{}\n", asked.header(it).unwrap())).collect();
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    // The path is encoded once more than it is sent, the query is sorted.
    let path = path.replace('%', "%25").replace(':', "%3A");
    let mut query: Vec<&str> = query.split('&').collect();
    query.sort_unstable();
    let canonical = format!("POST\n{path}\n{}\n{lines}\n{names}\n{}", query.join("&"), sha(&asked.body));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha(&canonical));
    let key = ["us-east-1", "bedrock", "aws4_request"]
        .iter()
        .fold(mac(b"AWS4own-secret", day), |key, part| mac(key.as_ref(), part));
    assert_eq!(part("Signature="), hex(mac(key.as_ref(), &text).as_ref()), "{canonical}");
}

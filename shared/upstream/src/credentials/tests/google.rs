use std::time::{Duration, SystemTime};

use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;

use super::*;
use crate::tests::server::{Answer, Asked, Server};
use crate::tests::{upstream, upstream_as};

/// Made for these tests with `openssl genrsa 2048`; opens nothing.
const KEY: &str = include_str!("../testdata/rsa.pem");

fn token(_: &Asked) -> Answer {
    Answer::json(200, &json!({"access_token": "ya29.token", "expires_in": 3600, "token_type": "Bearer"}))
}

fn service_account(server: &Server) -> Value {
    json!({
        "type": "service_account", "project_id": "my-project", "private_key_id": "key-1", "private_key": KEY,
        "client_email": "sluice@my-project.iam.gserviceaccount.com", "token_uri": server.url("/token"),
    })
}

fn vertex(credentials: &Value) -> Credentials {
    Read::new(json!({"vertex_credentials": credentials}), &[]).credentials()
}

async fn proven(credentials: &Credentials) -> Result<String, crate::Error> {
    bearer(&upstream(), credentials, Auth::Google).await
}

#[tokio::test]
async fn a_service_account_signs_for_its_token_once() {
    let server = Server::start(token).await;
    let upstream = upstream();
    let credentials = vertex(&service_account(&server));
    for _ in 0..3 {
        assert_eq!(bearer(&upstream, &credentials, Auth::Google).await.unwrap(), "ya29.token");
    }
    // Another deployment with the same credentials.
    let again = vertex(&service_account(&server));
    assert_eq!(bearer(&upstream, &again, Auth::Google).await.unwrap(), "ya29.token");
    assert_eq!(server.asked().len(), 1);
    assert_eq!(credentials.google_project().as_deref(), Some("my-project"));

    let asked = server.last();
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/token"));
    assert_eq!(asked.field("grant_type").unwrap(), "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let jwt = asked.field("assertion").unwrap();
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let json = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    assert_eq!(json(header), json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"}));
    let mut claims = json(claims);
    let (issued, expires) = (claims["iat"].take().as_u64().unwrap(), claims["exp"].take().as_u64().unwrap());
    assert_eq!(expires - issued, 3600);
    #[expect(clippy::disallowed_methods, reason = "a test's clock")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert!(now.abs_diff(Duration::from_secs(issued)) < Duration::from_secs(60));
    assert_eq!(
        claims,
        json!({
            "iss": "sluice@my-project.iam.gserviceaccount.com", "aud": server.url("/token"),
            "scope": "https://www.googleapis.com/auth/cloud-platform", "iat": null, "exp": null,
        })
    );
    let der = PrivatePkcs8KeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public());
    public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
}

#[tokio::test]
async fn credentials_come_as_text_mapping_file_or_variable() {
    let server = Server::start(token).await;
    let json = service_account(&server).to_string();
    let file = std::env::temp_dir().join(format!("sluice-vertex-{}.json", std::process::id()));
    std::fs::write(&file, &json).unwrap();
    let path = file.to_str().unwrap();
    let escaped = json.replace("\\n", "\\\\n");
    for (params, env) in [
        (json!({"vertex_credentials": json}), vec![]),
        (json!({"vertex_credentials": escaped}), vec![]),
        (json!({"vertex_ai_credentials": json}), vec![]),
        (json!({"vertex_credentials": path}), vec![]),
        (json!({}), vec![("VERTEXAI_CREDENTIALS", json.as_str()), ("GOOGLE_APPLICATION_CREDENTIALS", "/no/such/file")]),
        (json!({"vertex_credentials": ""}), vec![("GOOGLE_APPLICATION_CREDENTIALS", path)]),
        (json!({}), vec![("DEFAULT_GOOGLE_APPLICATION_CREDENTIALS", path)]),
    ] {
        let credentials = Read::new(params.clone(), &env).credentials();
        assert_eq!(credentials.google_project().as_deref(), Some("my-project"), "{params}");
        assert_eq!(proven(&credentials).await.unwrap(), "ya29.token", "{params}");
    }
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn a_persons_login_gives_a_token() {
    let server = Server::start(token).await;
    let json = json!({
        "type": "authorized_user", "client_id": "me", "client_secret": "mine", "refresh_token": "1//again",
        "quota_project_id": "theirs", "token_uri": server.url("/token"),
    });
    let folder = std::env::temp_dir().join(format!("sluice-gcloud-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("application_default_credentials.json"), json.to_string()).unwrap();
    let logged_in = Read::new(json!({}), &[("CLOUDSDK_CONFIG", folder.to_str().unwrap())]).credentials();
    for credentials in [vertex(&json), logged_in] {
        assert_eq!(proven(&credentials).await.unwrap(), "ya29.token");
        assert_eq!(credentials.google_project().as_deref(), Some("theirs"));
        let asked = server.last();
        for (name, value) in [
            ("grant_type", "refresh_token"),
            ("client_id", "me"),
            ("client_secret", "mine"),
            ("refresh_token", "1//again"),
        ] {
            assert_eq!(asked.field(name).as_deref(), Some(value));
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn another_providers_identity_is_exchanged() {
    let server = Server::start(|asked| match asked.target.as_str() {
        "/subject" if asked.header("x-why") == Some("because") => {
            Answer::json(200, &json!({"id_token": "their-token"}))
        }
        "/sts" => token(asked),
        "/impersonate" if asked.header("authorization") == Some("Bearer ya29.token") => {
            Answer::json(200, &json!({"accessToken": "ya29.theirs", "expireTime": "2099-01-01T00:00:00Z"}))
        }
        _ => Answer::new(404, "", ""),
    })
    .await;
    let file = std::env::temp_dir().join(format!("sluice-subject-{}", std::process::id()));
    std::fs::write(&file, "their-token\n").unwrap();
    let account = |source: Value, impersonates: bool| {
        let mut json = json!({
            "type": "external_account", "audience": "//iam.googleapis.com/pool", "token_url": server.url("/sts"),
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "credential_source": source,
        });
        if impersonates {
            json["service_account_impersonation_url"] = server.url("/impersonate").into();
        }
        json
    };
    let of_url = json!({
        "url": server.url("/subject"), "headers": {"x-why": "because"},
        "format": {"type": "json", "subject_token_field_name": "id_token"},
    });
    for (source, impersonates, expected) in [
        (json!({"file": file.to_str().unwrap()}), false, "ya29.token"),
        (of_url.clone(), false, "ya29.token"),
        (of_url, true, "ya29.theirs"),
    ] {
        assert_eq!(proven(&vertex(&account(source, impersonates))).await.unwrap(), expected);
        let asked = server.asked().into_iter().rfind(|it| it.target == "/sts").unwrap();
        for (name, value) in [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("audience", "//iam.googleapis.com/pool"),
            ("scope", "https://www.googleapis.com/auth/cloud-platform"),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
            ("subject_token", "their-token"),
        ] {
            assert_eq!(asked.field(name).as_deref(), Some(value));
        }
    }
    std::fs::remove_file(&file).unwrap();

    // An account that another one speaks for.
    let source = account(json!({"url": server.url("/subject"), "headers": {"x-why": "because"}}), false);
    let impersonated = json!({
        "type": "impersonated_service_account", "source_credentials": source, "delegates": ["d"],
        "service_account_impersonation_url": server.url("/impersonate"),
    });
    assert_eq!(proven(&vertex(&impersonated)).await.unwrap(), "ya29.theirs");
    let asked: Value = serde_json::from_str(&server.last().body).unwrap();
    let scope = "https://www.googleapis.com/auth/cloud-platform";
    assert_eq!(asked, json!({"scope": [scope], "lifetime": "3600s", "delegates": ["d"]}));
}

#[tokio::test]
async fn a_role_on_aws_is_exchanged() {
    let server = Server::start(token).await;
    let json = json!({
        "type": "external_account", "audience": "//iam.googleapis.com/pool", "token_url": server.url("/sts"),
        "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
        "credential_source": {
            "environment_id": "aws1", "region_url": "http://169.254.169.254/latest/meta-data/placement/availability-zone",
            "regional_cred_verification_url":
                "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
        },
    });
    let keys = aws_credential_types::Credentials::new("AKIDROLE", "secret", Some("session".to_owned()), None, "test");
    let aws = SdkConfig::builder()
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .build();
    assert_eq!(bearer(&upstream_as(aws), &vertex(&json), Auth::Google).await.unwrap(), "ya29.token");
    let subject = server.last().field("subject_token").unwrap();
    let question = form_urlencoded::parse(format!("q={subject}").as_bytes()).next().unwrap().1.into_owned();
    let question: Value = serde_json::from_str(&question).unwrap();
    assert_eq!(question["method"], "POST");
    assert_eq!(question["url"], "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15");
    let header = |name: &str| {
        let list = question["headers"].as_array().unwrap();
        list.iter().find(|it| it["key"] == name).and_then(|it| it["value"].as_str()).unwrap_or_default().to_owned()
    };
    assert_eq!(header("host"), "sts.eu-west-1.amazonaws.com");
    assert_eq!(header("x-amz-security-token"), "session");
    assert_eq!(header("x-goog-cloud-target-resource"), "//iam.googleapis.com/pool");
    let authorization = header("authorization");
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDROLE/"), "{authorization}");
    assert!(authorization.contains("/eu-west-1/sts/aws4_request"), "{authorization}");
    let covered = "SignedHeaders=host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource";
    assert!(authorization.contains(covered), "{authorization}");
}

#[tokio::test]
async fn a_machine_of_google_cloud_needs_no_credentials() {
    let server = Server::start(|asked| match asked.header("metadata-flavor") {
        Some("Google") => token(asked),
        _ => Answer::new(403, "", ""),
    })
    .await;
    let host = format!("127.0.0.1:{}", server.port);
    let machine = Read::new(json!({}), &[("GCE_METADATA_HOST", &host), ("HOME", "/no/such/folder")]).credentials();
    assert_eq!(proven(&machine).await.unwrap(), "ya29.token");
    let path = "/computeMetadata/v1/instance/service-accounts/default/token?scopes=";
    assert!(server.last().target.starts_with(path), "{}", server.last().target);
    assert_eq!(machine.google_project(), None);

    // Port 9 discards; nothing listens there.
    let elsewhere = Read::new(json!({}), &[("GCE_METADATA_HOST", "127.0.0.1:9"), ("HOME", "/no/such/folder")]);
    let error = proven(&elsewhere.credentials()).await.unwrap_err();
    assert!(shown(&error).contains("this is no machine of Google Cloud"), "{}", shown(&error));
}

#[tokio::test]
async fn a_refusal_says_why_and_shows_no_secret() {
    let server = Server::start(|asked| match asked.target.as_str() {
        "/grant" => Answer::json(400, &json!({"error": "invalid_grant", "error_description": asked.body})),
        "/echo" => Answer::json(401, &json!({"error": asked.body})),
        "/down" => Answer::new(503, "", asked.body.clone()),
        "/strange" => Answer::json(200, &json!({"token": asked.body})),
        _ => Answer::new(200, "", "<html>"),
    })
    .await;
    for (path, expected, passing) in [
        ("/grant", "Google's token endpoint refused the configured credentials (400 invalid_grant)", false),
        ("/echo", "Google's token endpoint refused the configured credentials (401)", false),
        ("/down", "Google's token endpoint did not answer", true),
        ("/strange", "Google's token endpoint gave an answer without a token", false),
        ("/html", "Google's token endpoint gave an answer without a token", false),
    ] {
        let json = json!({
            "type": "authorized_user", "client_id": "me", "client_secret": "hidden1", "refresh_token": "hidden2",
            "token_uri": server.url(path),
        });
        let error = proven(&vertex(&json)).await.unwrap_err();
        let crate::Error::Credentials(cause) = &error else { panic!("{error:?}") };
        assert_eq!((cause.to_string().as_str(), cause.is_passing()), (expected, passing), "{path}");
        assert!(!shown(&error).contains("hidden"), "{}", shown(&error));
        assert!(!error.reached_provider());
    }
}

#[tokio::test]
async fn what_cannot_be_used_says_why() {
    let server = Server::start(token).await;
    let without = |name: &str| {
        let mut json = service_account(&server);
        json.as_object_mut().unwrap().remove(name);
        json
    };
    let with = |name: &str, value: &str| {
        let mut json = service_account(&server);
        json[name] = value.into();
        json
    };
    let mut nested = json!({"type": "impersonated_service_account"});
    for _ in 0..9 {
        nested = json!({"type": "impersonated_service_account", "source_credentials": nested});
    }
    for (json, expected) in [
        (json!("/no/such/file.json"), "vertex_credentials is neither JSON nor a readable file"),
        (json!("{not json"), "vertex_credentials is neither JSON nor a readable file"),
        (json!("/dev/zero"), "vertex_credentials is neither JSON nor a readable file"),
        (json!("/tmp"), "vertex_credentials is neither JSON nor a readable file"),
        (without("client_email"), "vertex_credentials has no client_email"),
        (without("private_key"), "vertex_credentials has no private_key"),
        (with("private_key", "hidden"), "private_key is not a private key in PEM form"),
        (
            with("private_key", "-----BEGIN PRIVATE KEY-----\naGlkZGVu\n-----END PRIVATE KEY-----\n"),
            "private_key is not an RSA key of at least 2048 bits",
        ),
        (with("token_uri", "no url"), "the address of the token endpoint is not a URL"),
        (with("type", "gdch"), "the type of vertex_credentials is not one of"),
        (nested, "the type of vertex_credentials is not one of"),
        (
            json!({"type": "external_account", "audience": "a", "token_url": "http://x", "subject_token_type": "t",
                "credential_source": {"executable": {"command": "/bin/echo"}}}),
            "the credential_source of vertex_credentials is not one of file, url, AWS",
        ),
    ] {
        let error = proven(&vertex(&json)).await.unwrap_err();
        assert!(shown(&error).contains(expected), "{json}: {}", shown(&error));
        assert!(!shown(&error).contains("hidden"), "{}", shown(&error));
        assert_eq!(error.blame(), crate::Blame::Us);
    }
    assert!(server.asked().is_empty());
}

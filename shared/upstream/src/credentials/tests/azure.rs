use super::*;
use crate::tests::server::{Answer, Asked, Server};
use crate::tests::upstream;

fn token(_: &Asked) -> Answer {
    Answer::json(200, &json!({"access_token": "entra-token", "expires_in": "3599"}))
}

async fn proven(read: &Read) -> Result<String, crate::Error> {
    bearer(&upstream(), &read.credentials(), Auth::Azure).await
}

#[tokio::test]
async fn the_deployments_own_goes_before_the_environments() {
    let server = Server::start(token).await;
    let authority = server.url("");
    let app = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_SECRET", "s")];
    let own_app = json!({"tenant_id": "t", "client_id": "c", "client_secret": "s"});
    for (params, env, key, expected) in [
        (json!({"api_key": "own"}), vec![], None, "api-key: own"),
        (json!({"api_key": "own", "azure_ad_token": "ad"}), app.to_vec(), None, "api-key: own"),
        (json!({}), vec![], Some("from-env"), "api-key: from-env"),
        (json!({}), app.to_vec(), Some("from-env"), "api-key: from-env"),
        (json!({"azure_ad_token": "ad"}), vec![], Some("from-env"), "ad"),
        (own_app, vec![], Some("from-env"), "entra-token"),
        (json!({}), app.to_vec(), None, "entra-token"),
        (json!({"client_secret": "s"}), app[..2].to_vec(), None, "entra-token"),
        (json!({}), vec![("AZURE_AD_TOKEN", "ad")], None, "ad"),
        (json!({"client_secret": "s"}), [&app[..], &[("AZURE_AD_TOKEN", "ad")]].concat(), None, "entra-token"),
    ] {
        let mut env = [env, vec![("AZURE_AUTHORITY_HOST", authority.as_str())]].concat();
        env.extend(key.map(|key| ("AZURE_API_KEY", key)));
        let read = Read { key_env: &["AZURE_API_KEY"], ..Read::new(params.clone(), &env) };
        assert_eq!(proven(&read).await.unwrap(), expected, "{params} {env:?}");
    }
    let nothing = Read::new(json!({"tenant_id": "t"}), &[]);
    assert!(matches!(proven(&nothing).await, Err(crate::Error::NoCredentials)));
}

#[tokio::test]
async fn each_grant_asks_as_it_must() {
    let server = Server::start(token).await;
    let file = std::env::temp_dir().join(format!("sluice-federated-{}", std::process::id()));
    std::fs::write(&file, "their-token\n").unwrap();
    let path = file.to_str().unwrap();
    let oidc = format!("oidc/file/{path}");
    let assertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let usual = "https://cognitiveservices.azure.com/.default";
    let app = json!({"tenant_id": "t", "client_id": "c"});
    let with = |more: Value| {
        let mut params = app.clone();
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    };
    for (params, env, tenant, fields) in [
        (
            with(json!({"client_secret": "s"})),
            vec![],
            "t",
            vec![("grant_type", "client_credentials"), ("client_secret", "s"), ("scope", usual), ("client_id", "c")],
        ),
        (
            with(json!({"client_secret": "s", "azure_scope": "https://ai.azure.com/.default"})),
            vec![],
            "t",
            vec![("scope", "https://ai.azure.com/.default")],
        ),
        (
            with(json!({"azure_username": "me", "azure_password": "p"})),
            vec![],
            "t",
            vec![("grant_type", "password"), ("username", "me"), ("password", "p")],
        ),
        (
            json!({"client_id": "c", "azure_username": "me", "azure_password": "p"}),
            vec![],
            "organizations",
            vec![("grant_type", "password")],
        ),
        (
            with(json!({"azure_ad_token": oidc})),
            vec![],
            "t",
            vec![("client_assertion", "their-token"), ("client_assertion_type", assertion)],
        ),
        (
            with(json!({"azure_ad_token": "oidc/env/THEIRS"})),
            vec![("THEIRS", "their-token")],
            "t",
            vec![("client_assertion", "their-token"), ("grant_type", "client_credentials")],
        ),
        (app.clone(), vec![("AZURE_FEDERATED_TOKEN_FILE", path)], "t", vec![("client_assertion", "their-token")]),
    ] {
        let authority = server.url("/");
        let read = Read::new(params.clone(), &[env, vec![("AZURE_AUTHORITY_HOST", authority.as_str())]].concat());
        assert_eq!(proven(&read).await.unwrap(), "entra-token", "{params}");
        let asked = server.last();
        assert_eq!((asked.method.as_str(), asked.target), ("POST", format!("/{tenant}/oauth2/v2.0/token")));
        for (name, value) in fields {
            assert_eq!(
                Asked { target: String::new(), ..server.last() }.field(name).as_deref(),
                Some(value),
                "{params}"
            );
        }
    }
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn a_machine_of_azure_needs_no_credentials() {
    let server = Server::start(|asked| {
        let known = asked.header("metadata") == Some("true") || asked.header("x-identity-header") == Some("secret");
        let answer = json!({"access_token": "machine-token", "expires_on": "4070908800", "expires_in": ""});
        if known { Answer::json(200, &answer) } else { Answer::new(401, "", "") }
    })
    .await;
    let (host, endpoint) = (server.url(""), server.url("/msi/token"));
    let imds = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", host.as_str()), ("AZURE_CLIENT_ID", "c")];
    let app_service = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "secret")];
    let chosen = [&imds[..], &[("AZURE_CREDENTIAL", "ManagedIdentityCredential")]].concat();
    for (env, asks, target) in [
        (imds.to_vec(), true, "/metadata/identity/oauth2/token?api-version=2018-02-01"),
        (chosen, false, "/metadata/identity/oauth2/token?api-version=2018-02-01"),
        (app_service.to_vec(), false, "/msi/token?api-version=2019-08-01"),
    ] {
        let read = Read { azure_managed_identity: asks, ..Read::new(json!({}), &env) };
        assert_eq!(proven(&read).await.unwrap(), "machine-token");
        let asked = server.last();
        assert!(asked.target.starts_with(target), "{}", asked.target);
        assert_eq!(asked.field("resource").as_deref(), Some("https://cognitiveservices.azure.com"));
        let id = env.contains(&("AZURE_CLIENT_ID", "c")).then_some("c");
        assert_eq!(asked.field("client_id").as_deref(), id);
    }
    let unasked = Read::new(json!({}), &imds);
    assert!(matches!(proven(&unasked).await, Err(crate::Error::NoCredentials)));
}

#[tokio::test]
async fn a_refusal_says_why_and_shows_no_secret() {
    let server = Server::start(|asked| {
        let description = format!("AADSTS7000215: Invalid client secret provided. {}", asked.body);
        Answer::json(401, &json!({"error": "invalid_client", "error_description": description}))
    })
    .await;
    let params = json!({"tenant_id": "t", "client_id": "c", "client_secret": "hidden"});
    let error = proven(&Read::new(params, &[("AZURE_AUTHORITY_HOST", &server.url(""))])).await.unwrap_err();
    let expected = "Microsoft Entra ID refused the configured credentials (401 invalid_client AADSTS7000215)";
    assert!(shown(&error).contains(expected) && !shown(&error).contains("hidden"), "{}", shown(&error));
    for (params, expected) in [
        (json!({"client_secret": "hidden"}), "client_secret needs tenant_id and client_id"),
        (json!({"azure_ad_token": "oidc/env/THEIRS"}), "azure_ad_token needs tenant_id and client_id"),
        (json!({"azure_ad_token": "oidc/env/NONE", "tenant_id": "t", "client_id": "c"}), "is not set"),
        (json!({"azure_ad_token": "oidc/file/no/such", "tenant_id": "t", "client_id": "c"}), "cannot be read"),
        (json!({"azure_ad_token": "oidc/martian/x", "tenant_id": "t", "client_id": "c"}), "is not one of file, env"),
    ] {
        let error = proven(&Read::new(params.clone(), &[])).await.unwrap_err();
        assert!(shown(&error).contains(expected) && !shown(&error).contains("hidden"), "{params}: {}", shown(&error));
    }
}

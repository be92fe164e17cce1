//! The kinds of Google credentials that a JSON text can hold, by its `type`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{SCOPE, external};
use crate::cloud::Cloud;
use crate::credentials::{CredentialsError, jwt, oauth};

const GOOGLE: &str = "Google's token endpoint";
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
/// How long an impersonated account's token is asked to hold: the most that needs no policy of its own.
const LIFE: &str = "3600s";
/// Credentials that impersonate may hold credentials that impersonate; more than this nobody has.
const DEEPEST: usize = 3;

/// An access token for `json`.
pub(super) async fn token(cloud: &Cloud, json: &Value) -> Result<oauth::Token, CredentialsError> {
    nested(cloud, json, 0).await
}

async fn nested(cloud: &Cloud, json: &Value, depth: usize) -> Result<oauth::Token, CredentialsError> {
    match json.get("type").and_then(Value::as_str).unwrap_or("service_account") {
        "service_account" => service_account(cloud, json).await,
        "authorized_user" => authorized_user(cloud, json).await,
        "external_account" => external_account(cloud, json).await,
        "external_account_authorized_user" => refresh_external(cloud, json).await,
        "impersonated_service_account" if depth < DEEPEST => {
            let unusable = CredentialsError::Unusable { what: "vertex_credentials has no source_credentials" };
            let source = json.get("source_credentials").ok_or(unusable)?;
            let base = Box::pin(nested(cloud, source, depth + 1)).await?;
            impersonate(cloud, json, &base).await
        }
        _ => Err(CredentialsError::Unusable {
            what: "the type of vertex_credentials is not one of service_account, authorized_user, external_account, \
                   impersonated_service_account",
        }),
    }
}

/// A field that must be there.
pub(super) fn field<'a>(json: &'a Value, name: &str, what: &'static str) -> Result<&'a str, CredentialsError> {
    let text = json.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    text.ok_or(CredentialsError::Unusable { what })
}

/// A service account's own key.
async fn service_account(cloud: &Cloud, json: &Value) -> Result<oauth::Token, CredentialsError> {
    let email = field(json, "client_email", "vertex_credentials has no client_email")?;
    let key = field(json, "private_key", "vertex_credentials has no private_key")?;
    let url = json.get("token_uri").and_then(Value::as_str).unwrap_or(TOKEN_URI);
    let key_id = json.get("private_key_id").and_then(Value::as_str);
    let claims = json!({"iss": email, "scope": SCOPE, "aud": url});
    let assertion = jwt::sign(key, key_id, claims, cloud.now())?;
    let grant = ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    oauth::post_form(cloud, GOOGLE, url, &[grant, ("assertion", &assertion)]).await
}

/// A person's refresh token.
async fn authorized_user(cloud: &Cloud, json: &Value) -> Result<oauth::Token, CredentialsError> {
    let url = json.get("token_uri").and_then(Value::as_str).unwrap_or(TOKEN_URI);
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", field(json, "client_id", "vertex_credentials has no client_id")?),
        ("client_secret", field(json, "client_secret", "vertex_credentials has no client_secret")?),
        ("refresh_token", field(json, "refresh_token", "vertex_credentials has no refresh_token")?),
    ];
    oauth::post_form(cloud, GOOGLE, url, &fields).await
}

/// The refresh token of a person who signed in through workforce identity federation.
async fn refresh_external(cloud: &Cloud, json: &Value) -> Result<oauth::Token, CredentialsError> {
    let url = field(json, "token_url", "vertex_credentials has no token_url")?;
    let refresh = field(json, "refresh_token", "vertex_credentials has no refresh_token")?;
    exchange(cloud, json, url, &[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await
}

/// Another provider's identity (Google Cloud, "Workload Identity Federation"; RFC 8693).
async fn external_account(cloud: &Cloud, json: &Value) -> Result<oauth::Token, CredentialsError> {
    let url = field(json, "token_url", "vertex_credentials has no token_url")?;
    let audience = field(json, "audience", "vertex_credentials has no audience")?;
    let kind = field(json, "subject_token_type", "vertex_credentials has no subject_token_type")?;
    let subject = external::subject(cloud, json, audience).await?;
    let options = json.get("workforce_pool_user_project").and_then(Value::as_str);
    let options = options.map(|project| json!({"userProject": project}).to_string());
    let mut fields = vec![
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("audience", audience),
        ("scope", SCOPE),
        ("subject_token_type", kind),
        ("subject_token", subject.expose()),
    ];
    fields.extend(options.as_deref().map(|options| ("options", options)));
    let base = exchange(cloud, json, url, &fields).await?;
    match json.get("service_account_impersonation_url") {
        Some(Value::String(_)) => impersonate(cloud, json, &base).await,
        _ => Ok(base),
    }
}

/// Posts a form as the client that the credentials name, if they name one.
async fn exchange(
    cloud: &Cloud,
    json: &Value,
    url: &str,
    fields: &[(&str, &str)],
) -> Result<oauth::Token, CredentialsError> {
    let mut request = oauth::form(cloud, url, fields);
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    if let Some(id) = text("client_id") {
        let pair = STANDARD.encode(format!("{id}:{}", text("client_secret").unwrap_or_default()));
        request = request.header("authorization", format!("Basic {pair}"));
    }
    oauth::token(cloud, GOOGLE, request).await
}

/// A service account's token, asked for with another's (IAM Service Account Credentials API, "generateAccessToken").
async fn impersonate(cloud: &Cloud, json: &Value, base: &oauth::Token) -> Result<oauth::Token, CredentialsError> {
    const WHAT: &str = "vertex_credentials has no service_account_impersonation_url";
    let url = field(json, "service_account_impersonation_url", WHAT)?;
    let seconds = json.pointer("/service_account_impersonation/token_lifetime_seconds").and_then(Value::as_u64);
    let life = seconds.map_or_else(|| LIFE.to_owned(), |it| format!("{it}s"));
    let mut body = json!({"scope": [SCOPE], "lifetime": life});
    if let (Some(delegates), Some(body)) = (json.get("delegates"), body.as_object_mut()) {
        body.insert("delegates".to_owned(), delegates.clone());
    }
    let request = cloud.client.post(url).header("content-type", "application/json").body(body.to_string());
    let request = request.header("authorization", format!("Bearer {}", base.value.expose()));
    oauth::token(cloud, "Google's service account credentials endpoint", request).await
}

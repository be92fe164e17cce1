//! The token of another identity provider that workload identity federation exchanges: from a file, an address, or AWS.

use std::path::Path;

use policy::config::Secret;
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::credentials::subject::read_file;
use crate::credentials::{Aws, CredentialsError, oauth};
use crate::sign;

const SOURCE: &str = "the credential_source of vertex_credentials";
const NO_SOURCE: &str = "the credential_source of vertex_credentials is not one of file, url, AWS";

/// The token that the credentials' `credential_source` names, for `audience`.
pub(super) async fn subject(cloud: &Cloud, json: &Value, audience: &str) -> Result<Secret, CredentialsError> {
    let source = json.get("credential_source").ok_or(CredentialsError::Unusable { what: NO_SOURCE })?;
    let text = |name: &str| source.get(name).and_then(Value::as_str);
    if text("environment_id").is_some_and(|it| it.starts_with("aws")) {
        return aws(cloud, text("regional_cred_verification_url"), audience).await;
    }
    let unreadable = || CredentialsError::Unreadable { by: SOURCE };
    let answer = match (text("file"), text("url")) {
        (Some(path), _) => read_file(Path::new(path), "the file of credential_source cannot be read")?,
        (None, Some(url)) => {
            let mut request = cloud.client.get(url);
            for (name, value) in source.get("headers").and_then(Value::as_object).into_iter().flatten() {
                request = request.header(name, value.as_str().unwrap_or_default());
            }
            let body = oauth::fetch(SOURCE, request).await?;
            Secret::new(String::from_utf8(body).map_err(|_| unreadable())?)
        }
        (None, None) => return Err(CredentialsError::Unusable { what: NO_SOURCE }),
    };
    let format = |name: &str| source.get("format")?.get(name)?.as_str();
    if format("type") != Some("json") {
        return Ok(Secret::new(answer.expose().trim().to_owned()));
    }
    let answer: Value = serde_json::from_str(answer.expose()).map_err(|_| unreadable())?;
    let token = answer.get(format("subject_token_field_name").unwrap_or("access_token")).and_then(Value::as_str);
    Ok(Secret::new(token.ok_or_else(unreadable)?.to_owned()))
}

/// A signed question to AWS STS, which Google asks in our place (Google Cloud, "Configure Workload Identity Federation
/// with AWS or Azure VMs"). Signed with what this process itself is on AWS, for example a Lambda role.
async fn aws(cloud: &Cloud, url: Option<&str>, audience: &str) -> Result<Secret, CredentialsError> {
    const USUAL: &str = "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15";
    let unusable = |what| CredentialsError::Unusable { what };
    let region = cloud.shared.aws.region().ok_or(unusable("no AWS region is configured"))?.to_string();
    let url = reqwest::Url::parse(&url.unwrap_or(USUAL).replace("{region}", &region));
    let url = url.map_err(|_| unusable("regional_cred_verification_url is not a URL"))?;

    let keys = Aws::Chain.keys(cloud, &region).await?;
    let resource = ("x-goog-cloud-target-resource", audience);
    let asked = sign::Asked { method: "POST", url: url.as_str(), headers: &[resource], body: b"" };
    let signed = sign::sign(&keys, "sts", &region, &asked, cloud.now());
    let signed = signed.ok_or(unusable("regional_cred_verification_url cannot be signed"))?;
    let host = ("host", url.host_str().unwrap_or_default());
    let signed = signed.iter().map(|(name, value)| (*name, value.expose()));
    let headers: Vec<Value> =
        [resource, host].into_iter().chain(signed).map(|(name, value)| json!({"key": name, "value": value})).collect();
    let question = json!({"url": url.as_str(), "method": "POST", "headers": headers}).to_string();
    Ok(Secret::new(form_urlencoded::byte_serialize(question.as_bytes()).collect()))
}

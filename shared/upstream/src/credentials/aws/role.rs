//! Takes on a role (AWS STS, "AssumeRole" and "AssumeRoleWithWebIdentity").

use aws_config::Region;
use aws_credential_types::Credentials as AwsKeys;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::http::HttpResponse;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::types::{Credentials as Issued, Tag};

use super::{CredentialsError, Subject, expiry};
use crate::cache::Id;
use crate::cloud::Cloud;

const STS: &str = "AWS STS";
const USUAL_SESSION_NAME: &str = "sluice";

/// A role, and what it is taken on with.
pub(crate) struct Role {
    pub(super) arn: String,
    pub(super) session_name: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) tags: Vec<(String, String)>,
    /// Instead of the region's own endpoint of STS.
    pub(super) endpoint: Option<String>,
    /// Another provider's identity token.
    pub(super) subject: Option<Subject>,
    /// Keys of the deployment; else what the process itself is.
    pub(super) keys: Option<AwsKeys>,
}

impl Role {
    /// The cache's name of the role's keys.
    pub(super) fn id(&self, region: &str) -> Id {
        let subject = self.subject.as_ref().map(Subject::identity);
        let mut parts = vec!["aws role", region, &self.arn];
        for text in [&self.session_name, &self.external_id, &self.endpoint, &subject] {
            parts.push(text.as_deref().unwrap_or_default());
        }
        if let Some(keys) = &self.keys {
            parts.extend([keys.access_key_id(), keys.secret_access_key(), keys.session_token().unwrap_or_default()]);
        }
        parts.extend(self.tags.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]));
        Id::of(parts)
    }

    /// Asks STS for the role's keys.
    pub(super) async fn assume(&self, cloud: &Cloud, region: &str) -> Result<AwsKeys, CredentialsError> {
        let client = self.client(cloud, region);
        let session_name = self.session_name.as_deref().unwrap_or(USUAL_SESSION_NAME);
        let issued = match &self.subject {
            Some(subject) => {
                let token = subject.token(cloud).await?;
                let call = client.assume_role_with_web_identity().role_arn(&self.arn).role_session_name(session_name);
                let answer = call.web_identity_token(token.expose()).send().await.map_err(|it| refused(&it))?;
                answer.credentials
            }
            None => {
                let mut call = client.assume_role().role_arn(&self.arn).role_session_name(session_name);
                for (key, value) in &self.tags {
                    let tag = Tag::builder().key(key).value(value).build();
                    call = call.tags(tag.map_err(|_| CredentialsError::Unusable { what: "aws_session_tags" })?);
                }
                let call = call.set_external_id(self.external_id.clone());
                call.send().await.map_err(|it| refused(&it))?.credentials
            }
        };
        issued.map(keys).ok_or(CredentialsError::Unreadable { by: STS })
    }

    fn client(&self, cloud: &Cloud, region: &str) -> Client {
        let own = &cloud.shared.aws;
        // A signature is for the region whose endpoint is asked; without an own endpoint that is the process's region.
        let region = match self.endpoint.as_deref().and_then(region_of) {
            Some(named) => Region::new(named.to_owned()),
            None => own.region().cloned().unwrap_or_else(|| Region::new(region.to_owned())),
        };
        let mut config = aws_sdk_sts::config::Builder::from(own).region(region);
        if let Some(endpoint) = &self.endpoint {
            config = config.endpoint_url(endpoint);
        }
        if let Some(keys) = &self.keys {
            config = config.credentials_provider(SharedCredentialsProvider::new(keys.clone()));
        }
        Client::from_conf(config.build())
    }
}

/// The region in `https://sts.eu-west-1.amazonaws.com` or `https://vpce-….sts.eu-west-1.vpce.amazonaws.com`.
fn region_of(endpoint: &str) -> Option<&str> {
    let host = endpoint.split("://").last()?.split(['/', ':']).next()?;
    let mut labels = host.split('.').skip_while(|it| !matches!(*it, "sts" | "sts-fips"));
    let region = labels.nth(1)?;
    (host.contains(".amazonaws.") && !matches!(region, "amazonaws" | "vpce")).then_some(region)
}

fn keys(issued: Issued) -> AwsKeys {
    let expires = expiry(issued.expiration.secs());
    AwsKeys::new(issued.access_key_id, issued.secret_access_key, Some(issued.session_token), expires, "assumed role")
}

/// The message of a refusal may quote the request that was signed: its code says enough.
fn refused<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> CredentialsError {
    match error {
        SdkError::ServiceError(refusal) => {
            let status = refusal.raw().status().as_u16();
            let code = refusal.err().code().unwrap_or_default();
            match status {
                429 | 500.. => CredentialsError::Unreachable { by: STS, source: None },
                _ => CredentialsError::Refused { by: STS, status, code: code.chars().take(40).collect() },
            }
        }
        SdkError::ConstructionFailure(_) => CredentialsError::Unusable { what: "the role or the STS endpoint" },
        SdkError::ResponseError(_) => CredentialsError::Unreadable { by: STS },
        _ => CredentialsError::Unreachable { by: STS, source: None },
    }
}

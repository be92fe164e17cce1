//! Google Cloud: the credentials of a file or a text, or what this machine itself is.

mod external;
mod file;

use std::path::PathBuf;
use std::sync::Arc;

use policy::config::Secret;
use serde_json::Value;

use super::subject::{metadata_host, read_file};
use super::{CredentialsError, Given, oauth};
use crate::cache::Id;
use crate::cloud::Cloud;

/// What a token may do.
pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

const UNREADABLE: &str = "vertex_credentials is neither JSON nor a readable file";

/// What proves a deployment's identity to Google Cloud.
pub(super) struct Google {
    source: Source,
    /// Google's metadata server.
    metadata_host: String,
}

enum Source {
    /// Credentials in their JSON form.
    Text(Secret),
    /// A file that holds them.
    File(PathBuf),
    /// The file that `gcloud auth application-default login` writes, if it is there; else what this machine is.
    Machine { login: Option<PathBuf> },
}

impl Default for Google {
    fn default() -> Self {
        Self { source: Source::Machine { login: None }, metadata_host: String::new() }
    }
}

impl Google {
    /// What the deployment says, then LiteLLM's variable, then Google's own ("How Application Default Credentials
    /// works").
    pub(super) fn new(given: &Given<'_>) -> Self {
        let own = given.own("vertex_credentials").or_else(|| given.own("vertex_ai_credentials"));
        let variables =
            ["VERTEXAI_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS", "DEFAULT_GOOGLE_APPLICATION_CREDENTIALS"];
        let found = own.or_else(|| variables.iter().find_map(|name| given.env(name)));
        let source = match found {
            Some(text) if text.expose().trim_start().starts_with('{') => Source::Text(text),
            Some(path) => Source::File(PathBuf::from(path.expose().trim())),
            None => Source::Machine { login: login_file(given) },
        };
        Self { source, metadata_host: metadata_host(given) }
    }

    /// The project that the credentials name.
    pub(super) fn project(&self) -> Option<String> {
        let json = self.read().ok().flatten()?;
        let named = ["project_id", "quota_project_id"].iter().find_map(|name| json.get(name)?.as_str());
        named.filter(|it| !it.is_empty()).map(str::to_owned)
    }

    /// An access token.
    pub(super) async fn token(&self, cloud: &Cloud) -> Result<Arc<Secret>, CredentialsError> {
        let id = match &self.source {
            Source::Text(text) => Id::of(["google text", text.expose()]),
            Source::File(path) => Id::of(["google file", &path.to_string_lossy()]),
            Source::Machine { .. } => Id::of(["google machine", &self.metadata_host]),
        };
        let fetch = async {
            match self.read()? {
                Some(json) => Box::pin(file::token(cloud, &json)).await,
                None => self.machine(cloud).await,
            }
        };
        cloud.shared.tokens.get(id, cloud.shared.now, fetch).await
    }

    /// The credentials as JSON; `None` where there are none but what this machine is.
    fn read(&self) -> Result<Option<Value>, CredentialsError> {
        let unusable = |_| CredentialsError::Unusable { what: UNREADABLE };
        let text = match &self.source {
            Source::Text(text) => text.clone(),
            Source::File(path) => read_file(path, UNREADABLE)?,
            Source::Machine { login: Some(path) } if path.exists() => read_file(path, UNREADABLE)?,
            Source::Machine { .. } => return Ok(None),
        };
        serde_json::from_str(text.expose()).map(Some).map_err(unusable)
    }

    /// The service account that this machine runs as (Google Cloud, "Authenticate workloads using the metadata server").
    async fn machine(&self, cloud: &Cloud) -> Result<oauth::Token, CredentialsError> {
        let path = "computeMetadata/v1/instance/service-accounts/default/token";
        let request = cloud.client.get(format!("http://{}/{path}?scopes={SCOPE}", self.metadata_host));
        let request = request.header("metadata-flavor", "Google");
        oauth::token(cloud, "Google's metadata server", request).await.map_err(|error| match error {
            CredentialsError::Unreachable { source: Some(source), .. } if source.is_connect() => CredentialsError::Unusable {
                what: "vertex_credentials and GOOGLE_APPLICATION_CREDENTIALS are not set, and this is no machine of \
                       Google Cloud",
            },
            other => other,
        })
    }
}

fn login_file(given: &Given<'_>) -> Option<PathBuf> {
    let path = |name: &str| given.env(name).map(|it| PathBuf::from(it.expose()));
    let folder = path("CLOUDSDK_CONFIG").or_else(|| Some(path("HOME")?.join(".config/gcloud")))?;
    Some(folder.join("application_default_credentials.json"))
}

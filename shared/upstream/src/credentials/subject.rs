//! A token of another identity provider, which a cloud exchanges for its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use policy::config::Secret;

use super::{CredentialsError, Given, oauth};
use crate::cloud::Cloud;

/// Where such a token is found. What stands in a file is read anew each time, since whoever writes it renews it.
pub(super) enum Subject {
    /// The token itself.
    Text(Arc<Secret>),
    /// A file that holds it.
    File(PathBuf),
    /// The identity token of this machine on Google Cloud, for an audience.
    Google { host: String, audience: String },
    /// Configured, but nowhere to be found.
    Missing(&'static str),
}

/// The largest file that is read for a credential, in bytes.
const LARGEST: u64 = 1 << 20;

impl Subject {
    /// Reads LiteLLM's spelling of such a token: `oidc/file/…`, `oidc/env/…`, `oidc/env_path/…`, `oidc/google/…`,
    /// `oidc/azure/…`, `oidc/circleci/…`; an absolute path is a file, and everything else the token itself.
    pub(super) fn new(text: Secret, given: &Given<'_>) -> Self {
        let variable = |name: &str, what| match given.env(name) {
            Some(value) => Self::Text(Arc::new(value)),
            None => Self::Missing(what),
        };
        let file = |name: &str, what| match given.env(name) {
            Some(path) => Self::File(PathBuf::from(path.expose())),
            None => Self::Missing(what),
        };
        let Some(reference) = text.expose().strip_prefix("oidc/") else {
            let is_path = Path::new(text.expose()).is_absolute();
            return if is_path { Self::File(PathBuf::from(text.expose())) } else { Self::Text(Arc::new(text)) };
        };
        let (source, rest) = reference.split_once('/').unwrap_or((reference, ""));
        match source {
            "file" => Self::File(PathBuf::from(rest)),
            "env" => variable(rest, "the variable named by oidc/env/ is not set"),
            "env_path" => file(rest, "the variable named by oidc/env_path/ is not set"),
            "azure" => file("AZURE_FEDERATED_TOKEN_FILE", "AZURE_FEDERATED_TOKEN_FILE is not set"),
            "circleci" => variable("CIRCLE_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN is not set"),
            "circleci_v2" => variable("CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN_V2 is not set"),
            "google" => Self::Google { host: metadata_host(given), audience: rest.to_owned() },
            _ => Self::Missing(
                "the source of the oidc/ token is not one of file, env, env_path, google, azure, circleci",
            ),
        }
    }

    /// What tells it from others, for a cache.
    pub(super) fn identity(&self) -> String {
        match self {
            Self::Text(text) => format!("text {}", text.expose()),
            Self::File(path) => format!("file {}", path.display()),
            Self::Google { host, audience } => format!("google {host} {audience}"),
            Self::Missing(what) => format!("missing {what}"),
        }
    }

    /// The token.
    pub(super) async fn token(&self, cloud: &Cloud) -> Result<Secret, CredentialsError> {
        match self {
            Self::Text(text) => Ok(Secret::clone(text)),
            Self::File(path) => read_file(path, "the file with the identity token cannot be read"),
            Self::Missing(what) => Err(CredentialsError::Unusable { what }),
            // Google Cloud, "View and query VM metadata", and "Get an ID token from the metadata server".
            Self::Google { host, audience } => {
                let by = "Google's metadata server";
                let audience: String = form_urlencoded::byte_serialize(audience.as_bytes()).collect();
                let path = "computeMetadata/v1/instance/service-accounts/default/identity";
                let request = cloud.client.get(format!("http://{host}/{path}?audience={audience}&format=full"));
                let body = oauth::fetch(by, request.header("metadata-flavor", "Google")).await?;
                let text = String::from_utf8(body).map_err(|_| CredentialsError::Unreadable { by })?;
                Ok(Secret::new(text.trim().to_owned()))
            }
        }
    }
}

/// Where Google's metadata server is, with the variable of Google's own libraries.
pub(super) fn metadata_host(given: &Given<'_>) -> String {
    (given.env)("GCE_METADATA_HOST")
        .filter(|it| !it.is_empty())
        .unwrap_or_else(|| "metadata.google.internal".to_owned())
}

/// A small file's text, without the space around it.
pub(super) fn read_file(path: &Path, what: &'static str) -> Result<Secret, CredentialsError> {
    let unusable = || CredentialsError::Unusable { what };
    // A device or a pipe has no length, and reading it may never end.
    let known = std::fs::metadata(path).map_err(|_| unusable())?;
    if !known.is_file() || known.len() > LARGEST {
        return Err(unusable());
    }
    let text = std::fs::read_to_string(path).map_err(|_| unusable())?;
    Ok(Secret::new(text.trim().to_owned()))
}

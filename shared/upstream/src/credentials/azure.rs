//! Azure: an API key, a token of Microsoft Entra ID, or what such a token is asked for with.

use std::path::PathBuf;
use std::sync::Arc;

use policy::config::Secret;

use super::subject::Subject;
use super::{CredentialsError, Given, oauth};
use crate::cache::Id;
use crate::cloud::Cloud;

const ENTRA: &str = "Microsoft Entra ID";
const USUAL_AUTHORITY: &str = "https://login.microsoftonline.com";
const USUAL_SCOPE: &str = "https://cognitiveservices.azure.com/.default";

/// What proves a deployment's identity to Azure.
#[derive(Default)]
pub(super) enum Azure {
    /// Nothing.
    #[default]
    None,
    /// An API key.
    Key(Secret),
    /// A token that somebody else fetched.
    Token(Arc<Secret>),
    /// What a token is asked for with.
    Grant(Box<Grant>),
    /// The identity of this machine.
    Machine(Machine),
    /// Configured, but not usable.
    Unusable(&'static str),
}

/// An application's sign-in (Microsoft identity platform, "OAuth 2.0 client credentials flow").
pub(super) struct Grant {
    /// The token endpoint.
    url: String,
    client_id: String,
    scope: String,
    proof: Proof,
}

enum Proof {
    Secret(Secret),
    /// Another provider's identity token.
    Assertion(Subject),
    /// A person's sign-in (Microsoft identity platform, "OAuth 2.0 Resource Owner Password Credentials").
    Password {
        name: String,
        password: Secret,
    },
}

/// A managed identity (Azure, "How to use managed identities for App Service", and "… to acquire an access token" for
/// virtual machines).
pub(super) struct Machine {
    /// With its query, but for the resource.
    url: String,
    header: (&'static str, Secret),
    scope: String,
    client_id: Option<String>,
}

impl Azure {
    /// The deployment's own key or sign-in, then the environment's key or sign-in, then the machine's identity.
    pub(super) fn new(given: &Given<'_>, own_key: Option<&Secret>, key: Option<&Secret>) -> Self {
        if let Some(key) = own_key {
            return Self::Key(key.clone());
        }
        let own = ["azure_ad_token", "client_secret", "azure_password"].iter().any(|name| given.own(name).is_some());
        match key {
            Some(key) if !own => Self::Key(key.clone()),
            _ => Self::sign_in(given),
        }
    }

    fn sign_in(given: &Given<'_>) -> Self {
        const WHOSE: &str = "azure_ad_token needs tenant_id and client_id, or AZURE_TENANT_ID and AZURE_CLIENT_ID";
        let scope = given.text("azure_scope", "AZURE_SCOPE").unwrap_or_else(|| USUAL_SCOPE.to_owned());
        let tenant = given.text("tenant_id", "AZURE_TENANT_ID");
        let client_id = given.text("client_id", "AZURE_CLIENT_ID");
        let grant = |tenant: &str, client_id: &str, proof| {
            let url = format!("{}/{tenant}/oauth2/v2.0/token", authority(given));
            Self::Grant(Box::new(Grant { url, client_id: client_id.to_owned(), scope: scope.clone(), proof }))
        };
        let own_token = given.own("azure_ad_token");
        let own_secret = given.own("client_secret");
        let token = own_token.or_else(|| if own_secret.is_none() { given.env("AZURE_AD_TOKEN") } else { None });
        if let Some(token) = token {
            return match (&tenant, &client_id) {
                _ if !token.expose().starts_with("oidc/") => Self::Token(Arc::new(token)),
                (Some(tenant), Some(id)) => grant(tenant, id, Proof::Assertion(Subject::new(token, given))),
                _ => Self::Unusable(WHOSE),
            };
        }
        let secret = given.either("client_secret", "AZURE_CLIENT_SECRET");
        let name = given.text("azure_username", "AZURE_USERNAME");
        let password = given.either("azure_password", "AZURE_PASSWORD");
        let file = given.env("AZURE_FEDERATED_TOKEN_FILE");
        match (&tenant, &client_id, secret, name, password, file) {
            (Some(tenant), Some(id), Some(secret), ..) => grant(tenant, id, Proof::Secret(secret)),
            (_, Some(id), _, Some(name), Some(password), _) => {
                let tenant = tenant.as_deref().unwrap_or("organizations");
                grant(tenant, id, Proof::Password { name, password })
            }
            (Some(tenant), Some(id), None, .., Some(file)) => {
                grant(tenant, id, Proof::Assertion(Subject::File(PathBuf::from(file.expose()))))
            }
            (_, _, Some(_), ..) => Self::Unusable("client_secret needs tenant_id and client_id"),
            _ => machine(given, scope, client_id),
        }
    }

    /// An access token.
    pub(super) async fn token(&self, cloud: &Cloud) -> Result<Arc<Secret>, CredentialsError> {
        let id = match self {
            Self::Token(token) => return Ok(Arc::clone(token)),
            Self::Unusable(what) => return Err(CredentialsError::Unusable { what }),
            Self::Grant(grant) => grant.id(),
            Self::Machine(it) => Id::of(["azure machine", &it.url, &it.scope]),
            Self::None | Self::Key(_) => return Err(CredentialsError::Unusable { what: "an API key is no token" }),
        };
        let fetch = async {
            match self {
                Self::Grant(grant) => grant.token(cloud).await,
                Self::Machine(machine) => machine.token(cloud).await,
                _ => Err(CredentialsError::Unreadable { by: ENTRA }),
            }
        };
        cloud.shared.tokens.get(id, cloud.shared.now, fetch).await
    }
}

impl Grant {
    fn id(&self) -> Id {
        let (kind, name, proof) = match &self.proof {
            Proof::Secret(secret) => ("secret", "", secret.expose().to_owned()),
            Proof::Assertion(subject) => ("assertion", "", subject.identity()),
            Proof::Password { name, password } => ("password", name.as_str(), password.expose().to_owned()),
        };
        Id::of(["azure", &self.url, &self.client_id, &self.scope, kind, name, &proof])
    }

    async fn token(&self, cloud: &Cloud) -> Result<oauth::Token, CredentialsError> {
        let mut fields = vec![("client_id", self.client_id.as_str()), ("scope", &self.scope)];
        let assertion;
        match &self.proof {
            Proof::Secret(secret) => {
                fields.extend([("grant_type", "client_credentials"), ("client_secret", secret.expose())]);
            }
            Proof::Password { name, password } => {
                fields.extend([("grant_type", "password"), ("username", name), ("password", password.expose())]);
            }
            Proof::Assertion(subject) => {
                assertion = subject.token(cloud).await?;
                fields.extend([
                    ("grant_type", "client_credentials"),
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ("client_assertion", assertion.expose()),
                ]);
            }
        }
        oauth::post_form(cloud, ENTRA, &self.url, &fields).await
    }
}

impl Machine {
    async fn token(&self, cloud: &Cloud) -> Result<oauth::Token, CredentialsError> {
        let (name, value) = &self.header;
        let request = cloud.client.get(self.address()).header(*name, value.expose());
        oauth::token(cloud, "Azure's managed identity endpoint", request).await
    }

    fn address(&self) -> String {
        let resource = self.scope.strip_suffix("/.default").unwrap_or(&self.scope);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("resource", resource);
        if let Some(id) = &self.client_id {
            query.append_pair("client_id", id);
        }
        format!("{}&{}", self.url, query.finish())
    }
}

/// The machine's identity: where App Service and its like say that they have one, else where the configuration asks for
/// it, since elsewhere than on Azure nobody answers at that address.
fn machine(given: &Given<'_>, scope: String, client_id: Option<String>) -> Azure {
    if let (Some(endpoint), Some(secret)) = (given.env("IDENTITY_ENDPOINT"), given.env("IDENTITY_HEADER")) {
        let url = format!("{}?api-version=2019-08-01", endpoint.expose());
        return Azure::Machine(Machine { url, header: ("x-identity-header", secret), scope, client_id });
    }
    let chosen = given.env("AZURE_CREDENTIAL").is_some_and(|it| it.expose() == "ManagedIdentityCredential");
    if !given.azure_managed_identity && !chosen {
        return Azure::None;
    }
    let host = given.env("AZURE_POD_IDENTITY_AUTHORITY_HOST").map(|it| it.expose().trim_end_matches('/').to_owned());
    let host = host.unwrap_or_else(|| "http://169.254.169.254".to_owned());
    let url = format!("{host}/metadata/identity/oauth2/token?api-version=2018-02-01");
    Azure::Machine(Machine { url, header: ("metadata", Secret::new("true".to_owned())), scope, client_id })
}

fn authority(given: &Given<'_>) -> String {
    let host = given.env("AZURE_AUTHORITY_HOST").map(|it| it.expose().trim_end_matches('/').to_owned());
    match host {
        Some(host) if host.contains("://") => host,
        Some(host) => format!("https://{host}"),
        None => USUAL_AUTHORITY.to_owned(),
    }
}

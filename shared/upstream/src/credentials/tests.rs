mod aws;
mod azure;
mod google;

use policy::config::Config;
use serde_json::json;

use super::*;
use crate::Upstream;

/// A deployment's credentials, read from its `litellm_params` as the configuration is.
struct Read {
    deployment: policy::config::Deployment,
    env: Vec<(String, String)>,
    key_env: &'static [&'static str],
    azure_managed_identity: bool,
}

impl Read {
    fn new(mut params: Value, env: &[(&str, &str)]) -> Self {
        params["model"] = "openai/x".into();
        let config = json!({"model_list": [{"model_name": "x", "litellm_params": params}]}).to_string();
        let (config, _) = Config::parse(&config, &|_| None).unwrap();
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let deployment = config.model_list.into_iter().next().unwrap();
        Self { deployment, env, key_env: &[], azure_managed_identity: false }
    }

    fn credentials(&self) -> Credentials {
        Credentials::new(&Given {
            params: &self.deployment.params,
            secrets: &self.deployment.secrets,
            key_env: self.key_env,
            env: &|name| self.env.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone()),
            azure_managed_identity: self.azure_managed_identity,
        })
    }
}

/// The bearer token that a call would carry.
async fn bearer(upstream: &Upstream, credentials: &Credentials, auth: Auth) -> Result<String, crate::Error> {
    match credentials.prove(&upstream.cloud, auth).await? {
        Proof::Bearer(token) => Ok(token.expose().to_owned()),
        Proof::None => Ok("none".to_owned()),
        Proof::Header(name, key) => Ok(format!("{name}: {}", key.expose())),
        Proof::Signature { keys, .. } => Ok(format!("signed by {}", keys.access_key_id())),
    }
}

/// All that a log or a caller may see of an error.
fn shown(error: &crate::Error) -> String {
    let mut text = format!("{error:?}");
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(it) = cause {
        text.push_str(&format!(" | {it}"));
        cause = it.source();
    }
    text
}

#[test]
fn shows_no_secret() {
    let params = json!({
        "api_key": "hidden-1", "aws_access_key_id": "hidden-2", "aws_secret_access_key": "hidden-3",
        "aws_session_token": "hidden-4", "vertex_credentials": {"private_key": "hidden-5"},
        "client_secret": "hidden-6", "azure_ad_token": "hidden-7", "azure_password": "hidden-8",
        "aws_web_identity_token": "hidden-9", "tenant_id": "t", "client_id": "c", "aws_role_name": "r",
    });
    let mut without_key = params.clone();
    without_key.as_object_mut().unwrap().remove("api_key");
    for params in [params, without_key] {
        let shown = format!("{:?}", Read::new(params, &[("AWS_BEARER_TOKEN_BEDROCK", "hidden-10")]).credentials());
        assert!(!shown.contains("hidden"), "{shown}");
    }
}

//! Where a deployment's provider is, as far as its configuration leaves that to the environment.

use policy::config::{Deployment, LitellmSettings};
use provider_transform::{Auth, Object, Provider};
use serde_json::Value;
use upstream::Credentials;

/// A deployment, and where else its provider's address may be named.
pub(super) struct Place<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) provider: &'static Provider,
    pub(super) settings: &'a LitellmSettings,
    pub(super) credentials: &'a Credentials,
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Place<'_> {
    /// Adds to `litellm_params` what they do not say themselves, under LiteLLM's names.
    pub(super) fn complete(&self, params: &mut Object) {
        let provider = self.provider;
        if !["base_url", "aws_bedrock_runtime_endpoint"].iter().any(|name| params.contains_key(*name)) {
            self.add(params, "api_base", || self.first(provider.api_base_env));
        }
        match provider.auth {
            Auth::Aws { .. } => {
                let id = params_text(&self.deployment.params, "model_id");
                if !names_region(&self.deployment.model) && !id.is_some_and(|it| names_region(&it)) {
                    self.add(params, "aws_region_name", || {
                        self.first(&["AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION"])
                    });
                }
            }
            Auth::Google => {
                self.add(params, "vertex_project", || {
                    self.google_project(params_text(&self.deployment.params, "vertex_ai_project"))
                });
                self.add(params, "vertex_location", || {
                    let own = params_text(&self.deployment.params, "vertex_ai_location");
                    let own = own.or_else(|| self.settings.vertex_location.clone());
                    own.or_else(|| self.first(&["VERTEXAI_LOCATION", "VERTEX_LOCATION", "DEFAULT_VERTEXAI_LOCATION"]))
                });
            }
            Auth::Azure => self.add(params, "api_version", || self.first(&["AZURE_API_VERSION"])),
            Auth::None | Auth::AzureBearer | Auth::Bearer | Auth::Header(_) => {}
        }
    }

    fn google_project(&self, own: Option<String>) -> Option<String> {
        let own = own.or_else(|| self.settings.vertex_project.clone()).or_else(|| self.first(&["VERTEXAI_PROJECT"]));
        own.or_else(|| self.credentials.google_project())
            .or_else(|| self.first(&["GOOGLE_CLOUD_PROJECT", "DEFAULT_VERTEXAI_PROJECT"]))
    }

    fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| (self.variable)(name))
    }

    fn add(&self, params: &mut Object, name: &str, value: impl FnOnce() -> Option<String>) {
        let is_silent = params.get(name).is_none_or(|it| it.is_null() || it.as_str() == Some(""));
        if is_silent && let Some(value) = value() {
            params.insert(name.to_owned(), value.into());
        }
    }
}

fn params_text(params: &Object, name: &str) -> Option<String> {
    params.get(name).and_then(Value::as_str).filter(|it| !it.is_empty()).map(str::to_owned)
}

/// Whether a model's name says which region serves it: an ARN, or a part of its path such as `us-east-1`.
fn names_region(model: &str) -> bool {
    let is_region = |part: &str| {
        let mut words = part.rsplit('-');
        let number = words.next().is_some_and(|it| it.len() == 1 && it.bytes().all(|byte| byte.is_ascii_digit()));
        let words: Vec<&str> = words.collect();
        number && words.len() >= 2 && words.iter().all(|it| it.bytes().all(|byte| byte.is_ascii_lowercase()))
    };
    model.contains("arn:") || model.split('/').any(is_region)
}

#[cfg(test)]
mod tests;

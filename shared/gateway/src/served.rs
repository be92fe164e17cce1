//! The deployments of the configuration, made ready to be called.

mod place;

use std::sync::Arc;

use policy::config::{Config, Deployment, LitellmSettings};
use policy::prices::{self, CustomPrice, Pricing};
use provider_transform::{ModelInfo, Object, Provider};
use serde_json::Value;
use upstream::{Credentials, Given};

use crate::{Environment, StartError};
use place::Place;

/// A deployment with everything that does not change from call to call.
#[derive(Clone)]
pub struct Served {
    /// As configured.
    pub deployment: Deployment,
    /// Its provider.
    pub provider: &'static Provider,
    /// The model as the provider knows it; may hold `*`.
    pub model: String,
    /// `litellm_params` without secrets, with what the environment says of the provider's address where they are silent.
    pub params: Object,
    /// What calls authenticate with.
    pub(crate) credentials: Credentials,
    custom_price: Option<CustomPrice>,
    known: Option<Facts>,
}

/// What the price table and the configuration say of a model.
#[derive(Clone)]
pub struct Facts {
    /// Limits and capabilities.
    pub info: ModelInfo,
    /// What it costs.
    pub pricing: Arc<Pricing>,
}

/// Providers that LiteLLM knows and the price table does not list.
const UNPRICED_PROVIDERS: &[&str] = &[
    "aleph_alpha",
    "custom",
    "infinity",
    "petals",
    "predibase",
    "sagemaker_chat",
    "text-completion-openai",
    "topaz",
    "triton",
    "vllm",
];

impl Served {
    /// Makes every deployment ready. One of a provider that LiteLLM knows and this gateway does not speak to is left
    /// out with a warning: calls to it are refused, the others are served.
    ///
    /// # Errors
    /// [`StartError::UnknownProvider`].
    pub(crate) fn all(config: &Config, env: &Environment) -> Result<Vec<Arc<Self>>, StartError> {
        let variable = |name: &str| {
            let variable = config.variable(name, &|name| env.for_providers(name));
            variable.map(|it| it.expose().to_owned()).filter(|it| !it.is_empty())
        };
        let mut served = Vec::with_capacity(config.model_list.len());
        for deployment in &config.model_list {
            match Self::new(deployment, &config.litellm_settings, &variable) {
                Ok(ready) => served.push(Arc::new(ready)),
                Err(unknown) => {
                    let Some(slug) = unspoken(deployment) else { return Err(unknown) };
                    let (name, model) = (&deployment.model_name, &deployment.model);
                    tracing::warn!("config.yaml: {name} ({model}) cannot be called: {slug} is not supported yet");
                }
            }
        }
        Ok(served)
    }

    fn new(
        deployment: &Deployment,
        settings: &LitellmSettings,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, StartError> {
        let text = |name: &str| deployment.params.get(name).and_then(Value::as_str);
        let unknown = || StartError::UnknownProvider {
            model_name: deployment.model_name.clone(),
            model: deployment.model.clone(),
        };
        let resolved = provider_transform::resolve(&deployment.model, text("custom_llm_provider"), text("api_base"));
        let (provider, model) = resolved.map_err(|_| unknown())?;
        provider.chat.ok_or_else(unknown)?;
        let credentials = Credentials::new(&Given {
            params: &deployment.params,
            secrets: &deployment.secrets,
            key_env: provider.api_key_env,
            env: variable,
            azure_managed_identity: settings.enable_azure_ad_token_refresh,
        });
        let mut params = deployment.params.clone();
        let place = Place { deployment, provider, settings, credentials: &credentials, variable };
        place.complete(&mut params);
        let mut served = Self {
            deployment: deployment.clone(),
            provider,
            model,
            params,
            credentials,
            custom_price: CustomPrice::from_params(&deployment.params, &deployment.model_info),
            known: None,
        };
        if !served.model.contains('*') {
            served.known = Some(served.look_up(&served.model));
        }
        Ok(served)
    }

    /// The answer that is given without asking the provider.
    pub(crate) fn mock_response(&self) -> Option<&Value> {
        self.params.get("mock_response")
    }

    /// What is known of `model`, which is this deployment's own unless it holds a `*`.
    #[must_use]
    pub fn facts(&self, model: &str) -> Facts {
        match &self.known {
            Some(known) => known.clone(),
            None => self.look_up(model),
        }
    }

    fn look_up(&self, model: &str) -> Facts {
        let slug = self.provider.slug;
        let base = self.deployment.info("base_model");
        let info = prices::info_of_deployment(slug, base.unwrap_or(model), &self.deployment.model_info);
        // A base model may name another provider than the one that is called.
        let candidates = base.into_iter().flat_map(|base| [(slug, base), ("", base)]).chain([(slug, model)]);
        Facts { info, pricing: Arc::new(prices::pricing(self.custom_price.as_ref(), candidates)) }
    }
}

/// The provider of a deployment, if LiteLLM knows it and this gateway does not speak to it.
pub(crate) fn unspoken(deployment: &Deployment) -> Option<&str> {
    let custom = deployment.params.get("custom_llm_provider").and_then(Value::as_str);
    let slug = custom.or_else(|| deployment.model.split_once('/').map(|(slug, _)| slug))?;
    let is_known = UNPRICED_PROVIDERS.contains(&slug) || prices::lists_provider(slug);
    let is_spoken = provider_transform::find(slug).is_some_and(|it| it.chat.is_some());
    (is_known && !is_spoken).then_some(slug)
}

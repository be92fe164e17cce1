//! Finds the price of a model that a request names.

use std::sync::Arc;

use gateway::{ApiError, App};
use policy::cost::{Adjustments, Call};
use policy::prices::Pricing;

/// A model's price, and what the operator puts on it.
pub(crate) struct Priced {
    pub(crate) provider: String,
    pub(crate) pricing: Arc<Pricing>,
    adjustments: Adjustments,
}

impl Priced {
    /// By the name of a model group, of an alias of one, or by the model's own name.
    pub(crate) fn find(app: &App, model: &str) -> Result<Self, ApiError> {
        let alias = app.config.router_settings.model_group_alias.get(model);
        let group = alias.map_or(model, |alias| alias.model.as_str());
        let (provider, pricing) = match app.models.iter().find(|it| it.deployment.model_name == group) {
            Some(served) => (served.provider.slug.to_owned(), served.facts(&served.model).pricing),
            None => {
                let resolved = provider_transform::resolve(model, None, None);
                let (provider, name) = resolved.map_err(gateway::transform_error)?;
                let pricing = policy::prices::pricing(None, [(provider.slug, name.as_str())]);
                (provider.slug.to_owned(), Arc::new(pricing))
            }
        };
        let adjustments = app.terms().adjustments(&provider);
        Ok(Self { provider, pricing, adjustments })
    }

    /// A call of the model now.
    pub(crate) fn call(&self, app: &App) -> Call<'static> {
        Call { at: app.clock().now_secs(), adjustments: self.adjustments, ..Call::default() }
    }
}

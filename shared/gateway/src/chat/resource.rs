//! Answers that a provider keeps: where they are, and what it says of them. Reading them costs nothing.

use std::time::Duration;

use http::StatusCode;
use provider_transform::responses::id::Origin;
use provider_transform::responses::resource::{self, Action};
use provider_transform::{Files, Object};
use upstream::Timeouts;

use super::attempt::{LARGEST_ANSWER, LARGEST_ERROR};
use super::permit;
use super::target::Target;
use crate::body::{provider_error, transform_error};
use crate::{ApiError, App, Caller, KnownId, Served};

/// A provider that does not find an answer in this time never will.
const LONGEST: Duration = Duration::from_secs(25);

/// Where an answer is that a caller names.
pub struct Place {
    /// What the id says.
    pub origin: Origin,
    target: Option<Target>,
}

impl Place {
    /// Finds the answer that `id` names.
    ///
    /// # Errors
    /// 403 when the caller may not use the id.
    pub fn find(app: &App, caller: &Caller, id: &str) -> Result<Self, ApiError> {
        let served = |model_id: &str| app.models.iter().find(|it| it.deployment.id == model_id).cloned();
        let (origin, served) = match app.response_ids.open(caller, id)? {
            KnownId::Ours(origin) => {
                let served = origin.model_id.as_deref().and_then(served);
                (origin, served)
            }
            // Nobody knows whose it is: the first provider that keeps answers is asked.
            KnownId::Foreign(response_id) => {
                let served = app.models.iter().find(|it| it.provider.quirks.responses.is_some()).cloned();
                let model_id = served.as_ref().map(|it| it.deployment.id.clone());
                let provider = served.as_ref().map_or("", |it| it.provider.slug).to_owned();
                (Origin { provider, model_id, response_id }, served)
            }
        };
        Ok(Self { origin, target: served.map(target) })
    }

    /// Whether the provider keeps it, rather than the gateway.
    #[must_use]
    pub fn is_kept_by_provider(&self, app: &App) -> bool {
        let files = Files::default();
        let keeps = |it: &Target| it.served.mock_response().is_none() && resource::keeps(&it.cx(app, "", &files));
        self.target.as_ref().is_some_and(keeps)
    }

    /// The deployment's id, if calls of `model` may go there.
    #[must_use]
    pub fn pinned(&self, app: &App, caller: &Caller, model: &str) -> Option<String> {
        let id = &self.target.as_ref()?.served.deployment.id;
        permit::is_served_by(app, caller, model, id).then(|| id.clone())
    }

    /// Asks the provider; `shown` is the id that the caller knows.
    ///
    /// # Errors
    /// 404 when the deployment is gone; the provider's refusal.
    pub async fn ask(&self, app: &App, action: Action, query: &str, shown: &str) -> Result<Object, ApiError> {
        let gone = || ApiError::new(StatusCode::NOT_FOUND, "invalid_request_error", "The deployment is gone.");
        let target = self.target.as_ref().ok_or_else(gone)?;
        if let Some(failure) = target.misconfigured() {
            return Err(failure.error);
        }
        let files = Files::default();
        let cx = target.cx(app, "", &files);
        let id = &self.origin.response_id;
        let request = resource::request(&cx, action, id, query).map_err(transform_error)?;
        let limits = Timeouts { headers: LONGEST, idle: LONGEST, total: LONGEST };
        let call_id = crate::new_id().to_string();
        let sent = app.upstream.send(request, &target.served.credentials, &call_id, &limits).await;
        let mut answer = sent.map_err(|error| target.upstream_error(error))?;
        if !answer.status.is_success() {
            let text = answer.collect(LARGEST_ERROR).await.unwrap_or_default();
            return Err(provider_error(&resource::failure(&cx, answer.status.as_u16(), &text)));
        }
        let body = answer.collect(LARGEST_ANSWER).await.map_err(|error| target.upstream_error(error))?;
        resource::answer(&cx, &body, id, shown).map_err(|error| provider_error(&error))
    }
}

fn target(served: std::sync::Arc<Served>) -> Target {
    let model = served.model.clone();
    let (facts, group) = (served.facts(&model), served.deployment.model_name.clone());
    Target { model, facts, group, is_fallback: false, served }
}

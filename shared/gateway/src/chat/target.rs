//! A deployment chosen for a call, with what its provider's failures mean.

use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use policy::cost::{self, Breakdown, ToolUse};
use policy::prices::Price;
use policy::routing::{self, FailureClass, Origin};
use policy::spend::SpendEvent;
use provider_transform::{ChatRequest, Cx, ErrorClass, Files, ProviderError, Settings, TransformError, Usage};
use rust_decimal::Decimal;
use serde_json::Value;
use upstream::{Blame, Retry};

use super::ChatCall;
use super::provider_headers::copy_provider;
use crate::body::{provider_error, transform_error};
use crate::served::{Facts, Served};
use crate::{ApiError, App};

/// A deployment chosen for a call.
#[derive(Clone)]
pub(crate) struct Target {
    pub(super) served: Arc<Served>,
    /// The model as the provider knows it.
    pub(super) model: String,
    pub(super) facts: Facts,
    /// The model group that the deployment was chosen from.
    pub(super) group: String,
    /// Whether that is another group than the one asked for.
    pub(super) is_fallback: bool,
}

/// A try that failed: what the caller would see, and what routing goes by.
pub(super) struct Failure {
    pub(super) error: ApiError,
    pub(super) seen: routing::Failure,
    /// Another deployment of the group would fail the same way.
    pub(super) hopeless: bool,
}

impl Failure {
    /// A failure before anything was sent.
    pub(super) fn of_gateway(error: ApiError, status: StatusCode) -> Self {
        let class = match status.as_u16() {
            401 => FailureClass::Authentication,
            429 => FailureClass::RateLimit,
            _ => FailureClass::BadRequest,
        };
        let seen = routing::Failure { class, status: status.as_u16(), origin: Origin::Gateway, retry_after: None };
        Self { error, seen, hopeless: false }
    }
}

/// What a request says that decides its price.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    service_tier: Option<String>,
    speed: Option<String>,
    search_context_size: Option<String>,
}

impl Asked {
    pub(super) fn of(chat: &ChatRequest) -> Self {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let search = chat.params.get("web_search_options");
        Self {
            service_tier: text(chat.params.get("service_tier")),
            speed: text(chat.params.get("speed")),
            search_context_size: text(search.and_then(|it| it.get("search_context_size"))),
        }
    }
}

impl Target {
    pub(super) fn cx<'a>(&'a self, app: &App, response_id: &'a str, files: &'a Files) -> Cx<'a> {
        let settings = &app.config.litellm_settings;
        let own = self.served.deployment.settings.drop_params;
        Cx {
            provider: self.served.provider,
            model: &self.model,
            params: &self.served.params,
            settings: Settings {
                drop_params: own.unwrap_or(settings.drop_params),
                modify_params: settings.modify_params,
                always_include_stream_usage: app.config.general_settings.always_include_stream_usage,
                enable_preview_features: false,
                chat_completions_for_messages: settings.use_chat_completions_url_for_anthropic_messages,
            },
            info: self.facts.info,
            now: app.clock().now_secs(),
            files,
            response_id,
        }
    }

    /// The model's rates, if anyone says what it costs.
    pub(crate) fn price(&self) -> Option<&Price> {
        self.facts.pricing.price()
    }

    pub(super) fn full_model(&self) -> String {
        format!("{}/{}", self.served.provider.slug, self.model)
    }

    /// The name that the answer shows: the one asked for, or after a fallback the one that answered.
    pub(super) fn shown_model<'a>(&'a self, call: &'a ChatCall) -> &'a str {
        if self.is_fallback { &self.model } else { &call.chat().model }
    }

    pub(super) fn always_show_usage(&self, app: &App) -> bool {
        app.config.general_settings.always_include_stream_usage == Some(true)
    }

    pub(super) fn describe(&self, event: &mut SpendEvent) {
        event.model.clone_from(&self.model);
        event.model_group.clone_from(&self.group);
        event.model_id.clone_from(&self.served.deployment.id);
        self.served.provider.slug.clone_into(&mut event.provider);
        let base = self.served.params.get("api_base").and_then(Value::as_str);
        base.unwrap_or(self.served.provider.base_url).clone_into(&mut event.api_base);
    }

    /// What the work of a request costs here, apart from its tokens.
    pub(super) fn priced_call<'a>(&'a self, app: &App, asked: &'a Asked, at: u64) -> cost::Call<'a> {
        cost::Call {
            at,
            service_tier: asked.service_tier.as_deref(),
            speed: asked.speed.as_deref(),
            vertex_location: self.served.params.get("vertex_location").and_then(Value::as_str),
            tools: ToolUse { search_context_size: asked.search_context_size.as_deref(), ..ToolUse::default() },
            adjustments: app.terms().adjustments(self.served.provider.slug),
            ..cost::Call::default()
        }
    }

    /// The cost of a call; `None` when nobody says what the model costs.
    pub(super) fn cost(
        &self,
        app: &App,
        asked: &Asked,
        usage: &Usage,
        started_ms: u64,
        ended_ms: u64,
    ) -> Option<Breakdown> {
        let mut call = self.priced_call(app, asked, started_ms / 1000);
        call.seconds = Some(Decimal::from(ended_ms.saturating_sub(started_ms)) / Decimal::from(1000));
        match self.price() {
            Some(price) => Some(cost::cost(price, usage, &call)),
            None => cost::stated_cost(usage, &call),
        }
    }

    /// The request cannot be expressed for this provider; another group may take it.
    pub(super) fn untranslatable(&self, error: TransformError) -> Failure {
        Failure { hopeless: true, ..Failure::of_gateway(transform_error(error), StatusCode::BAD_REQUEST) }
    }

    /// The deployment's configuration lacks a variable.
    pub(super) fn misconfigured(&self) -> Option<Failure> {
        let missing = self.served.deployment.missing_variables.first()?;
        let message = format!("the deployment needs the variable {missing}, which is not set");
        let error = ProviderError::new(self.served.provider.slug, ErrorClass::Authentication, 401, message);
        Some(Failure::of_gateway(provider_error(&error), StatusCode::UNAUTHORIZED))
    }

    /// No whole answer came from the provider.
    pub(super) fn unsent(&self, error: upstream::Error, caller_set_limit: bool) -> Failure {
        let origin = match error.blame() {
            Blame::Us => Origin::Gateway,
            Blame::Provider if caller_set_limit && matches!(error, upstream::Error::TimedOut { .. }) => {
                Origin::CallerTimeout
            }
            Blame::Provider => Origin::Provider,
            Blame::Network => Origin::Network,
        };
        let hopeless = error.retry() == Retry::No;
        let error = self.upstream_error(error);
        let status = error.status.as_u16();
        let class = match status {
            401 => FailureClass::Authentication,
            408 => FailureClass::Timeout,
            _ => FailureClass::InternalServer,
        };
        Failure { error, seen: routing::Failure { class, status, origin, retry_after: None }, hopeless }
    }

    /// The provider answered with an error, or with something unreadable.
    pub(super) fn refused(&self, error: &ProviderError, headers: &HeaderMap) -> Failure {
        let mut api = provider_error(error);
        copy_provider(&mut api.headers, headers);
        let seen = routing::Failure {
            class: failure_class(error.class),
            status: error.status,
            origin: Origin::Provider,
            retry_after: headers.get("retry-after").and_then(|it| it.to_str().ok()?.trim().parse().ok()),
        };
        Failure { error: api, seen, hopeless: false }
    }

    pub(super) fn provider_error(&self, error: &ProviderError) -> ApiError {
        provider_error(error)
    }

    pub(super) fn upstream_error(&self, error: upstream::Error) -> ApiError {
        let slug = self.served.provider.slug;
        let timed_out = match &error {
            upstream::Error::TimedOut { after, .. } => Some(after.as_secs_f64()),
            _ => None,
        };
        let (class, status, message) = match &error {
            upstream::Error::TimedOut { after, .. } => {
                (ErrorClass::Timeout, 408, format!("the provider did not answer within {after:?}"))
            }
            upstream::Error::Unreachable(_) => {
                (ErrorClass::ApiConnection, 500, "the provider cannot be reached".to_owned())
            }
            upstream::Error::Broken { .. } => {
                (ErrorClass::ApiConnection, 500, "the connection to the provider broke".to_owned())
            }
            upstream::Error::TooLarge { limit } => {
                (ErrorClass::Api, 502, format!("the provider's answer is larger than {limit} bytes"))
            }
            upstream::Error::NoCredentials => {
                (ErrorClass::Authentication, 401, "no API key is configured for this deployment".to_owned())
            }
            upstream::Error::BadCredentials => {
                (ErrorClass::Authentication, 401, "the deployment's API key is not a valid header value".to_owned())
            }
            upstream::Error::Credentials(error) if error.is_passing() => {
                (ErrorClass::ApiConnection, 500, error.to_string())
            }
            upstream::Error::Credentials(error) => (ErrorClass::Authentication, 401, error.to_string()),
            upstream::Error::Unsendable(_) => {
                (ErrorClass::ApiConnection, 500, "the deployment's api_base is not a usable address".to_owned())
            }
        };
        let api = provider_error(&ProviderError::new(slug, class, status, message)).because(error);
        match timed_out {
            Some(seconds) => api.header("x-litellm-timeout", &seconds.to_string()),
            None => api,
        }
    }
}

fn failure_class(class: ErrorClass) -> FailureClass {
    match class {
        ErrorClass::BadRequest
        | ErrorClass::UnsupportedParams
        | ErrorClass::ImageFetch
        | ErrorClass::PaymentRequired
        | ErrorClass::UnprocessableEntity => FailureClass::BadRequest,
        ErrorClass::ContextWindow => FailureClass::ContextWindow,
        ErrorClass::ContentPolicy => FailureClass::ContentPolicy,
        ErrorClass::Authentication => FailureClass::Authentication,
        ErrorClass::PermissionDenied => FailureClass::PermissionDenied,
        ErrorClass::NotFound => FailureClass::NotFound,
        ErrorClass::Timeout => FailureClass::Timeout,
        ErrorClass::RateLimit => FailureClass::RateLimit,
        ErrorClass::InternalServer => FailureClass::InternalServer,
        ErrorClass::BadGateway | ErrorClass::ServiceUnavailable => FailureClass::ServiceUnavailable,
        ErrorClass::Api | ErrorClass::ApiConnection => FailureClass::Other,
    }
}

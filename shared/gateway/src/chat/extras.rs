//! What a request's body says to the gateway rather than to the provider.

use http::StatusCode;
use policy::access::{FieldDenial, FieldRules};
use policy::config::GeneralSettings;
use policy::routing::{ClientFallbacks, Fallback, Fallbacks, InvalidFallbacks};
use policy::spend::clip;
use provider_transform::Object;
use serde_json::{Map, Value};

use crate::{ApiError, App, Caller, Request};

/// The most tags that a caller may put on a call.
const MOST_TAGS: usize = 40;

/// Fields that configure the gateway and never reach a provider.
const GATEWAY_FIELDS: &[&str] = &[
    "cache",
    "caching",
    "content_policy_fallbacks",
    "context_window_fallbacks",
    "disable_fallbacks",
    "fallbacks",
    "include_fallback_errors",
    "litellm_call_id",
    "litellm_metadata",
    "litellm_session_id",
    "litellm_trace_id",
    "mock_response",
    "no-log",
    "num_retries",
    "request_timeout",
    "stream_timeout",
    "tags",
    "timeout",
];

/// Fields that would send the gateway's credentials elsewhere.
const FORBIDDEN_FIELDS: &[&str] = &[
    "api_base",
    "api_key",
    "api_version",
    "azure_ad_token",
    "base_url",
    "client_secret",
    "custom_llm_provider",
    "litellm_credential_name",
];

/// The same, by their beginnings.
const FORBIDDEN_BEGINNINGS: &[&str] = &["aws_", "vertex_"];

/// Beginnings of fields that would change what a call costs; LiteLLM removes them, too.
const PRICE_FIELDS: &[&str] = &[
    "cache_creation_input_token_cost",
    "cache_read_input_token_cost",
    "input_cost_per_",
    "model_info",
    "output_cost_per_",
];

/// Fields of LiteLLM that ask for something this gateway does not do.
const UNSUPPORTED_FIELDS: &[&str] = &["fastest_response", "guardrails", "priority", "prompt_id", "prompt_variables"];

/// Fields by which LiteLLM's own tests make a call fail; nobody else may.
const TESTING_FIELDS: &[&str] = &[
    "mock_testing_content_policy_fallbacks",
    "mock_testing_context_fallbacks",
    "mock_testing_fallbacks",
    "mock_testing_rate_limit_error",
    "mock_timeout",
];

/// What the caller asks of the gateway.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// Fallbacks that go before the configured ones.
    pub fallbacks: ClientFallbacks,
    /// Retries of each group.
    pub num_retries: Option<u32>,
    /// The longest the call may take, in seconds.
    pub timeout: Option<f64>,
    /// The longest a stream may take to its first byte, in seconds.
    pub stream_timeout: Option<f64>,
    /// Seconds of silence after which a stream gets a comment.
    pub keepalive: Option<f64>,
    /// The answer to give without a provider.
    pub mock_response: Option<Value>,
    /// Tags that the caller puts on the call.
    pub tags: Vec<String>,
    /// Tags that tell the caller's program.
    pub agent_tags: Vec<String>,
    /// The customer that the caller acts for.
    pub end_user: Option<String>,
    /// The agent that makes the call.
    pub agent_id: Option<String>,
    /// The session that the call belongs to.
    pub session_id: Option<String>,
    /// What the caller wants to find in the spend row.
    pub spend_logs_metadata: Map<String, Value>,
}

impl Extras {
    /// Takes the gateway's fields out of a request's `body`.
    ///
    /// # Errors
    /// 400 for a field that a client may not send, that is not supported, or that has a wrong type, and for one that
    /// is missing though the rules ask for it.
    pub fn take(app: &App, caller: &Caller, body: &mut Object, req: &Request) -> Result<Self, ApiError> {
        Self::read(&app.config.general_settings, caller, body, req)
    }

    fn read(settings: &GeneralSettings, caller: &Caller, body: &mut Object, req: &Request) -> Result<Self, ApiError> {
        let end_user = end_user(settings, body, req);
        check(settings, caller, body, req, end_user.as_deref())?;
        clean(body)?;
        let mut taken = Map::new();
        for name in GATEWAY_FIELDS {
            if let Some(value) = body.shift_remove(*name) {
                taken.insert((*name).to_owned(), value);
            }
        }
        let fields = Fields { taken: &taken, req };
        let wrong = |name: &'static str| {
            move |wrong: InvalidFallbacks| {
                ApiError::invalid(format!("`{name}{}`: {}.", wrong.path, wrong.reason)).param(name)
            }
        };
        let given = |name: &str| taken.get(name).filter(|it| !it.is_null());
        let table = |name: &'static str| given(name).map(Fallbacks::parse).transpose().map_err(wrong(name));
        let mut fallbacks = ClientFallbacks {
            list: given("fallbacks").map(Fallback::parse_list).transpose().map_err(wrong("fallbacks"))?,
            context_window: table("context_window_fallbacks")?,
            content_policy: table("content_policy_fallbacks")?,
            disabled: taken.get("disable_fallbacks").is_some_and(is_set),
        };
        for fallback in fallbacks.named_mut() {
            clean(&mut fallback.params)?;
            fallback.params.retain(|name, _| !GATEWAY_FIELDS.contains(&name.as_str()));
        }
        Ok(Self {
            fallbacks,
            num_retries: fields.number("num_retries", "x-litellm-num-retries")?.map(|it| it as u32),
            timeout: match fields.number("timeout", "x-litellm-timeout")? {
                Some(seconds) => Some(seconds),
                None => fields.number("request_timeout", "x-litellm-timeout")?,
            },
            stream_timeout: fields.number("stream_timeout", "x-litellm-stream-timeout")?,
            keepalive: fields.number("", "x-litellm-keepalive-seconds")?,
            mock_response: taken.get("mock_response").filter(|it| is_set(it)).cloned(),
            tags: few(tags(body, &taken, req))?,
            agent_tags: agent_tags(req),
            end_user,
            agent_id: None,
            session_id: session_id(body, &taken, req),
            spend_logs_metadata: req
                .header("x-litellm-spend-logs-metadata")
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default(),
        })
    }
}

/// Refuses what a client may not say, in a request or in the parameters of a fallback, and takes out what means nothing.
fn clean(body: &mut Object) -> Result<(), ApiError> {
    let is_forbidden = |name: &str| {
        FORBIDDEN_FIELDS.contains(&name) || FORBIDDEN_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
    };
    if let Some((name, _)) = body.iter().find(|(name, value)| is_forbidden(name) && !value.is_null()) {
        let message = format!("`{name}` is set by the gateway's configuration; a request may not change it.");
        return Err(ApiError::invalid(message).param(name));
    }
    for name in UNSUPPORTED_FIELDS {
        if body.get(*name).is_some_and(is_set) {
            return Err(ApiError::invalid(format!("`{name}` is not supported by this gateway.")).param(*name));
        }
        body.shift_remove(*name);
    }
    for name in TESTING_FIELDS {
        if body.get(*name).is_some_and(is_set) {
            return Err(ApiError::invalid(format!("`{name}` is for tests and disabled.")));
        }
        body.shift_remove(*name);
    }
    body.retain(|name, _| !is_forbidden(name) && !PRICE_FIELDS.iter().any(|it| name.starts_with(it)));
    Ok(())
}

struct Fields<'a> {
    taken: &'a Map<String, Value>,
    req: &'a Request,
}

impl Fields<'_> {
    /// A number that is not negative, from the body, else from a header.
    fn number(&self, field: &str, header: &str) -> Result<Option<f64>, ApiError> {
        let wrong = |name: &str| ApiError::invalid(format!("`{name}` must be a number, 0 or more.")).param(name);
        let (name, number) = match (self.taken.get(field), self.req.header(header)) {
            (Some(Value::Null) | None, None) => return Ok(None),
            (Some(Value::Null) | None, Some(text)) => (header, text.parse().ok()),
            (Some(Value::Number(number)), _) => (field, number.as_f64()),
            (Some(Value::String(text)), _) => (field, text.parse().ok()),
            (Some(_), _) => (field, None),
        };
        let sound = number.filter(|it: &f64| it.is_finite() && *it >= 0.0);
        sound.map(Some).ok_or_else(|| wrong(name))
    }
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty() && !text.eq_ignore_ascii_case("false"),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

fn metadata<'a>(body: &'a Object, taken: &'a Map<String, Value>) -> impl Iterator<Item = &'a Map<String, Value>> {
    [taken.get("litellm_metadata"), body.get("metadata")].into_iter().flatten().filter_map(Value::as_object)
}

fn tags(body: &Object, taken: &Map<String, Value>, req: &Request) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    let mut add = |tag: &str| {
        let tag = tag.trim();
        if !tag.is_empty() && !tags.iter().any(|it| it == tag) {
            tags.push(tag.to_owned());
        }
    };
    let lists = metadata(body, taken).filter_map(|it| it.get("tags")).chain(taken.get("tags"));
    lists.filter_map(Value::as_array).flatten().filter_map(Value::as_str).for_each(&mut add);
    req.header("x-litellm-tags").into_iter().flat_map(|it| it.split(',')).for_each(&mut add);
    tags
}

/// Each tag may have a record to be read.
fn few(tags: Vec<String>) -> Result<Vec<String>, ApiError> {
    if tags.len() > MOST_TAGS {
        return Err(ApiError::invalid(format!("A call may have {MOST_TAGS} tags at most.")).param("tags"));
    }
    Ok(tags)
}

fn agent_tags(req: &Request) -> Vec<String> {
    let Some(agent) = req.header("user-agent") else { return Vec::new() };
    let name = agent.split('/').next().unwrap_or(agent);
    let mut tags = vec![format!("User-Agent: {}", name.trim()), format!("User-Agent: {}", agent.trim())];
    tags.dedup();
    tags
}

/// Who the caller acts for: a header that the configuration names, one that always does, or the body.
fn end_user(settings: &GeneralSettings, body: &Object, req: &Request) -> Option<String> {
    let own = settings.user_header_mappings.customers.iter().chain(&settings.user_header_name);
    let headers = own.map(String::as_str).chain(["x-litellm-customer-id", "x-litellm-end-user-id"]);
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let inner = |field: &str, name: &str| text(body.get(field).and_then(|it| it.get(name)));
    let named = headers.filter_map(|name| req.header(name)).map(str::to_owned).next();
    let named = named.or_else(|| text(body.get("user"))).or_else(|| inner("litellm_metadata", "user"));
    let named = named.or_else(|| inner("metadata", "user_id")).or_else(|| text(body.get("safety_identifier")));
    named.filter(|it| !it.is_empty())
}

fn check(
    settings: &GeneralSettings,
    caller: &Caller,
    body: &Object,
    req: &Request,
    end_user: Option<&str>,
) -> Result<(), ApiError> {
    let mut rules = FieldRules {
        needs_user: settings.enforce_user_param,
        rejects_tags: settings.reject_clientside_metadata_tags,
        needed: settings.enforced_params.iter().map(String::as_str).collect(),
    };
    if let Some(known) = caller.known() {
        rules.and_of(&known.key.metadata);
        rules.and_of_service(&known.key, &settings.service_account_settings.enforced_params);
        known.entities.team.iter().for_each(|team| rules.and_of(&team.metadata));
    }
    let denial = match rules.check(body, end_user, req.header("x-litellm-tags").is_some()) {
        Ok(()) => return Ok(()),
        Err(denial) => denial,
    };
    let (message, param) = match denial {
        FieldDenial::NoUser => ("'user' param not passed in. 'enforce_user_param'=True".to_owned(), "user".to_owned()),
        FieldDenial::Tags(place) => (
            format!("Client-side '{place}' not allowed in request. 'reject_clientside_metadata_tags'=True."),
            place.to_owned(),
        ),
        FieldDenial::Missing(name) => {
            let shown = if name.contains('.') { format!("[{}]", name.replace('.', "][")) } else { name.clone() };
            (format!("BadRequest please pass param={shown} in request body. This is a required param"), name)
        }
    };
    Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_request_error", message).param(param))
}

fn session_id(body: &Object, taken: &Map<String, Value>, req: &Request) -> Option<String> {
    let headers = ["x-litellm-trace-id", "x-litellm-session-id"].into_iter().filter_map(|name| req.header(name));
    let fields = ["litellm_trace_id", "litellm_session_id"].into_iter().filter_map(|name| taken.get(name)?.as_str());
    let noted = metadata(body, taken).filter_map(|it| it.get("session_id")?.as_str());
    headers.chain(fields).chain(noted).find(|it| !it.is_empty()).map(short)
}

/// An id that names rows and counters.
pub(super) fn short(id: &str) -> String {
    let mut id = id.to_owned();
    clip(&mut id);
    id
}

#[cfg(test)]
mod tests;

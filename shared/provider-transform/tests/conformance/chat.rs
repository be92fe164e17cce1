//! A conversation in any incoming format: the request that goes out, then the answer, the stream or the error that comes back.

use policy::cost::{Call, cost};
use policy::prices;
use provider_transform::completions::CompletionsFormat;
use provider_transform::format::Reader;
use provider_transform::messages::MessagesFormat;
use provider_transform::openai::format::ChatFormat;
use provider_transform::responses::ResponsesFormat;
use provider_transform::{
    Auth, ChatRequest, Cx, ErrorClass, File, Files, Format, Object, ProviderError, ProviderRequest, Settings,
    TransformError, Usage, View, resolve,
};
use serde_json::{Value, json};

use crate::case::{Case, Reply};
use crate::compare::Match;
use crate::{messages, responses, stream};

/// Fixed: what the recordings show as placeholders.
const NOW: u64 = 1_772_625_600;
const RESPONSE_ID: &str = "chatcmpl-0123456789abcdef";

pub(crate) fn check(case: &Case) -> Result<(), String> {
    match replay(case) {
        Ok(verdict) => verdict,
        Err(refusal) => refused(case, &refusal),
    }
}

/// The whole way; the error is our own refusal of the request.
fn replay(case: &Case) -> Result<Result<(), String>, TransformError> {
    let body = serde_json::to_vec(&case.0["request"]).unwrap();
    let format = parse(case, &body)?;
    let params = case.params();
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    let (provider, model) = resolve(&format.chat().model, text("custom_llm_provider"), text("api_base"))?;
    let (none, mut files) = (Files::default(), Files::default());
    let mut cx = Cx {
        provider,
        model: &model,
        params: &without_secrets(&params),
        settings: Settings {
            drop_params: case.setting("drop_params"),
            modify_params: case.setting("modify_params"),
            chat_completions_for_messages: case.setting("use_chat_completions_url_for_anthropic_messages"),
            ..Settings::default()
        },
        info: prices::info(provider.slug, &model),
        files: &none,
        now: NOW,
        response_id: RESPONSE_ID,
    };
    let shows_usage = format.chat().wants_usage();
    let view = View { model: &model, shows_usage, prompt_tokens: 0, provider: provider.slug, model_id: None };
    let plan = match provider_transform::plan(format.as_ref(), &cx, &view) {
        Err(TransformError::NeedsFiles { urls }) => {
            for url in urls {
                let Some((media_type, bytes)) = case.download(&url) else { return Ok(not_served(case, &url)) };
                files.insert(url, File { media_type, bytes: bytes.into() });
            }
            cx.files = &files;
            provider_transform::plan(format.as_ref(), &cx, &view)?
        }
        other => other?,
    };
    let mut found = Match::default();
    requests(case, &plan.request, &mut found);
    if case.0["provider_request"].is_object() {
        let reader = || provider_transform::plan(format.as_ref(), &cx, &view).unwrap().reader;
        answers(case, &cx, &reader, &mut found);
    }
    Ok(found.verdict())
}

/// The incoming format of a case.
fn parse(case: &Case, body: &[u8]) -> Result<Box<dyn Format>, TransformError> {
    Ok(match case.text("incoming_api") {
        "chat" => Box::new(ChatFormat::new(ChatRequest::parse(body)?)),
        "messages" => Box::new(MessagesFormat::parse(serde_json::from_slice(body).unwrap())?),
        "responses" => Box::new(ResponsesFormat::parse(body)?),
        "completions" => Box::new(CompletionsFormat::parse(body)?),
        other => unreachable!("no format {other}"),
    })
}

/// A download that the recording does not serve must be one that failed there too.
fn not_served(case: &Case, url: &str) -> Result<(), String> {
    match case.error() {
        Some((400, _)) if !case.0["provider_request"].is_object() => Ok(()),
        want => Err(format!("  wants to download {url}; want {want:?}")),
    }
}

pub(crate) fn without_secrets(params: &Object) -> Object {
    params.iter().filter(|(name, _)| *name != "api_key").map(|(name, it)| (name.clone(), it.clone())).collect()
}

/// A request that we refuse must be one that LiteLLM refuses, the same way, without asking the provider.
pub(crate) fn refused(case: &Case, refusal: &TransformError) -> Result<(), String> {
    let ours = (400, "invalid_request_error");
    let is_no_support = match refusal {
        TransformError::UnknownProvider { .. } => !case.text("provider").starts_with("unknown"),
        TransformError::NoOperation { .. } => true,
        _ => false,
    };
    match case.error() {
        Some(want) if is_no_support => Err(format!("  not supported: {refusal}; want {want:?}")),
        Some(want) if !case.0["provider_request"].is_object() && want == ours => Ok(()),
        Some(want) => Err(format!("  refused: {refusal}; want {want:?}")),
        None => Err(format!("  refused: {refusal}")),
    }
}

fn requests(case: &Case, sent: &ProviderRequest, found: &mut Match) {
    request(case, &case.0["provider_request"], sent, found);
}

/// One call, everything of it.
pub(crate) fn request(case: &Case, want: &Value, sent: &ProviderRequest, found: &mut Match) {
    if !want.is_object() {
        found.expect("provider_request", "none", "sent");
        return;
    }
    head(case, want, sent, found);
    let body: Value = serde_json::from_slice(&sent.body).unwrap_or_else(|_| json!("no JSON"));
    if case.is_loose("shortened tool name") {
        found.free("body.tools[*].name");
        found.free("body.tools[*].function.name");
    }
    found.request(&want["body"], &body);
}

/// One call but for its body.
pub(crate) fn head(case: &Case, want: &Value, sent: &ProviderRequest, found: &mut Match) {
    let url: http::Uri = sent.url.parse().unwrap();
    found.expect("method", want["method"].as_str().unwrap_or_default(), sent.method.as_str());
    found.expect("path", want["path"].as_str().unwrap_or_default(), url.path());
    found.answer("query", &want["query"], &query(&url));
    found.answer("headers", &headers_wanted(&want["headers"]), &headers_sent(case, sent));
}

fn query(url: &http::Uri) -> Value {
    let pairs = url.query().unwrap_or_default().split('&').filter_map(|it| it.split_once('='));
    Value::Object(pairs.map(|(name, value)| (name.to_owned(), value.into())).collect())
}

fn headers_wanted(want: &Value) -> Value {
    let secret = |name: &str, value: &Value| match (name, value.as_str()) {
        ("authorization", Some(text)) if text.starts_with("Bearer") => json!("Bearer"),
        (_, Some("<KEY>")) => json!("secret"),
        ("content-type", Some(text)) => media_type(text),
        _ => value.clone(),
    };
    // LiteLLM's signature towards aggregators and Cohere is its own.
    let is_signature =
        |name: &str| matches!(name, "http-referer" | "request-source" | "x-pplx-integration" | "x-title");
    // LiteLLM sends Google's token twice, once in a header that Vertex AI does not know.
    let is_repeated = |name: &str, value: &Value| name == "x-api-key" && value == "<TOKEN>";
    let headers = want.as_object().into_iter().flatten();
    let headers = headers.filter(|(name, value)| !is_signature(name) && !is_repeated(name, value));
    Value::Object(headers.map(|(name, value)| (name.clone(), secret(name, value))).collect())
}

/// A media type alone: a boundary is anything, and JSON has no `charset` (RFC 8259, "IANA Considerations").
fn media_type(text: &str) -> Value {
    text.split(';').next().unwrap_or_default().into()
}

fn headers_sent(case: &Case, sent: &ProviderRequest) -> Value {
    let mut headers = Object::new();
    for (name, value) in &sent.headers {
        let text = String::from_utf8_lossy(value.as_bytes());
        let value = if name == "content-type" { media_type(&text) } else { text.into() };
        headers.insert(name.to_string(), value);
    }
    match &sent.auth {
        Auth::None => {}
        Auth::AzureBearer | Auth::Bearer => {
            headers.insert("authorization".into(), "Bearer".into());
        }
        Auth::Header(name) => {
            headers.insert((*name).into(), "secret".into());
        }
        Auth::Aws { .. } if case.params().contains_key("api_key") => {
            headers.insert("authorization".into(), "Bearer".into());
        }
        Auth::Aws { service, region } => {
            let signature = format!("AWS4-HMAC-SHA256 <SIGV4 region={region} service={service}>");
            headers.insert("authorization".into(), signature.into());
        }
        Auth::Google => {
            headers.insert("authorization".into(), "Bearer".into());
        }
        Auth::Azure => {
            headers.insert("api-key".into(), "secret".into());
        }
    }
    Value::Object(headers)
}

fn answers(case: &Case, cx: &Cx<'_>, reader: &dyn Fn() -> Box<dyn Reader>, found: &mut Match) {
    let slug = cx.provider.slug;
    match case.reply() {
        Reply::None => {}
        Reply::Timeout => errors(case, Some(&ProviderError::new(slug, ErrorClass::Timeout, 408, "timed out")), found),
        Reply::Unreachable => {
            errors(case, Some(&ProviderError::new(slug, ErrorClass::ApiConnection, 500, "unreachable")), found);
        }
        Reply::Whole { status, body } if status >= 400 => {
            errors(case, Some(&reader().error(cx, status, &body)), found);
        }
        Reply::Whole { body, .. } => match reader().whole(cx, &body) {
            Ok(answer) => {
                errors(case, None, found);
                costs(case, cx, &answer.model, &answer.usage, found);
                let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
                // Callers see the name they asked for; the recordings show the provider's.
                if body.get("model").is_some() {
                    body["model"] = answer.model.into();
                }
                whole(case, &body, found);
            }
            Err(error) => errors(case, Some(&error), found),
        },
        Reply::Stream(pieces) => {
            let (frames, error, usage) = stream::replay(cx, reader, &pieces, found);
            if error.is_none() {
                stream::counts(case, usage.as_ref(), found);
            }
            errors(case, error.as_ref(), found);
            if case.is_messages() {
                messages::frames(case, &frames, found);
            } else if case.is_responses() {
                responses::frames(case, &frames, found);
            } else {
                stream::compare(case, &frames, found);
            }
        }
    }
}

pub(crate) fn whole(case: &Case, have: &Value, found: &mut Match) {
    let want = case.response();
    if want.is_null() {
        return;
    }
    if case.is_gateway() || want.get("model").is_none() {
        found.free("response.model");
    }
    // The proxy's recordings do not repeat what their library twins name as loose.
    if case.is_gateway() || case.is_loose("response.usage.completion_tokens_details") {
        found.free("response.usage.completion_tokens_details");
    }
    let (slug, have_model) = (case.text("model").split('/').next().unwrap_or_default(), have["model"].as_str());
    if want["model"].as_str().and_then(|it| it.strip_prefix(slug)?.strip_prefix('/')) == have_model {
        found.free("response.model");
    }
    // Claude's recorded answers number calls by content block, ours from 0; OpenAI's own have no number.
    found.free("response.choices[*].message.tool_calls[*].index");
    if case.is_responses() {
        responses::free(found);
        if case.is_loose("usage.output_tokens_details") {
            found.free("response.usage.output_tokens_details");
        }
        found.answer("response", &responses::wanted(want), &responses::shown(case, have));
        return;
    }
    found.answer("response", &messages::wanted(want), have);
}

/// Status and type; a stream that fails after its headers is answered by the type alone.
pub(crate) fn errors(case: &Case, have: Option<&ProviderError>, found: &mut Match) {
    if case.is_messages() && messages::errors(case, have, found) {
        return;
    }
    let show = |it: Option<(u64, &str)>| it.map_or("none".to_owned(), |(status, kind)| format!("{status} {kind}"));
    let have = have.map(|it| (u64::from(it.status), it.openai_type()));
    let want = match case.error() {
        // The library wraps errors of a running stream in a class of its own, which loses the type the proxy gives.
        Some((429, "rate_limit_error")) if case.0["stream_error"].is_object() => Some((429, "throttling_error")),
        other => other,
    };
    if case.is_gateway() && case.0["sse"].is_array() {
        let fails = |it: &Value| it["data"].get("error").is_some();
        let does = case.0["sse"].as_array().into_iter().flatten().any(fails);
        found.expect("stream error", &does.to_string(), &have.is_some().to_string());
        return;
    }
    found.expect("error", &show(want), &show(have));
}

/// What the call costs by our count of its usage, against LiteLLM's price of the model that says it answered.
fn costs(case: &Case, cx: &Cx<'_>, model: &str, usage: &Usage, found: &mut Match) {
    let price = prices::find(cx.provider.slug, model).and_then(|it| it.price());
    let (Some(want), Some(price)) = (case.0["response_cost"].as_f64(), price) else { return };
    let call = Call {
        at: NOW,
        service_tier: case.0["request"]["service_tier"].as_str(),
        vertex_location: cx.params.get("vertex_location").and_then(Value::as_str),
        ..Call::default()
    };
    let have = cost(&price, usage, &call).total.to_f64();
    if (have - want).abs() > 1e-9 * want.abs().max(have.abs()) {
        found.expect("cost", &want.to_string(), &have.to_string());
    }
}

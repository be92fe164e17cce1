//! A request of the messages API for a host that speaks it: what the host or the model refuses is adapted, everything
//! else stays as sent, fields that nobody here knows among it.

mod count;
pub(super) mod fields;
pub(super) mod files;
mod turns;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;

use crate::provider::claude::{Delivery, Host};
use crate::rules::{Prepared, prepare};
use crate::{ChatRequest, Cx, Object, ProviderRequest, TransformError};

pub(in crate::anthropic) use count::count;

use super::betas::Betas;
use super::dropped::Dropped;
use super::{BETA, VERSION};

/// Writes the request. `sent` holds Anthropic's turns, and Anthropic's parameters with `system` among them.
///
/// # Errors
/// [`TransformError`] when the host or the model does not take it, or it needs files.
pub(in crate::anthropic) fn render(
    cx: &Cx<'_>,
    host: &'static Host,
    sent: &ChatRequest,
) -> Result<ProviderRequest, TransformError> {
    let Written { headers, body, dropped } = write(cx, host, sent)?;
    let (url, auth) = (host.address)(cx, if sent.is_stream() { Delivery::Stream } else { Delivery::Whole })?;
    let body = serde_json::to_vec(&body)
        .map_err(|it| TransformError::Invalid { param: "messages".into(), message: it.to_string() })?;
    Ok(ProviderRequest { method: http::Method::POST, url, headers, body: Bytes::from(body), auth, dropped })
}

/// A request without its address.
struct Written {
    headers: HeaderMap,
    body: Object,
    dropped: Vec<String>,
}

fn write(cx: &Cx<'_>, host: &'static Host, sent: &ChatRequest) -> Result<Written, TransformError> {
    let mut prepared = prepare(cx, sent, &|_| true)?;
    let mut dropped = Dropped::new(cx.provider.slug, prepared.drop_params);
    let mut headers = std::mem::take(&mut prepared.headers);
    let asked = take_asked(&mut headers, &mut prepared.params);
    let betas = betas(cx, host, &asked, &prepared, &mut dropped);
    let mut body = Object::new();
    match host.version {
        None => body.insert("model".into(), cx.model.into()),
        Some(version) => body.insert("anthropic_version".into(), version.into()),
    };
    let mut turns = turns::adapt(cx, &mut prepared, &mut dropped);
    let mut params = std::mem::take(&mut prepared.params);
    fields::adapt(cx, host, &mut params, &mut dropped)?;
    files::inline(cx, host, &mut turns)?;
    fields::strip_scopes(host, &mut params, &mut turns);
    body.insert("messages".into(), Value::Array(turns.into_iter().map(Value::Object).collect()));
    body.extend(params);
    finish_headers(host, &mut headers, &betas);
    if host.has_betas_in_body && !betas.is_empty() {
        body.insert("anthropic_beta".into(), betas.into());
    }
    body.extend(std::mem::take(&mut prepared.extra_body));
    Ok(Written { headers, body, dropped: dropped.check(prepared.dropped)? })
}

/// The betas that the client asks for by header or field. A version that it names by field becomes the header that it
/// stands for.
fn take_asked(headers: &mut HeaderMap, params: &mut Object) -> String {
    let version = params.shift_remove("anthropic_version");
    if let Some(version) = version.as_ref().and_then(|it| HeaderValue::try_from(it.as_str()?).ok()) {
        headers.entry(VERSION).or_insert(version);
    }
    let field = params.shift_remove("anthropic_beta").unwrap_or_default();
    let field = field.as_array().map_or(std::slice::from_ref(&field), Vec::as_slice).iter().filter_map(Value::as_str);
    let header = headers.remove(BETA);
    let header = header.as_ref().and_then(|it| it.to_str().ok());
    header.into_iter().chain(field).collect::<Vec<_>>().join(",")
}

/// What the client asks for, and what it may expect to be switched on by what it sends.
fn betas(cx: &Cx<'_>, host: &'static Host, asked: &str, prepared: &Prepared<'_>, dropped: &mut Dropped) -> Vec<String> {
    let mut betas = Betas::new(host);
    for beta in betas.ask(asked) {
        // Anthropic may know what we do not; other hosts refuse what they do not know.
        if host.is_own {
            betas.insist(beta);
        } else {
            dropped.note(&format!("anthropic-beta.{beta}"));
        }
    }
    for (name, value) in &prepared.params {
        let is_switch = matches!(name.as_str(), "context_management" | "output_config" | "output_format" | "speed");
        if is_switch || !host.is_own {
            betas.need_for_param(cx, name, value);
        }
    }
    // Clients of Anthropic's own API switch its tools on themselves.
    if let Some(tools) = prepared.params.get("tools").filter(|_| !host.is_own) {
        betas.need_for_tools(tools);
    }
    betas.list()
}

fn finish_headers(host: &Host, headers: &mut HeaderMap, betas: &[String]) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if host.version.is_none() {
        headers.entry(VERSION).or_insert(HeaderValue::from_static("2023-06-01"));
    } else {
        headers.remove(VERSION);
    }
    let in_header = !betas.is_empty() && !host.has_betas_in_body;
    if let Some(value) = HeaderValue::try_from(betas.join(",")).ok().filter(|_| in_header) {
        headers.insert(BETA, value);
    }
}

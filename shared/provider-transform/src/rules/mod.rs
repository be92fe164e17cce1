//! The rules of parameters that hold for every provider; says what is left for a protocol to translate.

mod cache;
pub(crate) mod names;
mod path;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::{ChatRequest, Cx, Message, Object, TransformError};

/// A chat request after the rules: nothing in it is unknown to the provider's list or meant for the gateway.
#[derive(Debug)]
pub struct Prepared<'a> {
    /// The conversation, with injected cache marks.
    pub messages: Cow<'a, [Message]>,
    /// Supported parameters, parameters of the provider's own, deployment defaults; no nulls.
    pub params: Object,
    /// To be merged into the provider's body last.
    pub extra_body: Object,
    /// Headers that the client or the deployment adds; none that authenticate or frame.
    pub headers: HeaderMap,
    /// What was left out, by name.
    pub dropped: Vec<String>,
    /// Whether unsupported parameters are removed rather than refused.
    pub drop_params: bool,
    /// Whether repairs may change the conversation.
    pub modify_params: bool,
    provider: &'static str,
    allowed: Vec<String>,
}

/// Applies the rules. `supported` are the OpenAI parameters that the provider takes for this model; parameters that
/// are not OpenAI's pass. Errors when a parameter is not supported and may not be dropped.
pub fn prepare<'a>(
    cx: &Cx<'_>,
    req: &'a ChatRequest,
    supported: &dyn Fn(&str) -> bool,
) -> Result<Prepared<'a>, TransformError> {
    prepare_for(cx, req, &names::CHAT, supported)
}

/// As [`prepare`], for an operation with parameters of its own.
pub(crate) fn prepare_for<'a>(
    cx: &Cx<'_>,
    req: &'a ChatRequest,
    known: &Known,
    supported: &dyn Fn(&str) -> bool,
) -> Result<Prepared<'a>, TransformError> {
    let setting = |name: &str| req.params.get(name).or_else(|| cx.params.get(name));
    let mut prepared = Prepared {
        messages: Cow::Borrowed(&req.messages),
        params: own_params(cx, req),
        extra_body: Object::new(),
        headers: HeaderMap::new(),
        dropped: Vec::new(),
        drop_params: drops_params(cx, req),
        modify_params: cx.settings.modify_params || flag(cx, req, "modify_params"),
        provider: cx.provider.slug,
        allowed: [cx.params.get("allowed_openai_params"), req.params.get("allowed_openai_params")]
            .into_iter()
            .flat_map(strings)
            .map(str::to_owned)
            .collect(),
    };
    for source in [cx.params, &req.params] {
        for name in ["headers", "extra_headers"] {
            prepared.add_headers(source.get(name));
        }
        prepared.add_body(source.get("extra_body"));
    }
    let paths = [cx.params.get("additional_drop_params"), req.params.get("additional_drop_params")];
    for path in paths.into_iter().flat_map(strings) {
        prepared.drop_path(path);
    }
    if !cx.provider.quirks.idle_tool_choice {
        prepared.drop_idle_tool_choice();
    }
    prepared.check(known, supported)?;
    if let Some(Value::Array(points)) = setting("cache_control_injection_points") {
        for point in points {
            cache::inject(point, &mut prepared);
        }
    }
    Ok(prepared)
}

/// Whether unsupported parameters are removed rather than refused: as the settings, the deployment or the request say.
pub(crate) fn drops_params(cx: &Cx<'_>, req: &ChatRequest) -> bool {
    cx.settings.drop_params || flag(cx, req, "drop_params")
}

fn flag(cx: &Cx<'_>, req: &ChatRequest, name: &str) -> bool {
    is_true(req.params.get(name)) || is_true(cx.params.get(name))
}

/// An operation's parameters in OpenAI's API; others belong to a provider and pass.
pub(crate) struct Known {
    /// Whether a name is one of them.
    pub(crate) knows: fn(&str) -> bool,
    /// Those that do nothing where they are not supported, so leaving them out changes no answer.
    pub(crate) is_idle: fn(&str, Option<&Value>) -> bool,
}

impl Prepared<'_> {
    /// A supported parameter has a value the provider does not take: it is removed when that is allowed, else refused.
    pub fn reject(&mut self, param: &str) -> Result<(), TransformError> {
        if self.is_allowed(param) {
            return Ok(());
        }
        if !self.drop_params {
            return Err(TransformError::Unsupported { params: vec![param.into()], provider: self.provider });
        }
        self.remove(param);
        Ok(())
    }

    /// Removes a parameter and notes it as dropped.
    pub fn remove(&mut self, param: &str) -> Option<Value> {
        let value = self.params.shift_remove(param)?;
        self.dropped.push(param.into());
        Some(value)
    }

    /// Whether `allowed_openai_params` forces the parameter through.
    pub fn is_allowed(&self, param: &str) -> bool {
        self.allowed.iter().any(|it| it == param)
    }

    fn check(&mut self, known: &Known, supported: &dyn Fn(&str) -> bool) -> Result<(), TransformError> {
        let unsupported = |name: &&String| (known.knows)(name) && !supported(name) && !self.is_allowed(name);
        let unsupported: Vec<String> = self.params.keys().filter(unsupported).cloned().collect();
        let is_refusal = |name: &&String| !(known.is_idle)(name, self.params.get(*name));
        let refused: Vec<String> = unsupported.iter().filter(is_refusal).cloned().collect();
        if !refused.is_empty() && !self.drop_params {
            return Err(TransformError::Unsupported { params: refused, provider: self.provider });
        }
        for name in unsupported {
            self.remove(&name);
        }
        Ok(())
    }

    fn add_headers(&mut self, headers: Option<&Value>) {
        for (name, value) in headers.and_then(Value::as_object).into_iter().flatten() {
            let parsed = (HeaderName::try_from(name.as_str()), value.as_str().map(HeaderValue::try_from));
            match parsed {
                (Ok(name), Some(Ok(value))) if !names::is_reserved_header(name.as_str()) => {
                    self.headers.insert(name, value);
                }
                _ => self.dropped.push(format!("extra_headers.{name}")),
            }
        }
    }

    /// What was decided and will be paid by must not change behind the gateway's back.
    fn add_body(&mut self, extra: Option<&Value>) {
        for (name, value) in extra.and_then(Value::as_object).into_iter().flatten() {
            if names::is_reserved_field(name) {
                self.dropped.push(format!("extra_body.{name}"));
            } else {
                self.extra_body.insert(name.clone(), value.clone());
            }
        }
    }

    fn drop_path(&mut self, path: &str) {
        let Some(path) = path::parse(path) else { return };
        let removed = match path.split_first() {
            Some((path::Step::Key(root), [])) => self.params.shift_remove(root).is_some(),
            Some((path::Step::Key(root), rest)) if root == "messages" => {
                path::remove_in_messages(self.messages.to_mut(), rest)
            }
            Some((path::Step::Key(root), rest)) => {
                self.params.get_mut(root).is_some_and(|value| path::remove(value, rest))
            }
            _ => false,
        };
        if removed {
            self.dropped.push(path::render(&path));
        }
    }

    /// Most providers refuse a choice of tools where there are none (OpenAI API reference, "tool_choice").
    fn drop_idle_tool_choice(&mut self) {
        let none = |name| self.params.get(name).and_then(Value::as_array).is_none_or(Vec::is_empty);
        if self.params.contains_key("tool_choice") && none("tools") && none("functions") {
            self.remove("tool_choice");
        }
    }
}

/// The request's parameters and the deployment's defaults, without nulls and without what is meant for the gateway.
fn own_params(cx: &Cx<'_>, req: &ChatRequest) -> Object {
    let sent = req.params.iter().filter(|(name, value)| !value.is_null() && !names::is_gateway_extra(name));
    let mut params: Object = sent.map(|(name, value)| (name.clone(), value.clone())).collect();
    for (name, value) in cx.params {
        if !value.is_null() && !names::is_deployment_setting(name) && !params.contains_key(name) {
            params.insert(name.clone(), value.clone());
        }
    }
    params
}

/// `true`, or the word as configuration files and form-like clients write it.
pub(crate) fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(it)) => *it,
        Some(Value::String(it)) => it.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

//! Reranking as Cohere has it ("Rerank API v2"), and as most others have taken it over, with small departures.

use serde_json::{Value, json};

use crate::openai::{address, error};
use crate::operation::params::{Params, RERANK, object, only};
use crate::operation::ranking::{documents, outcome, result};
use crate::operation::{Ask, Operation, Outcome, Reply};
use crate::{Auth, Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

/// The operation, by a provider's departures.
pub(crate) struct CohereRerank {
    path: &'static str,
    takes: &'static [&'static str],
    top_n: &'static str,
    results: &'static str,
    /// Bearer whatever the provider authenticates other operations by.
    is_bearer: bool,
}

const EVERYTHING: &[&str] = &["max_chunks_per_doc", "max_tokens_per_doc", "rank_fields", "return_documents", "top_n"];

impl CohereRerank {
    /// Cohere's own.
    pub(crate) const COHERE: Self =
        Self { path: "/v2/rerank", takes: EVERYTHING, top_n: "top_n", results: "results", is_bearer: false };
    /// Cohere's models at Azure ("Cohere models in Foundry Models").
    pub(crate) const AZURE: Self = Self { path: "/v1/rerank", is_bearer: true, ..Self::COHERE };
    /// Jina AI's "Reranker API", which many servers of open models have as well.
    pub(crate) const JINA: Self = Self { path: "/rerank", takes: &["return_documents", "top_n"], ..Self::COHERE };
    /// Together AI ("Rerank").
    pub(crate) const TOGETHER: Self = Self { takes: &["rank_fields", "return_documents", "top_n"], ..Self::JINA };
    /// Voyage AI ("Rerankers").
    pub(crate) const VOYAGE: Self = Self { top_n: "top_k", results: "data", ..Self::JINA };

    fn url(&self, cx: &Cx<'_>) -> Result<String, TransformError> {
        let base = address::base(cx)?;
        if base.ends_with("/rerank") {
            return Ok(base.into());
        }
        let is_versioned = self.path != Self::JINA.path;
        let base = match ["/v1", "/v2"].iter().find_map(|it| base.strip_suffix(it)) {
            Some(host) if is_versioned => host,
            _ => base,
        };
        Ok(format!("{base}{}", self.path))
    }
}

impl Operation for CohereRerank {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        documents(ask)?;
        let mut params = Params::prepare(cx, ask, &RERANK, &|it| self.takes.contains(&it))?;
        if self.top_n != "top_n" {
            params.rename("top_n", self.top_n);
        }
        let mut body = Object::new();
        body.insert("model".into(), cx.model.into());
        for name in ["query", "documents"] {
            body.insert(name.into(), ask.fields.get(name).cloned().unwrap_or_default());
        }
        body.extend(std::mem::take(&mut params.fields));
        let auth = if self.is_bearer { Auth::Bearer } else { cx.provider.auth.clone() };
        Ok(vec![params.post(self.url(cx)?, auth, body)])
    }

    fn response(&self, cx: &Cx<'_>, _: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        let body = object(cx, only(cx, replies)?)?;
        let Some(results) = body.get(self.results).and_then(Value::as_array) else {
            return Err(ProviderError::unreadable(cx.provider.slug, "the answer has no list of results"));
        };
        let results = results.iter().map(one).collect();
        let id = body.get("id").and_then(Value::as_str).unwrap_or(cx.response_id);
        let (meta, usage) = self.meta(&body);
        Ok(outcome(id, cx.model, results, meta, usage))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

impl CohereRerank {
    /// What is billed: as told, or tokens that are told in OpenAI's words.
    fn meta(&self, body: &Object) -> (Value, Usage) {
        if let Some(meta) = body.get("meta").filter(|it| it.is_object()) {
            return (meta.clone(), Usage::default());
        }
        let count = |name: &str| body.get("usage").and_then(|it| it.get(name)).and_then(Value::as_u64);
        let Some(total) = count("total_tokens").or_else(|| count("prompt_tokens")) else {
            return (json!({}), Usage::default());
        };
        let mut meta = json!({"billed_units": {"total_tokens": total}});
        if self.top_n == Self::VOYAGE.top_n
            && let Some(meta) = meta.as_object_mut()
        {
            meta.insert("tokens".into(), json!({"input_tokens": total, "output_tokens": 0}));
        }
        (meta, Usage { prompt_tokens: total, ..Usage::default() })
    }
}

/// A result with its document as an object; empty ones are left out.
fn one(given: &Value) -> Value {
    let document = match given.get("document") {
        Some(Value::String(text)) => Some(json!({"text": text})),
        Some(Value::Object(fields)) if !fields.is_empty() => Some(Value::Object(fields.clone())),
        _ => None,
    };
    let index = given.get("index").and_then(Value::as_u64).unwrap_or(0);
    result(index, given.get("relevance_score").unwrap_or(&Value::Null), document)
}

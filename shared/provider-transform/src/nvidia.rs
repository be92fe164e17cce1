//! Reranking at NVIDIA NIM ("NVIDIA NeMo Retriever, Reranking API"), the one operation that is not compatible with
//! anybody's.

use serde_json::{Value, json};

use crate::openai::error;
use crate::operation::params::{Params, RERANK, object, only};
use crate::operation::ranking::{documents, outcome, result, shown};
use crate::operation::{Ask, Operation, Outcome, Reply};
use crate::{Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

const HOST: &str = "https://ai.api.nvidia.com";
/// Before models that are served under a path that names none.
const RANKING: &str = "ranking/";

/// The operation.
pub(crate) struct NvidiaRerank;

impl Operation for NvidiaRerank {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let mut params = Params::prepare(cx, ask, &RERANK, &|it| matches!(it, "return_documents" | "top_n"))?;
        params.take("return_documents");
        params.rename("top_n", "top_k");
        let passage = |it: &Value| if it.is_object() { it.clone() } else { json!({"text": it}) };
        let mut body = Object::new();
        body.insert("model".into(), cx.model.strip_prefix(RANKING).unwrap_or(cx.model).into());
        body.insert("query".into(), json!({"text": ask.fields.get("query")}));
        body.insert("passages".into(), documents(ask)?.iter().map(passage).collect());
        body.extend(std::mem::take(&mut params.fields));
        Ok(vec![params.post(url(cx), cx.provider.auth.clone(), body)])
    }

    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        let body = object(cx, only(cx, replies)?)?;
        let Some(rankings) = body.get("rankings").and_then(Value::as_array) else {
            return Err(ProviderError::unreadable(cx.provider.slug, "the answer has no list of rankings"));
        };
        let wants_none = ask.fields.get("return_documents") == Some(&Value::Bool(false));
        let one = |it: &Value| {
            let index = it.get("index").and_then(Value::as_u64).unwrap_or(0);
            let document = if wants_none { None } else { shown(ask, index) };
            result(index, it.get("logit").unwrap_or(&Value::Null), document)
        };
        let usage = body.get("usage").and_then(Value::as_object).and_then(Usage::from_openai).unwrap_or_default();
        let meta = match usage.prompt_tokens {
            0 => json!({}),
            tokens => json!({"billed_units": {"total_tokens": tokens}}),
        };
        Ok(outcome(cx.response_id, cx.model, rankings.iter().map(one).collect(), meta, usage))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

/// NVIDIA's own host names the model in the path; servers of one's own have one path.
fn url(cx: &Cx<'_>) -> String {
    let text = |name: &str| cx.params.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    let base = text("api_base").or_else(|| text("base_url")).unwrap_or(HOST).trim_end_matches('/');
    if base.ends_with("/reranking") || base.ends_with("/ranking") {
        return base.into();
    }
    let base = base.strip_suffix("/v1").unwrap_or(base);
    match cx.model.strip_prefix(RANKING) {
        Some(_) => format!("{base}/v1/ranking"),
        None => {
            let model: Vec<String> = cx.model.split('/').map(crate::vertex::segment).collect();
            format!("{base}/v1/retrieval/{}/reranking", model.join("/"))
        }
    }
}

//! Bedrock's `Rerank` ("Rerank, Agents for Amazon Bedrock Runtime").

use serde_json::{Value, json};

use super::{auth, error, region};
use crate::operation::params::{Params, RERANK, object, only};
use crate::operation::ranking::{documents, outcome, result, returns_documents, searches, shown};
use crate::operation::{Ask, Operation, Outcome, Reply};
use crate::{Cx, ProviderError, ProviderRequest, TransformError, Usage};

/// The operation.
pub(crate) struct BedrockRerank;

impl Operation for BedrockRerank {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let mut params = Params::prepare(cx, ask, &RERANK, &|it| matches!(it, "return_documents" | "top_n"))?;
        let sources: Vec<Value> = documents(ask)?.iter().map(source).collect();
        params.take("return_documents");
        let mut config = json!({"modelConfiguration": {"modelArn": cx.model}});
        if let (Some(config), Some(most)) = (config.as_object_mut(), params.take("top_n")) {
            config.insert("numberOfResults".into(), most);
        }
        let query = ask.fields.get("query").cloned().unwrap_or_default();
        let body = json!({
            "queries": [{"type": "TEXT", "textQuery": {"text": query}}],
            "sources": sources,
            "rerankingConfiguration":
                {"type": "BEDROCK_RERANKING_MODEL", "bedrockRerankingConfiguration": config},
        });
        let mut body = body.as_object().cloned().unwrap_or_default();
        body.extend(std::mem::take(&mut params.fields));
        Ok(vec![params.post(url(cx), auth(cx), body)])
    }

    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        let body = object(cx, only(cx, replies)?)?;
        let Some(results) = body.get("results").and_then(Value::as_array) else {
            return Err(ProviderError::unreadable(cx.provider.slug, "the answer has no list of results"));
        };
        let one = |it: &Value| {
            let index = it.get("index").and_then(Value::as_u64).unwrap_or(0);
            let document = if returns_documents(ask) { shown(ask, index) } else { None };
            result(index, it.get("relevanceScore").unwrap_or(&Value::Null), document)
        };
        let meta = json!({"billed_units": {"search_units": searches(ask)}});
        Ok(outcome(cx.response_id, cx.model, results.iter().map(one).collect(), meta, Usage::default()))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error(cx.provider.slug, status, body)
    }
}

fn source(document: &Value) -> Value {
    let inline = if document.is_object() {
        json!({"type": "JSON", "jsonDocument": document})
    } else {
        json!({"type": "TEXT", "textDocument": {"text": document}})
    };
    json!({"type": "INLINE", "inlineDocumentSource": inline})
}

fn url(cx: &Cx<'_>) -> String {
    let text = |name: &str| cx.params.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    match text("api_base").or_else(|| text("base_url")) {
        Some(base) => format!("{}/rerank", base.trim_end_matches('/').trim_end_matches("/rerank")),
        None => {
            let region = region(cx);
            let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
            format!("https://bedrock-agent-runtime.{region}.{domain}/rerank")
        }
    }
}

//! Reranking at Google Cloud ("Rank and rerank documents with the ranking API", Vertex AI Search).

use http::HeaderValue;
use serde_json::{Value, json};

use super::{Place, segment};
use crate::gemini::error;
use crate::operation::params::{Params, RERANK, object, only};
use crate::operation::ranking::{documents, outcome, result, returns_documents, searches, shown};
use crate::operation::{Ask, Operation, Outcome, Reply};
use crate::{Cx, Object, ProviderError, ProviderRequest, TransformError, Usage};

/// Words of a document that stand for the title it does not have.
const TITLE_WORDS: usize = 3;

/// The operation.
pub(crate) struct VertexRank;

impl Operation for VertexRank {
    fn request(&self, cx: &Cx<'_>, ask: &Ask) -> Result<Vec<ProviderRequest>, TransformError> {
        let mut params = Params::prepare(cx, ask, &RERANK, &|it| matches!(it, "return_documents" | "top_n"))?;
        let records: Vec<Value> = documents(ask)?.iter().enumerate().map(|(at, it)| record(at, it)).collect();
        let returns = params.take("return_documents") == Some(Value::Bool(true));
        let mut body = Object::new();
        body.insert("model".into(), cx.model.into());
        body.insert("query".into(), ask.fields.get("query").cloned().unwrap_or_default());
        body.insert("records".into(), records.into());
        if let Some(most) = params.take("top_n") {
            body.insert("topN".into(), most);
        }
        body.insert("ignoreRecordDetailsInResponse".into(), (!returns).into());
        body.extend(std::mem::take(&mut params.fields));
        let project = Place::of(cx)?.project;
        let mut sent = params.post(url(cx, project), cx.provider.auth.clone(), body);
        if let Ok(project) = HeaderValue::try_from(project) {
            sent.headers.insert("x-goog-user-project", project);
        }
        Ok(vec![sent])
    }

    fn response(&self, cx: &Cx<'_>, ask: &Ask, replies: &[Reply<'_>]) -> Result<Outcome, ProviderError> {
        let body = object(cx, only(cx, replies)?)?;
        let Some(records) = body.get("records").and_then(Value::as_array) else {
            return Err(ProviderError::unreadable(cx.provider.slug, "the answer has no list of records"));
        };
        let one = |it: &Value| {
            let index = it.get("id").and_then(Value::as_str).and_then(|it| it.parse().ok()).unwrap_or(0);
            let document = if returns_documents(ask) { shown(ask, index) } else { None };
            result(index, it.get("score").unwrap_or(&Value::Null), document)
        };
        let meta = json!({"billed_units": {"search_units": searches(ask)}});
        let id = format!("vertex_ai_rerank_{}", cx.response_id);
        Ok(outcome(&id, cx.model, records.iter().map(one).collect(), meta, Usage::default()))
    }

    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError {
        error::parse(cx.provider.slug, status, body)
    }
}

fn record(at: usize, document: &Value) -> Value {
    let field = |name: &str| document.get(name).and_then(Value::as_str);
    let content = document.as_str().or_else(|| field("content")).or_else(|| field("text")).unwrap_or_default();
    let title = field("title")
        .map_or_else(|| content.split_whitespace().take(TITLE_WORDS).collect::<Vec<_>>().join(" "), str::to_owned);
    json!({"id": at.to_string(), "title": title, "content": content})
}

fn url(cx: &Cx<'_>, project: &str) -> String {
    let text = |name: &str| cx.params.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    let base = text("api_base").or_else(|| text("base_url")).unwrap_or("https://discoveryengine.googleapis.com");
    let config = "locations/global/rankingConfigs/default_ranking_config:rank";
    format!("{}/v1/projects/{}/{config}", base.trim_end_matches('/'), segment(project))
}

//! Calls models for real, a few tokens each, and says which answered.

use std::sync::Arc;

use futures_util::StreamExt;
use gateway::chat::{ChatCall, Extras};
use gateway::{ApiError, App, Caller, Reply, Request, Served};
use http::StatusCode;
use policy::routing::ClientFallbacks;
use provider_transform::openai::format::ChatFormat;
use provider_transform::{ChatRequest, Message};
use serde_json::{Map, Value, json};

/// Models that are called at the same time.
const AT_ONCE: usize = 8;

pub(crate) async fn all(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let chosen = app.models.iter().filter(|served| {
        let deployment = &served.deployment;
        let named = req.query_param("model").is_none_or(|it| it == deployment.model_name || it == deployment.model);
        let identified = req.query_param("model_id").is_none_or(|it| it == deployment.id);
        let chats = deployment.info("mode").is_none_or(|it| it == "chat" || it == "completion");
        named && identified && chats && !served.model.contains('*')
    });
    let probes: Vec<_> =
        chosen.map(|served| probe(app.clone(), req.clone(), caller.clone(), Arc::clone(served))).collect();
    let results: Vec<_> = futures_util::stream::iter(probes).buffered(AT_ONCE).collect().await;
    let (healthy, unhealthy): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    let healthy: Vec<Value> = healthy.into_iter().filter_map(Result::ok).collect();
    let unhealthy: Vec<Value> = unhealthy.into_iter().filter_map(Result::err).collect();
    let body = json!({
        "healthy_count": healthy.len(),
        "unhealthy_count": unhealthy.len(),
        "healthy_endpoints": healthy,
        "unhealthy_endpoints": unhealthy,
    });
    Ok(Reply::json(StatusCode::OK, &body))
}

/// An ordinary call of one deployment, paid for like any other: the deployment as it is shown, with its error if any.
async fn probe(app: App, req: Request, caller: Caller, served: Arc<Served>) -> Result<Value, Value> {
    let mut params = Map::new();
    params.insert("max_tokens".to_owned(), 16.into());
    let chat = ChatRequest {
        model: served.deployment.id.clone(),
        messages: vec![Message::text("user", "What is 1 + 1?")],
        params,
    };
    let extras = Extras {
        fallbacks: ClientFallbacks { disabled: true, ..ClientFallbacks::default() },
        num_retries: Some(0),
        timeout: Some(20.0),
        tags: vec!["health-check".to_owned()],
        ..Extras::default()
    };
    let call = ChatCall::new(&req, Box::new(ChatFormat::new(chat)), extras, caller, "acompletion");
    let mut shown = served.params.clone();
    shown.insert("model".to_owned(), served.deployment.model.clone().into());
    match gateway::chat::chat(&app, call).await {
        Ok(_) => Ok(Value::Object(shown)),
        Err(error) => {
            shown.insert("error".to_owned(), error.message.into());
            Err(Value::Object(shown))
        }
    }
}

//! GET `/model/info`.

use gateway::{ApiError, App, Caller, Reply, Request, Served};
use http::StatusCode;
use policy::prices::{Price, Unit};
use provider_transform::Object;
use serde_json::{Value, json};

pub(crate) fn handle(app: &App, req: &Request, caller: &Caller) -> Result<Reply, ApiError> {
    let names = super::names(app, caller);
    let wanted = req.query_param("litellm_model_id");
    let visible = app.models.iter().filter(|it| names.contains(&it.deployment.model_name));
    let data: Vec<Value> =
        visible.filter(|it| wanted.is_none_or(|id| id == it.deployment.id)).map(|it| entry(it)).collect();
    if let Some(id) = wanted.filter(|_| data.is_empty()) {
        return Err(ApiError::invalid(format!("Model id = {id} not found.")).param("litellm_model_id"));
    }
    Ok(Reply::json(StatusCode::OK, &json!({"data": data})))
}

fn entry(served: &Served) -> Value {
    let deployment = &served.deployment;
    let mut params = deployment.public_params();
    params.insert("model".to_owned(), deployment.model.as_str().into());
    let mut info = known(served);
    info.extend(deployment.model_info.clone());
    info.insert("id".to_owned(), deployment.id.as_str().into());
    info.insert("db_model".to_owned(), false.into());
    json!({"model_name": deployment.model_name, "litellm_params": params, "model_info": info})
}

/// What the price table knows of a deployment's model.
pub(crate) fn known(served: &Served) -> Object {
    let facts = served.facts(&served.model);
    let (info, supports) = (facts.info, facts.info.supports);
    let rate = |unit| facts.pricing.price().and_then(|price: &Price| price.standard(unit)).map(decimal);
    let fields = [
        ("key", json!(served.model)),
        ("litellm_provider", json!(served.provider.slug)),
        ("mode", json!(info.mode)),
        ("max_input_tokens", json!(info.max_input_tokens)),
        ("max_output_tokens", json!(info.max_output_tokens)),
        ("max_tokens", json!(info.max_output_tokens)),
        ("input_cost_per_token", json!(rate(Unit::Input))),
        ("output_cost_per_token", json!(rate(Unit::Output))),
        ("cache_read_input_token_cost", json!(rate(Unit::CacheRead))),
        ("cache_creation_input_token_cost", json!(rate(Unit::CacheWrite))),
        ("supports_function_calling", json!(supports.function_calling)),
        ("supports_parallel_function_calling", json!(supports.parallel_function_calling)),
        ("supports_vision", json!(supports.vision)),
        ("supports_pdf_input", json!(supports.pdf_input)),
        ("supports_audio_input", json!(supports.audio_input)),
        ("supports_audio_output", json!(supports.audio_output)),
        ("supports_prompt_caching", json!(supports.prompt_caching)),
        ("supports_response_schema", json!(supports.response_schema)),
        ("supports_reasoning", json!(supports.reasoning)),
        ("supports_system_messages", json!(supports.system_messages)),
        ("supports_tool_choice", json!(supports.tool_choice)),
        ("supports_web_search", json!(supports.web_search)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A rate as a JSON number; for display only.
fn decimal(rate: impl ToString) -> Option<f64> {
    rate.to_string().parse().ok()
}

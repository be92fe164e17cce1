//! POST `/spend/calculate`: what a request or an answer costs.

use gateway::{ApiError, App, Reply, Request};
use http::StatusCode;
use policy::cost;
use policy::limits::tokens_of_chars;
use policy::money::Usd;
use provider_transform::{ChatRequest, Object, Usage};
use serde::Serialize;
use serde_json::Value;

use crate::priced::Priced;

#[derive(Debug, Serialize)]
struct Cost {
    cost: Usd,
}

pub(crate) fn handle(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let response = body.get("completion_response").and_then(Value::as_object);
    let text = |object: Option<&Object>| object.and_then(|it| it.get("model")?.as_str()).map(str::to_owned);
    let model = text(Some(&body)).or_else(|| text(response));
    let model = model.ok_or_else(|| ApiError::invalid("`model` is required.").param("model"))?;
    let usage = match response {
        Some(response) => reported(response),
        None => {
            let mut asked = body.clone();
            asked.insert("model".to_owned(), model.as_str().into());
            let chat = ChatRequest::from_object(asked).map_err(gateway::transform_error)?;
            Usage { prompt_tokens: tokens_of_chars(chat.text_chars()), ..Usage::default() }
        }
    };
    let unpriced = || ApiError::invalid(format!("No price is known for the model `{model}`.")).param("model");
    let priced = Priced::find(app, &model)?;
    let price = priced.pricing.price().ok_or_else(unpriced)?;
    let cost = cost::cost(price, &usage, &priced.call(app));
    if cost.unpriced {
        return Err(unpriced());
    }
    Ok(Reply::json(StatusCode::OK, &Cost { cost: cost.total }))
}

/// The usage of an answer in OpenAI's shape.
fn reported(response: &Object) -> Usage {
    let usage = response.get("usage");
    let count = |path: &[&str]| {
        let found = path.iter().try_fold(usage?, |value, name| value.get(name));
        found.and_then(Value::as_u64)
    };
    Usage {
        prompt_tokens: count(&["prompt_tokens"]).unwrap_or_default(),
        completion_tokens: count(&["completion_tokens"]).unwrap_or_default(),
        cache_read_tokens: count(&["prompt_tokens_details", "cached_tokens"]).unwrap_or_default(),
        cache_write_5m_tokens: count(&["cache_creation_input_tokens"]).unwrap_or_default(),
        reasoning_tokens: count(&["completion_tokens_details", "reasoning_tokens"]).unwrap_or_default(),
        ..Usage::default()
    }
}

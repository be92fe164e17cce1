//! POST `/cost/estimate`: what requests with so many tokens will cost.

use gateway::{ApiError, App, Reply, Request, required};
use http::StatusCode;
use policy::answer::Answer;
use policy::cost::{self, Breakdown};
use policy::money::Usd;
use policy::prices::Unit;
use provider_transform::{Object, Usage};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::priced::Priced;

type Amount = fn(&Breakdown) -> Usd;

/// The parts of a cost, each with the beginning of its name.
const PARTS: &[(&str, Amount)] = &[
    ("", |it| it.total),
    ("input_", |it| it.input),
    ("output_", |it| it.output),
    ("margin_", |it| it.margin),
    ("cache_read_", |it| it.cache_read),
    ("cache_creation_", |it| it.cache_creation),
    ("reasoning_", |it| it.reasoning),
];

/// The rates that are told, if the model has them.
const RATES: &[(&str, Unit)] = &[
    ("input_cost_per_token", Unit::Input),
    ("output_cost_per_token", Unit::Output),
    ("cache_read_input_token_cost", Unit::CacheRead),
    ("cache_creation_input_token_cost", Unit::CacheWrite),
    ("output_cost_per_reasoning_token", Unit::Reasoning),
];

pub(crate) fn handle(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    let model = required(&body, "model")?;
    let number = |field: &'static str| number(&body, field);
    let (input, output) = (needed(&body, "input_tokens")?, needed(&body, "output_tokens")?);
    let cache_read = number("cache_read_input_tokens")?.unwrap_or_default();
    let cache_write = number("cache_creation_input_tokens")?.unwrap_or_default();
    let reasoning = number("reasoning_tokens")?.unwrap_or_default();
    let (daily, monthly) = (number("num_requests_per_day")?, number("num_requests_per_month")?);
    let priced = Priced::find(app, model)?;
    let usage = Usage {
        prompt_tokens: input,
        completion_tokens: output,
        cache_read_tokens: cache_read,
        cache_write_5m_tokens: cache_write,
        reasoning_tokens: reasoning,
        ..Usage::default()
    };
    let unpriced = || {
        let message = format!("Could not calculate cost for model '{model}': no price is known.");
        ApiError::not_found(message).param("model")
    };
    let price = priced.pricing.price().ok_or_else(unpriced)?;
    let cost = cost::cost(price, &usage, &priced.call(app));
    if cost.unpriced {
        return Err(unpriced());
    }
    let mut answer = Answer::new()
        .with("model", model)
        .with("input_tokens", &input)
        .with("output_tokens", &output)
        .with("cache_read_input_tokens", &cache_read)
        .with("cache_creation_input_tokens", &cache_write)
        .with("reasoning_tokens", &reasoning)
        .with("num_requests_per_day", &daily)
        .with("num_requests_per_month", &monthly);
    for (part, amount) in PARTS {
        answer.set(&format!("{part}cost_per_request"), &amount(&cost));
    }
    for (period, times) in [("daily", daily), ("monthly", monthly)] {
        let times = times.filter(|times| *times > 0).map(Decimal::from);
        for (part, amount) in PARTS {
            answer.set(&format!("{period}_{part}cost"), &times.map(|times| amount(&cost).times(times)));
        }
    }
    for (name, unit) in RATES {
        answer.set(name, &price.standard(*unit).map(Usd::from_decimal));
    }
    Ok(Reply::json(StatusCode::OK, &answer.with("provider", &priced.provider)))
}

fn needed(body: &Object, field: &'static str) -> Result<u64, ApiError> {
    number(body, field)?.ok_or_else(|| ApiError::invalid(format!("`{field}` is required.")).param(field))
}

fn number(body: &Object, field: &'static str) -> Result<Option<u64>, ApiError> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(number) => Ok(Some(number)),
            None => {
                let message = format!("`{field}` must be a whole number of at least 0.");
                let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", message);
                Err(error.param(field))
            }
        },
    }
}

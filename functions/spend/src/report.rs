//! GET `/global/spend/report`.

use std::collections::BTreeMap;

use gateway::{ApiError, App, Reply, Request};
use http::StatusCode;
use policy::money::Usd;
use serde::Serialize;
use store::{Daily, Measures, Rollup};

use crate::query::{api_key, days};

#[derive(Debug, Serialize)]
struct KeyReport {
    api_key: String,
    #[serde(flatten)]
    sums: Sums,
    model_details: Vec<ModelReport>,
}

#[derive(Debug, Serialize)]
struct ModelReport {
    model: String,
    #[serde(flatten)]
    sums: Sums,
}

#[derive(Debug, Default, Serialize)]
struct Sums {
    total_cost: Usd,
    total_input_tokens: u64,
    total_output_tokens: u64,
    api_requests: u64,
    successful_requests: u64,
    failed_requests: u64,
}

impl Sums {
    fn add(&mut self, measures: &Measures) {
        self.total_cost += measures.spend;
        self.total_input_tokens += measures.prompt_tokens;
        self.total_output_tokens += measures.completion_tokens;
        self.api_requests += measures.requests;
        self.successful_requests += measures.successful;
        self.failed_requests += measures.failed;
    }
}

pub(crate) async fn handle(app: &App, req: &Request) -> Result<Reply, ApiError> {
    let days = days(app, req)?;
    let group_by = req.query_param("group_by").filter(|it| !it.is_empty()).unwrap_or("api_key");
    let only_key = api_key(req);
    let mut rollups = app.store.report(Daily::Global, days.from, days.to).await.map_err(ApiError::unavailable)?;
    rollups.retain(|it| only_key.as_ref().is_none_or(|key| *key == it.api_key));
    match group_by {
        "api_key" => Ok(Reply::json(StatusCode::OK, &by_key(&rollups))),
        "model" => Ok(Reply::json(StatusCode::OK, &by_model(rollups.iter()))),
        other => {
            let message = format!("`group_by={other}` is not supported by this gateway; use api_key or model.");
            Err(ApiError::invalid(message).param("group_by"))
        }
    }
}

fn by_key(rollups: &[Rollup]) -> Vec<KeyReport> {
    let mut keys: BTreeMap<&str, Vec<&Rollup>> = BTreeMap::new();
    for rollup in rollups {
        keys.entry(&rollup.api_key).or_default().push(rollup);
    }
    let report = |(key, rollups): (&str, Vec<&Rollup>)| {
        let mut sums = Sums::default();
        rollups.iter().for_each(|it| sums.add(&it.measures));
        KeyReport { api_key: key.to_owned(), sums, model_details: by_model(rollups.into_iter()) }
    };
    keys.into_iter().map(report).collect()
}

fn by_model<'a>(rollups: impl Iterator<Item = &'a Rollup>) -> Vec<ModelReport> {
    let mut models: BTreeMap<&str, Sums> = BTreeMap::new();
    for rollup in rollups {
        models.entry(&rollup.model).or_default().add(&rollup.measures);
    }
    models.into_iter().map(|(model, sums)| ModelReport { model: model.to_owned(), sums }).collect()
}

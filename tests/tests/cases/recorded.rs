//! Replays what LiteLLM's own proxy did, see `tests/cases/recorded/README.md`.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Method};
use serde::Deserialize;
use serde_json::{Value, json};
use tests::Result;
use tests::local::MASTER_KEY;

use super::compare::Match;
use super::house::House;
use super::observed::frames;

const AT_ONCE: usize = 4;

/// Where we answer differently on purpose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dispute {
    #[serde(rename = "why")]
    _why: String,
    differs: Vec<String>,
}

fn read(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/recorded");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_case() {
    let cases: Vec<Value> = read("gateway.jsonl").lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let disputed: BTreeMap<String, Dispute> = serde_json::from_str(&read("disputed.json")).unwrap();
    let checks = cases.iter().map(|case| {
        let id = case["id"].as_str().unwrap();
        let allowed = disputed.get(id).map_or(&[][..], |it| &it.differs);
        async move {
            let differences = check(case).await.unwrap_or_else(|error| vec![error.to_string()]);
            let paths: Vec<&str> = differences.iter().map(|it| it.trim().split(": want").next().unwrap()).collect();
            (paths != allowed).then(|| format!("{id}:\n{}\n  but may differ at {allowed:?}", differences.join("\n")))
        }
    });
    let complaints: Vec<String> =
        futures_util::stream::iter(checks).buffered(AT_ONCE).filter_map(std::future::ready).collect().await;
    let unknown = disputed.keys().filter(|id| cases.iter().all(|it| it["id"].as_str() != Some(id)));
    let complaints: Vec<String> =
        complaints.into_iter().chain(unknown.map(|id| format!("{id} is disputed and does not exist"))).collect();
    assert!(complaints.is_empty(), "{} of {} cases fail:\n{}", complaints.len(), cases.len(), complaints.join("\n"));
}

/// One call, compared by the rules of the recordings' README; gives the differences.
async fn check(case: &Value) -> Result<Vec<String>> {
    let model = case["model"].as_str().ok_or("no model")?;
    let base = if case["provider"] == "openai" { "{provider}/v1" } else { "{provider}" };
    let config = json!({
        "model_list": [{"model_name": model, "litellm_params": {"model": model, "api_base": base, "api_key": "sk-provider"}}],
        "router_settings": {"num_retries": 0},
    });
    let house = House::start(&config).await?;
    if !case["provider_response"].is_null() {
        let name = model.split_once('/').map_or(model, |(_, name)| name);
        house.replay(name, &case["provider_response"]).await?;
    }
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {MASTER_KEY}"))?);
    let body = Bytes::from(case["request"].to_string());
    let answer = house.call(Method::POST, "/v1/chat/completions", headers, body).await?;

    let mut compared = Match::default();
    // Python's wording.
    compared.free("body.error.message");
    compared.free("sse[*].error.message");
    // Anthropic does not say how many tokens were thought; both sides estimate.
    compared.free("body.usage.completion_tokens_details");
    compared.free("sse[*].usage.completion_tokens_details");
    compared.expect("status", &case["http_status"].to_string(), &answer.status.as_u16().to_string());
    for (name, value) in case["http_headers"].as_object().into_iter().flatten() {
        let have = answer.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or("ABSENT");
        compared.expect(&format!("headers.{name}"), value.as_str().unwrap_or_default(), have);
    }
    match case["sse"].as_array() {
        Some(want) => {
            let have = frames(std::str::from_utf8(&answer.body)?)?;
            let absent = Value::from("ABSENT");
            for at in 0..want.len().max(have.as_array().map_or(0, Vec::len)) {
                let want = want.get(at).map_or(absent.clone(), |it| usage_without_choices(&it["data"]));
                compared.answer(&format!("sse[{at}]"), &want, have.get(at).unwrap_or(&absent));
            }
        }
        None => compared.answer("body", &case["body"], &serde_json::from_slice(&answer.body)?),
    }
    if let Some(call) = house.stand_in.calls().all().first() {
        compared.request(&case["provider_request"]["body"], call.request.as_ref().unwrap_or(&Value::Null));
    }
    let Err(differences) = compared.verdict() else { return Ok(Vec::new()) };
    Ok(differences.lines().map(str::to_owned).collect())
}

/// LiteLLM puts an empty choice into the usage chunk, OpenAI none.
fn usage_without_choices(frame: &Value) -> Value {
    let mut frame = frame.clone();
    if frame["usage"].is_object() && frame["choices"] == json!([{"index": 0, "delta": {}}]) {
        frame["choices"] = json!([]);
    }
    frame
}

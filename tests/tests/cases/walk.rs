//! Walks `tests/cases`: each file is a case.
//!
//! `UPDATE_GOLDEN=1` writes the expectations, `CASE=name` runs the files whose path holds the name.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use tests::Result;

use super::case::{Case, Step};
use super::house::{Answer, House};
use super::masks::Masks;
use super::observed::document;
use super::print::print;

const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let only = std::env::var("CASE").unwrap_or_default();
    let update = std::env::var("UPDATE_GOLDEN").is_ok_and(|it| it == "1");
    let files = files(&root);
    let chosen: Vec<&PathBuf> = files.iter().filter(|it| it.to_string_lossy().contains(&only)).collect();
    assert!(!chosen.is_empty(), "no case is called {only}");
    let checks = chosen.into_iter().map(|path| async move {
        let checked = tokio::time::timeout(Duration::from_secs(30), check(path, update)).await;
        let checked = checked.unwrap_or_else(|_| Err("it does not end".into()));
        checked
            .err()
            .map(|error| format!("{}: {error}", path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display()))
    });
    let complaints: Vec<String> =
        futures_util::stream::iter(checks).buffered(AT_ONCE).filter_map(std::future::ready).collect().await;
    assert!(complaints.is_empty(), "{} of {} cases fail:\n{}", complaints.len(), files.len(), complaints.join("\n"));
}

/// The files of every folder that holds cases of one function.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in std::fs::read_dir(root).unwrap().map(|it| it.unwrap().path()) {
        // Recordings, which `recorded` replays.
        if folder.ends_with("recorded") || folder.is_file() {
            continue;
        }
        for file in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
            assert!(file.extension().is_some_and(|it| it == "json"), "{} is no case", file.display());
            files.push(file);
        }
    }
    files.sort();
    files
}

/// Runs a case and compares everything that comes of it with what its file expects.
async fn check(path: &Path, update: bool) -> Result<()> {
    let mut case: Case = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let mut house = House::start(&case.config).await?;
    let mut masks = Masks::new(&house);
    let mut complaints = Vec::new();
    for (number, step) in (1..).zip(&mut case.steps) {
        if step.store_down {
            house.lose_store();
        }
        let observed = run(&house, &mut masks, step).await.map_err(|error| format!("step {number}: {error}"))?;
        match &step.expect {
            _ if update && (step.new || step.expect.is_some()) => {
                step.new = false;
                step.expect = Some(observed);
            }
            Some(expected) if *expected == observed => {}
            Some(expected) => {
                let differences = differences("", expected, &observed);
                complaints.push(format!("\n  step {number}, {}:{differences}", step.call));
            }
            None if step.new => complaints.push(format!("\n  step {number} has no expectation")),
            None if observed["status"].as_u64().is_some_and(|it| it < 300) => {}
            None => complaints.push(format!("\n  step {number} fails: {observed}")),
        }
    }
    house.log.check()?;
    if update {
        std::fs::write(path, print(&serde_json::to_value(&case)?))?;
    }
    if complaints.is_empty() { Ok(()) } else { Err(complaints.concat().into()) }
}

async fn run(house: &House, masks: &mut Masks, step: &Step) -> Result<Value> {
    if let Some(pause) = step.wait_ms {
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    for (model, recorded) in &step.provider {
        house.replay(model, recorded).await?;
    }
    let call = masks.fill(&step.call);
    let (method, target) = call.split_once(' ').ok_or("a call is `METHOD /path`")?;
    let mut headers = HeaderMap::new();
    let mut key = masks.fill(step.key.as_deref().unwrap_or("{master}"));
    if let Some(identity) = &house.identity {
        identity.command(&step.idp);
        if !step.token.is_null() {
            key = identity.token(&serde_json::from_str(&masks.fill(&step.token.to_string()))?);
        }
    }
    if !key.is_empty() {
        headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {key}"))?);
    }
    for (name, value) in &step.headers {
        let name = HeaderName::try_from(name)?;
        headers.remove(&name);
        for value in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
            let value = masks.fill(value.as_str().ok_or("a header is text")?);
            headers.append(&name, HeaderValue::from_bytes(value.as_bytes())?);
        }
    }
    let body = match (&step.raw_body, &step.body) {
        (Some(text), _) => Bytes::from(text.clone()),
        (None, Value::Null) => Bytes::new(),
        (None, body) => Bytes::from(masks.fill(&body.to_string())),
    };
    let before = house.stand_in.calls().count();
    let from = step.from.as_deref().map(str::parse).transpose()?;
    let sent_headers = headers.clone();
    let app = if step.elsewhere { house.elsewhere().await? } else { &house.app };
    let answer = house.call_at(app, from, Method::try_from(method)?, target, headers, body).await?;
    check_secrets(&sent_headers, &answer)?;
    let rows = house.write_spend().await?;
    if let Some(name) = &step.save {
        // Streams make nothing that is saved.
        let made: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        // What else came instead of a key shows in the document.
        if let (Some(secret), Some(hash)) = (made["key"].as_str(), made["token_id"].as_str()) {
            masks.name(name, secret);
            masks.name(&format!("{name}.hash"), hash);
        }
        if let Some(id) = made["id"].as_str().filter(|it| it.starts_with("resp_")) {
            masks.name(name, id);
        }
        if let Some(id) = made["id"].as_str().filter(|it| it.starts_with("litellm_skill_")) {
            masks.name(name, id);
            masks.name(&format!("{name}.tool"), &id.replace('-', "_"));
        }
        if let Some(version) = made["latest_version"].as_str().or_else(|| made["version"].as_str()) {
            masks.name(&format!("{name}.version"), version);
        }
    }
    let sent = house.stand_in.calls().all().split_off(before);
    let mut document = document(&answer, &step.look, &sent, &rows, masks)?;
    if step.unordered {
        for list in ["sent", "rows"] {
            if let Some(items) = document[list].as_array_mut() {
                items.sort_by_cached_key(Value::to_string);
            }
        }
    }
    Ok(document)
}

/// No refusal repeats what the caller showed.
fn check_secrets(sent: &HeaderMap, answer: &Answer) -> Result<()> {
    const SECRET: &[&str] = &["authorization", "x-litellm-api-key", "api-key", "x-api-key", "x-goog-api-key"];
    if answer.status.is_success() {
        return Ok(());
    }
    let text = format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body));
    let secrets = SECRET.iter().filter_map(|name| sent.get(*name)?.to_str().ok());
    // Of a token no part is repeated either.
    let mut parts = secrets.flat_map(|it| it.trim_start_matches("Bearer ").split('.')).filter(|it| it.len() > 12);
    match parts.find(|it| text.contains(*it)) {
        Some(_) => Err("the refusal repeats what the caller showed".into()),
        None => Ok(()),
    }
}

/// Where two documents differ, one place a line.
fn differences(path: &str, want: &Value, have: &Value) -> String {
    let absent = Value::from("ABSENT");
    match (want, have) {
        _ if want == have => String::new(),
        (Value::Object(want), Value::Object(have)) => {
            let names = want.keys().chain(have.keys().filter(|it| !want.contains_key(*it)));
            let each = names.map(|name| {
                let (want, have) = (want.get(name).unwrap_or(&absent), have.get(name).unwrap_or(&absent));
                differences(&format!("{path}/{name}"), want, have)
            });
            each.collect()
        }
        (Value::Array(want), Value::Array(have)) => {
            let each = (0..want.len().max(have.len())).map(|at| {
                let (want, have) = (want.get(at).unwrap_or(&absent), have.get(at).unwrap_or(&absent));
                differences(&format!("{path}/{at}"), want, have)
            });
            each.collect()
        }
        _ => format!("\n    {path}: want {want}, have {have}"),
    }
}

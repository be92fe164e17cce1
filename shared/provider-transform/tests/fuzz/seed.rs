//! Recorded cases as the seeds that are mutated: a request in its format, where it goes, and what came back.

use std::path::Path;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use provider_transform::{Object, Provider, resolve};
use serde_json::Value;

/// The formats of conversations.
pub(crate) const FORMATS: &[&str] = &["chat", "messages", "responses", "completions"];

static SEEDS: LazyLock<Vec<Seed>> = LazyLock::new(read);
static STREAMS: LazyLock<Vec<&'static Seed>> = LazyLock::new(|| seeds().iter().filter(|it| it.is_stream).collect());
static ANSWERS: LazyLock<Vec<&'static Seed>> =
    LazyLock::new(|| seeds().iter().filter(|it| !it.is_stream && !it.reply.is_empty()).collect());

/// One recorded call.
#[derive(Debug)]
pub(crate) struct Seed {
    pub(crate) id: String,
    /// One of [`FORMATS`].
    pub(crate) format: &'static str,
    pub(crate) request: Value,
    pub(crate) params: Object,
    pub(crate) slug: &'static str,
    /// Without the provider's name.
    pub(crate) model: String,
    /// What the provider answered; empty where it was not asked.
    pub(crate) reply: Vec<u8>,
    is_stream: bool,
}

impl Seed {
    pub(crate) fn provider(&self) -> &'static Provider {
        provider_transform::find(self.slug).unwrap()
    }
}

/// All of them.
pub(crate) fn seeds() -> &'static [Seed] {
    &SEEDS
}

/// Those whose answer was streamed.
pub(crate) fn streams() -> &'static [&'static Seed] {
    &STREAMS
}

/// Those whose answer came whole.
pub(crate) fn answers() -> &'static [&'static Seed] {
    &ANSWERS
}

fn read() -> Vec<Seed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == "jsonl"));
    files.sort();
    let texts = files.iter().map(|it| std::fs::read_to_string(it).unwrap());
    texts
        .flat_map(|it| it.lines().filter_map(|it| seed(&serde_json::from_str(it).unwrap())).collect::<Vec<_>>())
        .collect()
}

/// `None` for what is no conversation, or names a provider that nobody knows.
fn seed(case: &Value) -> Option<Seed> {
    let format = FORMATS.iter().find(|it| case["incoming_api"] == **it)?;
    let mut params = case["litellm_params"].as_object().cloned().unwrap_or_default();
    params.shift_remove("api_key");
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    let request = case["request"].clone();
    let (provider, model) = resolve(request["model"].as_str()?, text("custom_llm_provider"), text("api_base")).ok()?;
    for (name, place) in [("vertex_project", "p"), ("vertex_location", "us-east5"), ("aws_region_name", "us-east-1")] {
        params.entry(name).or_insert_with(|| place.into());
    }
    let reply = &case["provider_response"];
    let pieces = |it: &Value| -> Option<Vec<String>> {
        Some(it.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    let (bytes, is_stream) = match (pieces(&reply["stream_events"]), pieces(&reply["stream_b64"])) {
        (Some(texts), _) => (texts.concat().into_bytes(), true),
        (_, Some(coded)) => (coded.iter().flat_map(|it| STANDARD.decode(it).unwrap()).collect(), true),
        _ => (whole(reply), false),
    };
    let id = case["id"].as_str().unwrap().to_owned();
    Some(Seed { id, format, request, params, slug: provider.slug, model, reply: bytes, is_stream })
}

fn whole(reply: &Value) -> Vec<u8> {
    match (&reply["body"], reply["body_text"].as_str(), reply["body_b64"].as_str()) {
        (_, Some(text), _) => text.into(),
        (_, _, Some(coded)) => STANDARD.decode(coded).unwrap(),
        (Value::Null, ..) => Vec::new(),
        (body, ..) => serde_json::to_vec(body).unwrap(),
    }
}

//! An operation beside conversations: the calls that go out, then the answer or the error that comes back.

use policy::cost::{Call, Work, cost};
use policy::prices;
use provider_transform::operation::{self, Ask, Kind, Outcome, Reply as Body, Upload};
use provider_transform::{Cx, ErrorClass, Files, ProviderError, ProviderRequest, Settings, TransformError, resolve};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use serde_json::{Value, json};

use crate::case::{Case, Reply};
use crate::chat;
use crate::compare::Match;

const NOW: u64 = 1_772_625_600;
const ID: &str = "0123456789abcdef";

pub(crate) fn check(case: &Case) -> Result<(), String> {
    match replay(case) {
        Ok(verdict) => verdict,
        Err(refusal) => chat::refused(case, &refusal),
    }
}

fn kind(case: &Case) -> Kind {
    match case.text("incoming_api") {
        "embeddings" => Kind::Embeddings,
        "rerank" => Kind::Rerank,
        "images" => Kind::Images,
        "image_edit" => Kind::ImageEdits,
        "audio_speech" => Kind::Speech,
        "audio_transcription" => Kind::Transcriptions,
        "moderations" => Kind::Moderations,
        other => unreachable!("no operation {other}"),
    }
}

fn replay(case: &Case) -> Result<Result<(), String>, TransformError> {
    let fields = case.0["request"].as_object().cloned().unwrap_or_default();
    let ask = Ask::new(kind(case), fields, uploads(case))?;
    let params = case.params();
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    let (provider, model) = resolve(&ask.model, text("custom_llm_provider"), text("api_base"))?;
    let files = Files::default();
    let cx = Cx {
        provider,
        model: &model,
        params: &chat::without_secrets(&params),
        settings: Settings { drop_params: case.setting("drop_params"), ..Settings::default() },
        info: prices::info(provider.slug, &model),
        files: &files,
        now: NOW,
        response_id: ID,
    };
    let operation = operation::find(&cx, kind(case))?;
    let sent = operation.request(&cx, &ask)?;
    let mut found = Match::default();
    requests(case, &sent, &mut found);
    let error = match case.reply() {
        Reply::Timeout => Some(ProviderError::new(provider.slug, ErrorClass::Timeout, 408, "timed out")),
        Reply::Unreachable => Some(ProviderError::new(provider.slug, ErrorClass::ApiConnection, 500, "unreachable")),
        Reply::Whole { status, body } if status >= 400 => Some(operation.error(&cx, status, &body)),
        Reply::Whole { body, .. } => {
            let headers = &case.0["provider_response"]["headers"];
            let reply = Body { content_type: headers["content-type"].as_str(), body: &body };
            match operation.response(&cx, &ask, &vec![reply; sent.len()]) {
                Ok(outcome) => {
                    answers(case, &cx, &ask, &outcome, &mut found);
                    None
                }
                Err(error) => Some(error),
            }
        }
        Reply::None | Reply::Stream(_) => None,
    };
    chat::errors(case, error.as_ref(), &mut found);
    Ok(found.verdict())
}

/// Files as the recording describes them: their bytes are not in the data, their lengths are.
fn uploads(case: &Case) -> Vec<Upload> {
    let parts = case.0["provider_request"]["multipart"].as_array().into_iter().flatten();
    let files = parts.filter(|it| it["filename"].is_string());
    let upload = |it: &Value| {
        let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
        let length = it["length"].as_u64().unwrap_or_default() as usize;
        Upload {
            field: text("name"),
            file_name: text("filename"),
            media_type: text("content_type"),
            bytes: wave(length).into(),
        }
    };
    files.map(upload).collect()
}

/// A sound file of so many bytes: one byte a sample, 8000 samples a second.
fn wave(length: usize) -> Vec<u8> {
    let sound = length.saturating_sub(44) as u32;
    let head: [&[u8]; 8] = [
        b"RIFF",
        &(sound + 36).to_le_bytes(),
        b"WAVEfmt ",
        &[16, 0, 0, 0, 1, 0, 1, 0],
        &[8000u32.to_le_bytes(), 8000u32.to_le_bytes()].concat(),
        &[1, 0, 8, 0],
        b"data",
        &sound.to_le_bytes(),
    ];
    let mut bytes = head.concat();
    bytes.resize(length, 0);
    bytes
}

fn requests(case: &Case, sent: &[ProviderRequest], found: &mut Match) {
    let all = case.0["provider_requests_all"].as_array();
    let want: Vec<&Value> = match all {
        Some(all) => all.iter().collect(),
        None => vec![&case.0["provider_request"]],
    };
    if want.len() != sent.len() {
        found.expect("number of calls", &want.len().to_string(), &sent.len().to_string());
        return;
    }
    for (want, sent) in want.into_iter().zip(sent) {
        match want["multipart"].as_array() {
            Some(parts) => {
                chat::head(case, want, sent, found);
                found.answer("form", &json!(described(parts)), &json!(form(sent)));
            }
            None => chat::request(case, want, sent, found),
        }
    }
}

/// A recorded form without what its files' bytes were. Its fields have names, so their order says nothing.
fn described(parts: &[Value]) -> Vec<Value> {
    let mut parts = parts.to_vec();
    parts.sort_by_key(|it| it["name"].to_string());
    for part in parts.iter_mut().filter_map(Value::as_object_mut) {
        part.shift_remove("sha256");
    }
    parts
}

/// The form that was sent, read back.
fn form(sent: &ProviderRequest) -> Vec<Value> {
    let kind = sent.headers["content-type"].to_str().unwrap();
    let (_, boundary) = kind.split_once("boundary=").unwrap();
    let (body, line) = (String::from_utf8_lossy(&sent.body).into_owned(), format!("--{boundary}"));
    let parts = body.split(&line).filter(|it| !it.is_empty() && !it.starts_with("--"));
    let part = |part: &str| {
        let (head, content) = part.split_once("\r\n\r\n").unwrap();
        let content = content.strip_suffix("\r\n").unwrap();
        let quoted = |name: &str| head.split_once(&format!("{name}=\""))?.1.split('"').next();
        let media_type = head.split_once("Content-Type: ").map(|(_, it)| it.trim());
        match quoted("filename") {
            Some(file) => {
                json!({"name": quoted(" name"), "filename": file, "content_type": media_type, "length": content.len()})
            }
            None => json!({"name": quoted(" name"), "text": content}),
        }
    };
    let mut parts: Vec<Value> = parts.map(part).collect();
    parts.sort_by_key(|it| it["name"].to_string());
    parts
}

fn answers(case: &Case, cx: &Cx<'_>, ask: &Ask, outcome: &Outcome, found: &mut Match) {
    let body = match serde_json::from_slice::<Value>(&outcome.body) {
        Ok(body) if outcome.content_type.starts_with("application/json") => body,
        _ if outcome.content_type.starts_with("text/") => json!({"text": String::from_utf8_lossy(&outcome.body)}),
        _ => json!({"content_b64": base64(&outcome.body), "content_type": outcome.content_type}),
    };
    chat::whole(case, &body, found);
    costs(case, cx, ask, outcome, found);
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn costs(case: &Case, cx: &Cx<'_>, ask: &Ask, outcome: &Outcome, found: &mut Match) {
    let Some(want) = case.0["response_cost"].as_f64() else { return };
    let slug = cx.provider.slug;
    let image = || prices::find_image(slug, cx.model, ask.text("quality"), ask.text("size"));
    let entry = match kind(case) {
        // Sizes and qualities have prices of their own where no tokens are counted.
        Kind::Images | Kind::ImageEdits if outcome.usage.completion_tokens == 0 => {
            image().or_else(|| prices::find(slug, cx.model))
        }
        _ => prices::find(slug, cx.model),
    };
    let Some(price) = entry.and_then(|it| it.price()) else { return };
    let units = &outcome.units;
    let (width, height) = ask.text("size").and_then(|it| it.split_once('x')).unwrap_or(("1024", "1024"));
    let work = match kind(case) {
        Kind::Rerank => Work::Rerank { search_units: units.search_units },
        Kind::Images | Kind::ImageEdits => Work::Images {
            count: units.images,
            width: width.parse().unwrap_or(1024),
            height: height.parse().unwrap_or(1024),
        },
        Kind::Speech => Work::Speech { characters: units.input_characters },
        Kind::Transcriptions => {
            Work::Transcription { seconds: Decimal::from_f64(units.audio_seconds).unwrap_or_default() }
        }
        Kind::Embeddings | Kind::Moderations => Work::Tokens,
    };
    let call = Call {
        work,
        at: NOW,
        input_characters: units.input_characters,
        input_images: units.input_images,
        input_video_seconds: Decimal::from_f64(units.input_video_seconds).unwrap_or_default(),
        ..Call::default()
    };
    let have = cost(&price, &outcome.usage, &call).total.to_f64();
    if (have - want).abs() > 1e-9 * want.abs().max(have.abs()) {
        found.expect("cost", &want.to_string(), &have.to_string());
    }
}

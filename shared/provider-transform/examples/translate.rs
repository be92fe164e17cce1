//! How long translations take: a request of 100 kB, one event of a stream and a whole answer, for every protocol and every
//! format, against the targets of the design. `cargo run --release -p provider-transform --example translate [<text>]`
//! measures those whose model's name holds the text.

#![expect(clippy::print_stdout, reason = "the figures are this program's output")]

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use policy::prices;
use provider_transform::messages::MessagesFormat;
use provider_transform::openai::format::ChatFormat;
use provider_transform::responses::ResponsesFormat;
use provider_transform::{ChatRequest, Cx, Files, Format, Frames, Plan, Settings, View, plan, resolve};
use serde_json::{Value, json};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const FORMATS: &[&str] = &["chat", "messages", "responses"];
/// Microseconds.
const REQUEST_TARGET: f64 = 1000.0;
/// Microseconds.
const EVENT_TARGET: f64 = 5.0;
/// Times that the middle event of a recorded stream comes.
const EVENTS: usize = 1000;
const ROUNDS: usize = 31;

/// Recordings of a stream and of a whole answer, a pair for every protocol.
const RECORDED: &[(&str, &str)] = &[
    ("stream/openai/text", "answer/openai/text_unicode"),
    ("compat/mistral/stream_text", "compat/mistral/plain"),
    ("chat_via_responses/openai/stream_text", "chat_via_responses/openai/system"),
    ("stream/anthropic/text", "answer/anthropic/text_unicode"),
    ("stream/vertex_anthropic/text", "answer/vertex_anthropic/two_text_blocks"),
    ("stream/bedrock_converse/text", "answer/bedrock_converse/text_unicode"),
    ("stream/bedrock_invoke/text", "answer/bedrock_invoke/text_unicode"),
    ("stream/gemini/text", "answer/gemini/text_unicode"),
    ("stream/vertex_gemini/text", "answer/vertex_gemini/grounding"),
    ("compat/cohere_chat/stream_text", "compat/cohere_chat/plain"),
    ("compat/ollama_chat/stream_text", "compat/ollama_chat/plain"),
];

fn main() -> Result<()> {
    let only = std::env::args().nth(1).unwrap_or_default();
    let cases = read()?;
    println!("microseconds, medians of {ROUNDS}: request of 100 kB, event of a stream, whole answer");
    for (stream, answer) in RECORDED {
        let find = |id: &str| cases.iter().find(|it| it["id"] == id).ok_or_else(|| format!("no case {id}"));
        let (stream, answer) = (find(stream)?, find(answer)?);
        let name = stream["request"]["model"].as_str().unwrap_or_default();
        if name.contains(&only) {
            measure(name, stream, &serde_json::to_vec(&answer["provider_response"]["body"])?)?;
        }
    }
    Ok(())
}

fn measure(name: &str, case: &Value, answer: &[u8]) -> Result<()> {
    let (provider, model) = resolve(name, None, None)?;
    let mut params = case["litellm_params"].as_object().cloned().unwrap_or_default();
    params.entry("vertex_project").or_insert_with(|| "p".into());
    let files = Files::default();
    let cx = Cx {
        provider,
        model: &model,
        params: &params,
        settings: Settings { drop_params: true, chat_completions_for_messages: true, ..Settings::default() },
        info: prices::info(provider.slug, &model),
        files: &files,
        now: 1,
        response_id: "chatcmpl-r",
    };
    let pieces = pieces(&case["provider_response"]);
    for format in FORMATS {
        let large = conversation(format, name, 40).to_string().into_bytes();
        let small = conversation(format, name, 1).to_string().into_bytes();
        // Some providers are reached over another protocol in their own format than the recording's.
        if stream(call(format, &small, &cx)?, &cx, &pieces).is_err() {
            continue;
        }
        let request = median(|| time(|| call(format, &large, &cx).map(|it| it.request)));
        let event = median(|| Ok(stream(call(format, &small, &cx)?, &cx, &pieces)?.as_secs_f64() * 1e6))?;
        let whole = median(|| {
            let reader = call(format, &small, &cx)?.reader;
            time(move || Ok(reader.whole(&cx, answer)?))
        });
        let (request, event, whole) = (request?, event / pieces.len() as f64, whole?);
        let is_over = request > REQUEST_TARGET || event > EVENT_TARGET;
        let verdict = if is_over { "OVER" } else { "PASS" };
        println!("{name:60} {format:10} {request:8.1} {event:7.2} {whole:7.1}  {verdict}");
    }
    Ok(())
}

/// From the caller's bytes to the provider's.
fn call(format: &str, body: &[u8], cx: &Cx<'_>) -> Result<Plan> {
    let format: Box<dyn Format> = match format {
        "chat" => Box::new(ChatFormat::new(ChatRequest::parse(body)?)),
        "messages" => Box::new(MessagesFormat::parse(serde_json::from_slice(body)?)?),
        _ => Box::new(ResponsesFormat::parse(body)?),
    };
    let view = View { model: "shown", shows_usage: true, prompt_tokens: 5, provider: cx.provider.slug, model_id: None };
    Ok(plan(format.as_ref(), cx, &view)?)
}

/// From the provider's bytes to the caller's, event by event.
fn stream(plan: Plan, cx: &Cx<'_>, pieces: &[Vec<u8>]) -> Result<Duration> {
    let (mut stream, mut out) = (plan.reader.stream(cx), Frames::default());
    let start = Instant::now();
    for piece in pieces {
        stream.push(piece, &mut out)?;
        black_box(out.bytes.split());
    }
    stream.finish(&mut out)?;
    Ok(start.elapsed())
}

fn time<T>(run: impl FnOnce() -> Result<T>) -> Result<f64> {
    let start = Instant::now();
    let done = run()?;
    let time = start.elapsed();
    black_box(done);
    Ok(time.as_secs_f64() * 1e6)
}

fn median(mut sample: impl FnMut() -> Result<f64>) -> Result<f64> {
    let mut samples = (0..ROUNDS).map(|_| sample()).collect::<Result<Vec<_>>>()?;
    samples.sort_by(f64::total_cmp);
    Ok(samples.get(ROUNDS / 2).copied().unwrap_or_default())
}

/// A recorded stream whose middle event comes many times.
fn pieces(reply: &Value) -> Vec<Vec<u8>> {
    let texts = reply["stream_events"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let coded = reply["stream_b64"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let recorded = texts.map(|it| it.as_bytes().to_vec()).chain(coded.filter_map(|it| STANDARD.decode(it).ok()));
    let recorded: Vec<Vec<u8>> = recorded.collect();
    let middle = recorded.len() / 2;
    let times = |at: usize| if at == middle { EVENTS } else { 1 };
    recorded.iter().enumerate().flat_map(|(at, it)| std::iter::repeat_n(it.clone(), times(at))).collect()
}

/// Turns of a question, a call of a tool, its result and an answer: 2.5 kB each, and twenty tools.
fn conversation(format: &str, model: &str, turns: usize) -> Value {
    let text = "It is \"sunny\" in Z\u{fc}rich.\n".repeat(40);
    let arguments = json!({"city": "Zurich"});
    let call = |at: usize| format!("call_{at}");
    let messages = (0..turns).flat_map(|at| match format {
        "chat" => vec![
            json!({"role": "user", "content": [{"type": "text", "text": text}]}),
            json!({"role": "assistant", "content": null, "tool_calls": [{"id": call(at), "type": "function",
                "function": {"name": "tool_1", "arguments": arguments.to_string()}}]}),
            json!({"role": "tool", "tool_call_id": call(at), "content": "sunny"}),
            json!({"role": "assistant", "content": text}),
        ],
        "messages" => vec![
            json!({"role": "user", "content": [{"type": "text", "text": text}]}),
            json!({"role": "assistant", "content": [
                {"type": "tool_use", "id": call(at), "name": "tool_1", "input": arguments}]}),
            json!({"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": call(at), "content": "sunny"}]}),
            json!({"role": "assistant", "content": text}),
        ],
        _ => vec![
            json!({"role": "user", "content": [{"type": "input_text", "text": text}]}),
            json!({"type": "function_call", "call_id": call(at), "name": "tool_1", "arguments": arguments.to_string()}),
            json!({"type": "function_call_output", "call_id": call(at), "output": "sunny"}),
            json!({"role": "assistant", "content": [{"type": "output_text", "text": text}]}),
        ],
    });
    let end = json!({"role": "user", "content": "And tomorrow?"});
    let messages: Vec<Value> = messages.chain([end]).collect();
    let schema = json!({"type": "object", "required": ["city"], "properties": {
        "city": {"type": "string", "description": "Where"}, "days": {"type": "integer", "minimum": 1}}});
    let tools: Vec<Value> = (0..20).map(|at| tool(format, &format!("tool_{at}"), &schema)).collect();
    match format {
        "responses" => json!({"model": model, "input": messages, "tools": tools, "stream": true}),
        _ => json!({"model": model, "messages": messages, "tools": tools, "stream": true, "max_tokens": 100}),
    }
}

fn tool(format: &str, name: &str, schema: &Value) -> Value {
    let what = "Tells the weather";
    match format {
        "chat" => json!({"type": "function", "function": {"name": name, "description": what, "parameters": schema}}),
        "messages" => json!({"name": name, "description": what, "input_schema": schema}),
        _ => json!({"type": "function", "name": name, "description": what, "parameters": schema}),
    }
}

/// The recorded cases of this crate.
fn read() -> Result<Vec<Value>> {
    let mut cases = Vec::new();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data"))? {
        let path = file?.path();
        if path.extension().is_some_and(|it| it == "jsonl") {
            for line in std::fs::read_to_string(path)?.lines() {
                cases.push(serde_json::from_str(line)?);
            }
        }
    }
    Ok(cases)
}

//! One call in any format to any provider, and what has to hold of whatever comes out of it.

use policy::prices;
use provider_transform::completions::CompletionsFormat;
use provider_transform::messages::MessagesFormat;
use provider_transform::openai::format::ChatFormat;
use provider_transform::responses::ResponsesFormat;
use provider_transform::{
    ChatRequest, Cx, Fault, File, Files, Format, Frames, Object, Plan, Provider, ProviderError, Settings,
    TransformError, Usage, View, plan,
};
use serde_json::{Value, json};

use crate::seed::Seed;

/// Longest address that `http` reads, in bytes.
const MAX_URL: usize = 65_534;

/// The surroundings of a call.
pub(crate) fn with_cx<T>(
    provider: &'static Provider,
    model: &str,
    params: &Object,
    run: impl FnOnce(&mut Cx<'_>) -> T,
) -> T {
    run(&mut Cx {
        provider,
        model,
        params,
        settings: Settings::default(),
        info: prices::info(provider.slug, model),
        now: 1,
        files: &Files::default(),
        response_id: "chatcmpl-r",
    })
}

/// A request in a format, read as a function reads it.
pub(crate) fn parse(format: &str, request: &[u8]) -> Result<Box<dyn Format>, TransformError> {
    let malformed = |it: serde_json::Error| TransformError::MalformedJson { message: it.to_string() };
    Ok(match format {
        "chat" => Box::new(ChatFormat::new(ChatRequest::parse(request)?)),
        "messages" => Box::new(MessagesFormat::parse(serde_json::from_slice(request).map_err(malformed)?)?),
        "responses" => Box::new(ResponsesFormat::parse(request)?),
        _ => Box::new(CompletionsFormat::parse(request)?),
    })
}

/// The plain question in a format.
pub(crate) fn hello(format: &str, model: &str) -> Value {
    match format {
        "chat" | "messages" => {
            json!({"model": model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9, "stream": true})
        }
        "responses" => json!({"model": model, "input": "Hi", "stream": true}),
        _ => json!({"model": model, "prompt": "Hi", "stream": true}),
    }
}

/// The plan, with every file it asks for.
pub(crate) fn planned(format: &dyn Format, cx: &Cx<'_>) -> Result<Plan, TransformError> {
    let view = View { model: "shown", shows_usage: true, prompt_tokens: 5, provider: cx.provider.slug, model_id: None };
    match plan(format, cx, &view) {
        Err(TransformError::NeedsFiles { urls }) => {
            assert!(!urls.is_empty(), "asks for no file");
            let mut files = Files::default();
            for url in urls {
                files.insert(url, File { media_type: String::new(), bytes: b"\x89PNG".as_slice().into() });
            }
            let again = plan(format, &Cx { files: &files, ..*cx }, &view);
            assert!(!matches!(again, Err(TransformError::NeedsFiles { .. })), "asks for files twice");
            again
        }
        planned => planned,
    }
}

/// Sends a request, or is refused; what is sent is sound.
pub(crate) fn send(format: &dyn Format, cx: &Cx<'_>) -> Option<Plan> {
    let plan = planned(format, cx).ok()?;
    let request = &plan.request;
    serde_json::from_slice::<serde::de::IgnoredAny>(&request.body).unwrap();
    // A model's name of tens of thousands of characters makes an address that nobody takes.
    if request.url.len() < MAX_URL {
        request.url.parse::<http::Uri>().unwrap_or_else(|error| panic!("{error}: {}", request.url));
    }
    Some(plan)
}

/// What a caller gets of a stream.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    text: String,
    error: Option<ProviderError>,
    usage: Option<Usage>,
}

/// Reads a stream that comes in pieces of `cut`; `None` where the request cannot be made.
pub(crate) fn read_stream(format: &dyn Format, cx: &Cx<'_>, bytes: &[u8], cut: usize) -> Option<Outcome> {
    let (mut stream, mut out) = (planned(format, cx).ok()?.reader.stream(cx), Frames::default());
    let pushed = bytes.chunks(cut).try_for_each(|it| stream.push(it, &mut out));
    let error = pushed.and_then(|()| stream.finish(&mut out)).err();
    if error.is_some() {
        stream.fail(&Fault { status: 500, ..Fault::default() }, &mut out);
    }
    let text = String::from_utf8(out.bytes.to_vec()).unwrap();
    Some(Outcome { text, error, usage: stream.usage().cloned() })
}

impl Outcome {
    /// The stream ends once, and nothing follows its end.
    pub(crate) fn check(&self, format: &str) {
        let mut events: Vec<&str> = self.text.lines().filter_map(|it| it.strip_prefix("data: ")).collect();
        let ends: &[&str] = match format {
            "messages" => &["message_stop", "error"],
            "responses" => &["response.completed", "response.incomplete", "response.failed", "error"],
            _ => &[],
        };
        if format == "responses" {
            assert_eq!(events.pop(), Some("[DONE]"));
        }
        let is_end = |data: &&&str| match serde_json::from_str::<Value>(data) {
            Ok(event) => event["type"].as_str().is_some_and(|it| ends.contains(&it)),
            Err(_) => ends.is_empty() && **data == "[DONE]",
        };
        // Anthropic's signs of life may go on.
        while events.last().is_some_and(|it| format == "messages" && it.contains("\"ping\"")) {
            events.pop();
        }
        assert_eq!(events.iter().filter(is_end).count(), 1, "ends: {:?}\n{}", self.error, self.text);
        assert!(events.last().as_ref().is_some_and(is_end), "goes on after its end:\n{}", self.text);
        assert!(events[..events.len() - 1].iter().all(|it| serde_json::from_str::<Value>(it).is_ok()), "{}", self.text);
        let is_field = |it: &str| it.is_empty() || it.starts_with("data: ") || it.starts_with("event: ");
        assert!(self.text.split('\n').all(is_field), "{}", self.text);
    }
}

/// Reads a whole answer and an error; what a caller gets is JSON.
pub(crate) fn read_whole(format: &dyn Format, cx: &Cx<'_>, bytes: &[u8], status: u16) {
    let Ok(plan) = planned(format, cx) else { return };
    let error = plan.reader.error(cx, status, bytes);
    assert!((400..600).contains(&error.status), "{error:?}");
    match plan.reader.whole(cx, bytes) {
        Ok(whole) => drop(serde_json::from_slice::<serde::de::IgnoredAny>(&whole.body).unwrap()),
        Err(error) => assert!((400..600).contains(&error.status), "{error:?}"),
    }
}

/// Runs `run` for the seed's own request and for the plain one in every other format.
pub(crate) fn in_every_format(seed: &Seed, run: impl Fn(&str, &dyn Format, &Cx<'_>)) {
    let provider = seed.provider();
    with_cx(provider, &seed.model, &seed.params, |cx| {
        for format in crate::seed::FORMATS {
            let request = if *format == seed.format { seed.request.clone() } else { hello(format, &seed.model) };
            if let Ok(parsed) = parse(format, request.to_string().as_bytes()) {
                run(format, parsed.as_ref(), cx);
            }
        }
    });
}

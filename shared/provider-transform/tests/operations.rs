//! Arbitrary requests and answers never panic an operation, and nothing a client names can break out of a form.

#![expect(clippy::unwrap_used, reason = "a test program")]

use bytes::Bytes;
use proptest::prelude::*;
use provider_transform::operation::{Ask, Kind, Reply, Upload};
use provider_transform::{Cx, Files, ModelInfo, Object, Settings, find};
use serde_json::{Value, json};

const KINDS: &[Kind] = &[
    Kind::Embeddings,
    Kind::Rerank,
    Kind::Images,
    Kind::ImageEdits,
    Kind::Speech,
    Kind::Transcriptions,
    Kind::Moderations,
];

/// A provider of every protocol, with models that take different forms.
const MODELS: &[(&str, &str)] = &[
    ("azure", "m"),
    ("azure_ai", "m"),
    ("bedrock", "amazon.titan-embed-text-v1"),
    ("bedrock", "amazon.titan-embed-text-v2:0"),
    ("bedrock", "amazon.titan-embed-image-v1"),
    ("bedrock", "amazon.nova-2-multimodal-embeddings-v1:0"),
    ("bedrock", "amazon.nova-canvas-v1:0"),
    ("bedrock", "cohere.embed-v4:0"),
    ("bedrock", "stability.sd3-5-large-v1:0"),
    ("bedrock", "stability.stable-diffusion-xl-v1"),
    ("cohere", "m"),
    ("gemini", "gemini-2.5-flash-image"),
    ("gemini", "imagen-4"),
    ("jina_ai", "m"),
    ("nvidia_nim", "ranking/m"),
    ("ollama", "m"),
    ("openai", "gpt-image-1"),
    ("openai", "whisper-1"),
    ("vertex_ai", "gemini-2.5-flash-image"),
    ("vertex_ai", "multimodalembedding@001"),
    ("vertex_ai", "text-embedding-005"),
    ("voyage", "m"),
];

fn with_cx<T>(slug: &str, model: &str, run: impl FnOnce(&Cx<'_>) -> T) -> T {
    let params = json!({"vertex_project": "p", "api_base": "https://host.example"});
    run(&Cx {
        provider: find(slug).unwrap(),
        model,
        params: params.as_object().unwrap(),
        settings: Settings { drop_params: true, ..Settings::default() },
        info: ModelInfo::default(),
        files: &Files::default(),
        now: 1,
        response_id: "id",
    })
}

fn upload(field: &str, file_name: &str, media_type: &str, bytes: &[u8]) -> Upload {
    Upload {
        field: field.into(),
        file_name: file_name.into(),
        media_type: media_type.into(),
        bytes: Bytes::copy_from_slice(bytes),
    }
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec!["a", "", "1024x1536", "0x0", "data:image/png;base64,AA==", "gs://b/c.mp4", "base64"])
            .prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "data",
        "embedding",
        "embeddings",
        "values",
        "results",
        "index",
        "usage",
        "input_tokens",
        "meta",
        "text",
        "predictions",
        "candidates",
        "content",
        "parts",
        "inlineData",
        "images",
        "records",
        "id",
        "duration",
        "choices",
    ]);
    leaf().prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..4)
                .prop_map(|it| Value::Object(it.into_iter().map(|(name, it)| (name.to_owned(), it)).collect())),
        ]
    })
}

fn fields() -> impl Strategy<Value = Object> {
    let names = [
        "input",
        "query",
        "documents",
        "prompt",
        "voice",
        "size",
        "n",
        "dimensions",
        "encoding_format",
        "top_n",
        "return_documents",
        "response_format",
        "task_type",
        "extra_body",
        "user",
    ];
    prop::collection::vec(value(), names.len()).prop_map(move |values| {
        let fields = names.iter().zip(values).map(|(name, it)| ((*name).to_owned(), it));
        fields.chain([("model".to_owned(), "m".into())]).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_request_is_sent_or_refused_and_any_answer_read_or_refused(
        fields in fields(), answer in value(), noise in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let uploads = vec![upload("file", "a.wav", "audio/wav", &noise), upload("image", "a.png", "image/png", &noise)];
        let answer = serde_json::to_vec(&answer).unwrap();
        for kind in KINDS {
            let Ok(ask) = Ask::new(*kind, fields.clone(), uploads.clone()) else { continue };
            for (slug, model) in MODELS {
                with_cx(slug, model, |cx| {
                    let Some(operation) = cx.provider.operations.get(*kind) else { return };
                    for request in operation.request(cx, &ask).unwrap_or_default() {
                        request.url.parse::<http::Uri>().unwrap();
                    }
                    for body in [answer.as_slice(), noise.as_slice()] {
                        operation.response(cx, &ask, &[Reply { content_type: None, body }]).ok();
                        let error = operation.error(cx, 418, body);
                        assert!((400..600).contains(&error.status), "{error:?}");
                    }
                });
            }
        }
    }

    #[test]
    fn forms_hold_what_they_were_given(
        name in "[a-z\"\\r\\n;]{1,12}", media_type in "[a-z/\\r\\n:]{0,12}", text in ".{0,40}",
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = bytes;
        bytes.extend_from_slice(b"\r\n--form-id\r\n--form-id0--\r\n");
        let mut fields = Object::new();
        fields.insert("model".into(), "m".into());
        fields.insert("prompt".into(), text.clone().into());
        fields.insert("response_format".into(), "json".into());
        let ask = Ask::new(Kind::Transcriptions, fields, vec![upload("file", &name, &media_type, &bytes)]).unwrap();
        let request = with_cx("groq", "m", |cx| {
            cx.provider.operations.transcriptions.unwrap().request(cx, &ask).unwrap().remove(0)
        });
        let kind = request.headers["content-type"].to_str().unwrap();
        let line = format!("--{}", kind.split_once("boundary=").unwrap().1);
        let at: Vec<usize> = memchr::memmem::find_iter(&request.body, line.as_bytes()).collect();
        // Model, prompt, format and file, and the end.
        prop_assert_eq!(at.len(), 5);
        prop_assert!(memchr::memmem::find(&request.body, &bytes).is_some());
        let head = &request.body[at[3]..];
        let head = String::from_utf8_lossy(&head[..memchr::memmem::find(head, b"\r\n\r\n").unwrap()]).into_owned();
        // The boundary, the name and the media type, each a line.
        prop_assert_eq!(head.lines().count(), 3, "{}", head);
        prop_assert_eq!(head.matches('"').count(), 4, "{}", head);
    }
}

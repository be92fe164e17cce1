//! What recorded cases do not show of text completions.

use serde_json::{Value, json};

use super::CompletionsFormat;
use crate::{Cx, Files, ModelInfo, Object, ProviderRequest, Settings, TransformError, View, find, plan};

fn sent(slug: &str, more: Value) -> Result<ProviderRequest, TransformError> {
    let mut body = json!({"model": "m"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let format = CompletionsFormat::parse(body.to_string().as_bytes())?;
    let params = Object::new();
    let cx = Cx {
        provider: find(slug).unwrap(),
        model: "m",
        params: &params,
        settings: Settings::default(),
        info: ModelInfo::default(),
        files: &Files::default(),
        now: 7,
        response_id: "r",
    };
    let view = View { model: "m", shows_usage: false, prompt_tokens: 0, provider: "openai", model_id: None };
    plan(&format, &cx, &view).map(|it| it.request)
}

fn body(request: &ProviderRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[test]
fn what_chat_cannot_do_is_refused_there_and_sent_elsewhere() {
    let cases = [
        (json!({"prompt": "a", "suffix": "b"}), "suffix"),
        (json!({"prompt": "a", "echo": true}), "echo"),
        (json!({"prompt": ["a", "b"]}), "prompt"),
        (json!({"prompt": [1, 2]}), "prompt"),
    ];
    for (request, param) in cases {
        let refused = sent("openai", request.clone()).unwrap_err();
        assert!(refused.to_string().contains(param), "{refused}");
        let native = body(&sent("text-completion-openai", request.clone()).unwrap());
        assert_eq!(native[param], request[param]);
    }
    assert!(sent("openai", json!({"prompt": ["a"], "echo": false, "best_of": 1})).is_ok());
}

#[test]
fn log_probabilities_have_other_words_in_chat() {
    let chat = body(&sent("openai", json!({"prompt": "a", "logprobs": 3})).unwrap());
    assert_eq!((&chat["logprobs"], &chat["top_logprobs"]), (&json!(true), &json!(3)));
    let native = body(&sent("text-completion-openai", json!({"prompt": "a", "logprobs": 3})).unwrap());
    assert_eq!((&native["logprobs"], native.get("top_logprobs")), (&json!(3), None));
}

#[test]
fn requests_without_a_prompt_are_refused() {
    for request in [json!({}), json!({"prompt": null}), json!({"prompt": 1})] {
        assert!(matches!(sent("openai", request), Err(TransformError::Invalid { param, .. }) if param == "prompt"));
    }
}

//! Where Foundry's models are, and how a call authenticates there.

use serde_json::json;

use crate::{Auth, ChatRequest, Cx, Files, ModelInfo, Settings, find};

fn sent(model: &str, params: serde_json::Value) -> (String, Auth) {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "u"}]});
    let req = ChatRequest::parse(body.to_string().as_bytes()).unwrap();
    let cx = Cx {
        provider: find("azure_ai").unwrap(),
        model,
        params: params.as_object().unwrap(),
        settings: Settings::default(),
        info: ModelInfo::default(),
        now: 0,
        files: &Files::default(),
        response_id: "r",
    };
    let request = cx.provider.chat.unwrap().request(&cx, &req).unwrap();
    (request.url, request.auth)
}

#[test]
fn addresses() {
    let resource = "https://r.services.ai.azure.com";
    let models = format!("{resource}/models/chat/completions?api-version=2024-05-01-preview");
    let claude = format!("{resource}/anthropic/v1/messages");
    let cases = [
        ("grok-3", json!({"api_base": resource}), models.clone(), Auth::Azure),
        ("grok-3", json!({"api_base": models}), models.clone(), Auth::Azure),
        (
            "grok-3",
            json!({"api_base": format!("{resource}/models"), "api_version": "2025-01-01"}),
            format!("{resource}/models/chat/completions?api-version=2025-01-01"),
            Auth::Azure,
        ),
        (
            "grok-3",
            json!({"api_base": format!("{resource}/openai/v1/")}),
            format!("{resource}/openai/v1/chat/completions"),
            Auth::Azure,
        ),
        (
            "Mistral-large",
            json!({"api_base": "https://m.eastus.inference.ai.azure.com/v1"}),
            "https://m.eastus.inference.ai.azure.com/v1/chat/completions".to_owned(),
            Auth::Bearer,
        ),
        (
            "m",
            json!({"api_base": "https://services.ai.azure.com.evil.example"}),
            "https://services.ai.azure.com.evil.example/chat/completions".to_owned(),
            Auth::Bearer,
        ),
        ("claude-sonnet-4-5", json!({"api_base": resource}), claude.clone(), Auth::Azure),
        ("claude-sonnet-4-5", json!({"api_base": format!("{resource}/anthropic")}), claude.clone(), Auth::Azure),
        ("claude-sonnet-4-5", json!({"api_base": claude}), claude.clone(), Auth::Azure),
    ];
    for (model, params, url, auth) in cases {
        assert_eq!(sent(model, params.clone()), (url, auth), "{model} {params}");
    }
}

use serde_json::{Value, json};

use super::{Place, VertexChat};
use crate::{Auth, ChatDialect, ChatRequest, Cx, Files, ModelInfo, Settings, TransformError, find};

fn address(params: Value, model: &str) -> Result<String, TransformError> {
    let params = params.as_object().cloned().unwrap();
    let cx = Cx {
        provider: find("vertex_ai").unwrap(),
        model,
        params: &params,
        settings: Settings::default(),
        info: ModelInfo::default(),
        now: 7,
        files: &Files::default(),
        response_id: "chatcmpl-1",
    };
    Ok(Place::of(&cx)?.model("v1", "anthropic", model, "rawPredict"))
}

#[test]
fn a_place_has_a_host_of_its_own() {
    let table = [
        (
            json!({"vertex_project": "p"}),
            "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1",
        ),
        (
            json!({"vertex_project": "p", "vertex_location": "global"}),
            "https://aiplatform.googleapis.com/v1/projects/p/locations/global",
        ),
        (
            json!({"vertex_ai_project": "p", "vertex_ai_location": "eu"}),
            "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu",
        ),
        (
            json!({"vertex_project": "p", "api_base": "https://proxy.example/"}),
            "https://proxy.example/v1/projects/p/locations/us-central1",
        ),
        (
            json!({"vertex_project": "p", "api_base": "https://proxy.example/v1"}),
            "https://proxy.example/v1/projects/p/locations/us-central1",
        ),
    ];
    for (params, start) in table {
        let want = format!("{start}/publishers/anthropic/models/claude-x@1:rawPredict");
        assert_eq!(address(params, "claude-x@1").unwrap(), want);
    }
    let whole = "https://proxy.example/v1/projects/p/locations/l/publishers/anthropic/models/m";
    assert_eq!(address(json!({"api_base": whole}), "claude-x").unwrap(), format!("{whole}:rawPredict"));
}

#[test]
fn no_name_leads_to_another_host_or_path() {
    for location in ["evil.example/", "a@b", "a#", "a?b", "a:1"] {
        assert!(
            address(json!({"vertex_project": "p", "vertex_location": location}), "claude-x").is_err(),
            "{location}"
        );
    }
    assert!(address(json!({}), "claude-x").is_err());
    let url = address(json!({"vertex_project": "p/../q"}), "claude-x/../../y:z?a#b").unwrap();
    assert!(url.ends_with("/projects/p%2F..%2Fq/locations/us-central1/publishers/anthropic/models/claude-x%2F..%2F..%2Fy%3Az%3Fa%23b:rawPredict"), "{url}");
}

#[test]
fn open_models_are_spoken_to_in_chat_completions() {
    let table = [
        ("meta/llama-3.3-70b-instruct-maas", "endpoints/openapi/chat/completions", "meta/llama-3.3-70b-instruct-maas"),
        ("mistral-large@2407", "publishers/mistralai/models/mistral-large@2407:rawPredict", "mistral-large@2407"),
        ("mistralai/codestral-2", "publishers/mistralai/models/codestral-2:rawPredict", "codestral-2"),
        ("jamba-1.5-mini@001", "publishers/ai21/models/jamba-1.5-mini@001:rawPredict", "jamba-1.5-mini@001"),
    ];
    for (model, path, name) in table {
        let params = json!({"vertex_project": "p"}).as_object().cloned().unwrap();
        let cx = Cx {
            provider: find("vertex_ai").unwrap(),
            model,
            params: &params,
            settings: Settings::default(),
            info: ModelInfo::default(),
            now: 7,
            files: &Files::default(),
            response_id: "chatcmpl-1",
        };
        let body = json!({"model": model, "messages": [{"role": "user", "content": "Hi"}], "tool_choice": "required",
            "tools": [{"type": "function", "function": {"name": "f"}}]});
        let req = ChatRequest::from_object(body.as_object().cloned().unwrap()).unwrap();
        let sent = VertexChat.request(&cx, &req).unwrap();
        let start = "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1";
        assert_eq!(sent.url, format!("{start}/{path}"));
        assert_eq!(sent.auth, Auth::Google);
        let body: Value = serde_json::from_slice(&sent.body).unwrap();
        assert_eq!(body["model"], name);
        assert_eq!(body["tool_choice"], if name.contains("stral") { "any" } else { "required" });
    }
}

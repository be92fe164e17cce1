use super::{ModelId, Protocol, Route, error, exception, model, url};
use crate::bedrock::Operation;
use crate::event_stream::{Kind, Message};
use crate::{Cx, ErrorClass, Files, ModelInfo, Object, Settings, find};

fn with_cx<T>(model: &str, params: serde_json::Value, run: impl FnOnce(&Cx<'_>) -> T) -> T {
    let params: Object = params.as_object().cloned().unwrap();
    run(&Cx {
        provider: find("bedrock").unwrap(),
        model,
        params: &params,
        settings: Settings::default(),
        info: ModelInfo::default(),
        files: &Files::default(),
        now: 1,
        response_id: "r",
    })
}

#[test]
fn names_are_taken_apart() {
    let profile = "arn:aws:bedrock:eu-west-1:123:inference-profile/us.anthropic.claude-v1:0";
    let import = "arn:aws:bedrock:us-east-1:123:imported-model/abc";
    let rows = [
        ("anthropic.claude-v2:1", Route::Default, None, None, "anthropic.claude-v2:1", "anthropic.claude-v2:1"),
        (
            "converse/us.amazon.nova-pro-v1:0",
            Route::Converse,
            None,
            None,
            "us.amazon.nova-pro-v1:0",
            "amazon.nova-pro-v1:0",
        ),
        ("invoke/eu-west-1/cohere.x", Route::Invoke, Some("eu-west-1"), None, "cohere.x", "cohere.x"),
        (
            "us-gov-west-1/us-gov.anthropic.a",
            Route::Default,
            Some("us-gov-west-1"),
            None,
            "us-gov.anthropic.a",
            "anthropic.a",
        ),
        (profile, Route::Default, Some("eu-west-1"), None, profile, "anthropic.claude-v1:0"),
        ("agent/ABC/DEF", Route::Other("agent"), None, None, "ABC/DEF", "ABC/DEF"),
        ("anthropic.a-v2:0:51k", Route::Default, None, None, "anthropic.a-v2:0:51k", "anthropic.a-v2:0"),
        ("zai.glm-4.7", Route::Default, None, None, "zai.glm-4.7", "zai.glm-4.7"),
    ];
    for (name, route, region, spec, id, base) in rows {
        let parsed = ModelId::parse(name);
        assert_eq!((parsed.route, parsed.region, parsed.spec, parsed.id, parsed.base), (route, region, spec, id, base));
    }
    let named = format!("llama/{import}");
    let parsed = ModelId::parse(&named);
    assert_eq!((parsed.spec, parsed.id, parsed.region), (Some("llama"), import, Some("us-east-1")));
}

#[test]
fn a_model_has_one_protocol() {
    let rows = [
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", Protocol::Converse),
        ("invoke/us.anthropic.claude-opus-4-7", Protocol::Invoke),
        ("cohere.command-r-v1:0", Protocol::Invoke),
        ("converse/cohere.command-r-v1:0", Protocol::Converse),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", Protocol::Converse),
        ("llama/arn:aws:bedrock:us-east-1:1:imported-model/abc", Protocol::Invoke),
        ("nova-2/arn:aws:bedrock:us-east-1:1:custom-model-deployment/abc", Protocol::Converse),
    ];
    for (name, protocol) in rows {
        assert_eq!(ModelId::parse(name).protocol(), protocol, "{name}");
    }
}

#[test]
fn addresses_follow_region_endpoint_and_id() {
    let rows = [
        (
            "a.b-v1:0",
            serde_json::json!({}),
            "https://bedrock-runtime.us-west-2.amazonaws.com/model/a.b-v1%3A0/converse",
        ),
        (
            "cn-north-1/a.b",
            serde_json::json!({}),
            "https://bedrock-runtime.cn-north-1.amazonaws.com.cn/model/a.b/converse",
        ),
        (
            "a.b",
            serde_json::json!({"model_id": "arn:aws:bedrock:us-east-2:1:provisioned-model/x"}),
            "https://bedrock-runtime.us-east-2.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aus-east-2%3A1%3Aprovisioned-model%2Fx/converse",
        ),
        (
            "a.b",
            serde_json::json!({"aws_bedrock_runtime_endpoint": "https://vpce.example/", "aws_region_name": "eu-west-1"}),
            "https://vpce.example/model/a.b/converse",
        ),
        // A region never names another host.
        (
            "a.b",
            serde_json::json!({"aws_region_name": "evil.example/#-1"}),
            "https://bedrock-runtime.us-west-2.amazonaws.com/model/a.b/converse",
        ),
        (
            "../../x?y#z",
            serde_json::json!({}),
            "https://bedrock-runtime.us-west-2.amazonaws.com/model/..%2F..%2Fx%3Fy%23z/converse",
        ),
    ];
    for (name, params, want) in rows {
        with_cx(name, params, |cx| assert_eq!(url(cx, Operation::Converse), want));
    }
    with_cx("invoke/a.b:0", serde_json::json!({}), |cx| {
        assert!(url(cx, Operation::InvokeStream).ends_with("/model/a.b:0/invoke-with-response-stream"));
    });
    assert!(!model::is_region("us") && !model::is_region("nova-2") && model::is_region("ap-southeast-2"));
}

#[test]
fn failures_have_bedrocks_words() {
    let refused = error("bedrock", 400, br#"{"message": "Input is too long for requested model."}"#);
    assert_eq!((refused.class, refused.status), (ErrorClass::ContextWindow, 400));
    let slowed = error("bedrock", 400, br#"{"Message": "ThrottlingException: Rate exceeded"}"#);
    assert_eq!((slowed.class, slowed.status), (ErrorClass::RateLimit, 429));
    let broken = Message { kind: Kind::Exception, name: "brandNewException", error: "", payload: b"oops" };
    let broken = exception("bedrock", &broken);
    assert_eq!((broken.class, broken.status, &*broken.message), (ErrorClass::ApiConnection, 500, "oops"));
}

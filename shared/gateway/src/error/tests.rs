use super::*;
use crate::ReplyBody;
use crate::body::provider_error;
use provider_transform::{ErrorClass, ProviderError};
use serde_json::Value;

fn body(error: ApiError) -> Value {
    let ReplyBody::Full(bytes) = error.reply().body else { panic!("an error is no stream") };
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn both_shapes() {
    let refused = || ApiError::new(StatusCode::FORBIDDEN, "permission_error", "No.").param("model");
    let object = json!({"message": "No.", "type": "permission_error", "param": "model", "code": "403"});
    assert_eq!(body(refused()), json!({"error": object}));
    assert_eq!(body(ApiError { shape: Shape::Detail, ..refused() }), json!({"detail": "No."}));
    assert_eq!(body(ApiError::not_found("Not Found")), json!({"detail": "Not Found"}));
}

#[test]
fn anthropic_shape() {
    let error = ApiError::unauthorized("No key.").header("x-litellm-call-id", "c-1").shaped(Shape::Anthropic);
    let object = json!({"type": "authentication_error", "message": "No key."});
    assert_eq!(body(error), json!({"type": "error", "error": object, "request_id": "c-1"}));
    let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "budget_exceeded", "Spent.").shaped(Shape::Anthropic);
    assert_eq!(body(error)["error"]["type"], "invalid_request_error");
}

#[test]
fn parameters() {
    for (error, expected) in [
        (ApiError::invalid("x"), Value::Null),
        (ApiError::unauthorized("x"), "None".into()),
        (ApiError::invalid("x").param("tools"), "tools".into()),
    ] {
        assert_eq!(body(error)["error"]["param"], expected);
    }
}

#[test]
fn what_lies_beneath_stays_inside() {
    let beneath = || std::io::Error::other("password=hunter2 at 10.0.0.7");
    for (error, status) in [
        (ApiError::internal(beneath()), 500),
        (ApiError::unavailable(beneath()), 503),
        (ApiError::invalid("Bad.").because(beneath()), 400),
    ] {
        assert!(error.source.is_some());
        let object = error.object().to_string();
        let reply = error.reply();
        assert_eq!(reply.status.as_u16(), status);
        let ReplyBody::Full(bytes) = &reply.body else { panic!("an error is no stream") };
        for text in [object, String::from_utf8(bytes.to_vec()).unwrap(), format!("{:?}", reply.headers)] {
            assert!(!text.contains("hunter2") && !text.contains("10.0.0.7"), "{text}");
        }
    }
}

#[test]
fn a_header_that_cannot_be_one_is_left_out() {
    let error = ApiError::invalid("x").header("retry-after", "60").header("reset_at", "a\nb");
    let headers = error.reply().headers;
    assert_eq!(headers["retry-after"], "60");
    assert_eq!(headers["content-type"], "application/json");
    assert!(!headers.contains_key("reset_at"));
}

#[test]
fn a_providers_words_reach_the_caller_and_not_the_log() {
    let said = |class| ProviderError {
        param: Some("messages".to_owned()),
        ..ProviderError::new("openai", class, 400, "your prompt `secret plan` is bad")
    };
    let error = provider_error(&said(ErrorClass::BadRequest));
    assert!(error.message.starts_with("litellm.BadRequestError: OpenAIException - your prompt"), "{}", error.message);
    assert_eq!((error.param, error.class), (Param::Name("messages".to_owned()), Some("BadRequestError")));
    let logged = error.source.as_ref().map(ToString::to_string).unwrap();
    assert!(!logged.contains("secret plan"), "{logged}");
    assert_eq!(provider_error(&said(ErrorClass::ContextWindow)).param, Param::Null);
}

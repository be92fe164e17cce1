use super::*;

#[test]
fn what_is_laid_over_goes_first_and_what_lies_beneath_last() {
    // Cargo sets it for every test.
    let name = "CARGO_PKG_NAME";
    let process = Environment::of_process();
    assert_eq!(process.get(name).as_deref(), Some("gateway"));
    assert_eq!(process.laid_over(name), None);
    let over = process.clone().with(name, "mine");
    assert_eq!(over.get(name).as_deref(), Some("mine"));
    assert_eq!(over.laid_over(name), Some("mine"));
    assert_eq!(process.clone().or(name, "beneath").get(name).as_deref(), Some("gateway"));
    assert_eq!(process.or("GATEWAY_NO_SUCH_NAME", "beneath").get("GATEWAY_NO_SUCH_NAME").as_deref(), Some("beneath"));
}

#[test]
fn an_empty_value_is_none() {
    let empty = Environment::isolated().with("A", "");
    assert_eq!(empty.get("A"), None);
    assert_eq!(empty.or("A", "beneath").get("A").as_deref(), Some("beneath"));
    assert_eq!(Environment::of_process().with("CARGO_PKG_NAME", "").get("CARGO_PKG_NAME"), None);
}

#[test]
fn isolated_sees_nothing_of_the_process() {
    assert_eq!(Environment::isolated().get("CARGO_PKG_NAME"), None);
    assert_eq!(Environment::isolated().with("A", "1").get("A").as_deref(), Some("1"));
}

#[test]
fn shows_no_value() {
    let env = Environment::isolated().with("LITELLM_MASTER_KEY", "sk-secret").or("OPENAI_API_KEY", "sk-hidden");
    let shown = format!("{env:?}");
    assert!(!shown.contains("sk-") && shown.contains("isolated"), "{shown}");
}

#[test]
fn credentials_of_the_tables_are_not_those_of_providers() {
    let lambda = Environment::isolated().with("AWS_ACCESS_KEY_ID", "mine").with("OPENAI_API_KEY", "sk");
    assert_eq!(lambda.for_providers("AWS_ACCESS_KEY_ID").as_deref(), Some("mine"));
    let local = lambda.with("GATEWAY_AWS_ENDPOINT", "http://127.0.0.1:1").or("AWS_SECRET_ACCESS_KEY", "secret");
    assert_eq!(local.for_providers("AWS_ACCESS_KEY_ID"), None);
    assert_eq!(local.for_providers("AWS_SECRET_ACCESS_KEY").as_deref(), Some("secret"));
    assert_eq!(local.for_providers("OPENAI_API_KEY").as_deref(), Some("sk"));
    assert_eq!(local.get("AWS_ACCESS_KEY_ID").as_deref(), Some("mine"));
}

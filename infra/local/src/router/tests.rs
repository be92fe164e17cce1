use super::*;
use crate::template::{TEMPLATE, Template};

fn router() -> Router<String> {
    let mut router = Router::default();
    for function in Template::parse(TEMPLATE).unwrap().functions {
        for route in function.routes {
            router.add(route.method, &route.path, function.name.clone());
        }
    }
    router.add(Method::GET, "/files/{id}", "file".to_owned());
    router.add(Method::GET, "/files/{file}/content", "content".to_owned());
    router.add(Method::GET, "/files/all", "all".to_owned());
    router.add(Method::GET, "/files/all/{rest+}", "rest".to_owned());
    router
}

/// One line of the table: method, path, and the target with its parameters or the refusal.
fn check(router: &Router<String>, method: &str, path: &str, expected: &str) {
    let found = match router.find(&method.parse().unwrap(), path) {
        Found::Route(target, parameters) => {
            let parameters: Vec<String> =
                parameters.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{target} {}", parameters.join(",")).trim_end().to_owned()
        }
        Found::WrongMethod(allowed) => format!("405 {allowed:?}"),
        Found::Nothing => "404".to_owned(),
    };
    assert_eq!(found, expected, "{method} {path}");
}

#[test]
fn routes() {
    let router = router();
    for (method, path, expected) in [
        ("POST", "/v1/chat/completions", "ChatCompletionsFunction"),
        ("POST", "/chat/completions/", "ChatCompletionsFunction"),
        ("POST", "/engines/gpt-4o/chat/completions", "ChatCompletionsFunction model=gpt-4o"),
        ("POST", "/openai/deployments/openai%2Fgpt-4o/chat/completions", "ChatCompletionsFunction model=openai/gpt-4o"),
        ("GET", "/v1/chat/completions", "405 [POST]"),
        ("GET", "/", "HealthFunction"),
        ("GET", "", "HealthFunction"),
        ("POST", "/", "405 [GET]"),
        ("GET", "/models", "ModelsFunction"),
        ("GET", "/v1/models/openai/gpt-4o", "ModelsFunction id=openai/gpt-4o"),
        ("GET", "/v1/models/openai%2Fgpt-4o", "ModelsFunction id=openai/gpt-4o"),
        ("GET", "/model/info", "ModelsFunction"),
        ("POST", "/key/regenerate", "KeysFunction"),
        ("POST", "/key/sk-1/regenerate", "KeysFunction key=sk-1"),
        ("POST", "/key//regenerate", "404"),
        ("GET", "/key", "404"),
        ("GET", "/nothing/here", "404"),
        ("GET", "/V1/models", "404"),
        ("GET", "/files/7", "file id=7"),
        ("GET", "/files/7/content", "content file=7"),
        ("GET", "/files/all", "all"),
        ("GET", "/files/all/content", "rest rest=content"),
        ("GET", "/files/all/a/b", "rest rest=a/b"),
        ("GET", "/files/7/other", "404"),
        ("GET", "/files/%E2%98%83%ff", "file id=\u{2603}\u{fffd}"),
    ] {
        check(&router, method, path, expected);
    }
}

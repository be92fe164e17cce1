use serde_json::json;

use super::events;
use super::outcome::Outcome;
use crate::client::Call;

#[test]
fn finds_path_parameters_by_the_template() {
    let call = Call::post("/engines/gpt-4o/chat/completions?api-version=1", &json!({}));
    let event = events::rest(&call, "/engines/{model}/chat/completions");
    assert_eq!(event["pathParameters"], json!({"model": "gpt-4o"}));
    assert_eq!(event["queryStringParameters"]["api-version"], "1");
    let event = events::rest(&Call::get("/gemini/a/b"), "/gemini/{proxy+}");
    assert_eq!(event["pathParameters"], json!({"proxy": "a/b"}));
}

#[test]
fn reads_a_streamed_answer_whose_head_comes_in_pieces() {
    let pieces = ["{\"statusCode\":200,\"headers\":{\"A\":\"b\"}}\0\0\0", "\0\0\0\0\0data: 1\n\n", "data: 2\n\n"];
    let outcome = Outcome {
        streaming: true,
        pieces: pieces.map(|it| (std::time::Duration::ZERO, it.into())).to_vec(),
        ..Outcome::default()
    };
    let reply = outcome.reply().unwrap();
    assert_eq!((reply.status, reply.header("a")), (200, "b"));
    assert_eq!(reply.text(), "data: 1\n\ndata: 2\n\n");
    assert_eq!(reply.pieces.len(), 2);
}

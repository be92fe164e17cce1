//! A function's answer, as pieces on the runtime API and as the reply that API Gateway makes of it.

use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::Result;

/// Between the head and the body of a streamed HTTP answer.
const SEPARATOR: [u8; 8] = [0; 8];

/// What the runtime sends of an answer.
#[derive(Debug)]
pub(super) enum Part {
    /// The answer comes in streaming mode.
    Streaming,
    Data(Duration, Bytes),
    Error(Bytes),
    End(Duration),
}

/// An answer being uploaded.
pub struct Running {
    parts: UnboundedReceiver<Part>,
}

/// A whole answer; times count from the event's delivery.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Whether it came in streaming mode.
    pub streaming: bool,
    /// Pieces in the order of arrival.
    pub pieces: Vec<(Duration, Bytes)>,
    /// What the function reported instead of an answer.
    pub error: Option<String>,
    /// When the upload ended.
    pub took: Duration,
}

/// The HTTP reply inside an answer.
#[derive(Debug)]
pub struct Reply {
    /// Status code.
    pub status: u64,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body pieces with their time of arrival; one piece when buffered.
    pub pieces: Vec<(Duration, Bytes)>,
}

impl Running {
    pub(super) fn new(parts: UnboundedReceiver<Part>) -> Self {
        Self { parts }
    }

    /// The next piece as it arrives; none at the end.
    pub async fn piece(&mut self) -> Option<(Duration, Bytes)> {
        loop {
            match self.parts.recv().await? {
                Part::Data(time, data) => return Some((time, data)),
                Part::Streaming => {}
                Part::Error(_) | Part::End(_) => return None,
            }
        }
    }

    /// Waits for the rest.
    pub async fn finish(mut self) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        while let Some(part) = self.parts.recv().await {
            match part {
                Part::Streaming => outcome.streaming = true,
                Part::Data(time, data) => outcome.pieces.push((time, data)),
                Part::Error(text) => {
                    let text = String::from_utf8_lossy(&text).into_owned();
                    outcome.error.get_or_insert_default().push_str(&text);
                }
                Part::End(took) => {
                    outcome.took = took;
                    return Ok(outcome);
                }
            }
        }
        Err("the function's answer has no end".into())
    }
}

impl Outcome {
    /// The whole answer's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|(_, it)| it.iter().copied()).collect()
    }

    /// The answer as JSON: what a queue's or schedule's function returns.
    pub fn json(&self) -> Result<Value> {
        if let Some(error) = &self.error {
            return Err(format!("function error {error}").into());
        }
        Ok(serde_json::from_slice(&self.bytes())?)
    }

    /// The HTTP reply, from either wire format.
    pub fn reply(&self) -> Result<Reply> {
        if let Some(error) = &self.error {
            return Err(format!("function error {error}").into());
        }
        if self.streaming { self.streamed() } else { self.buffered() }
    }

    fn buffered(&self) -> Result<Reply> {
        let answer = self.json()?;
        let text = answer["body"].as_str().unwrap_or_default();
        let body = if answer["isBase64Encoded"] == true {
            base64::engine::general_purpose::STANDARD.decode(text)?
        } else {
            text.as_bytes().to_vec()
        };
        Ok(Reply {
            status: answer["statusCode"].as_u64().ok_or("no status code")?,
            headers: headers(&answer),
            pieces: vec![(self.took, body.into())],
        })
    }

    fn streamed(&self) -> Result<Reply> {
        let mut head = Vec::new();
        let mut pieces = self.pieces.iter();
        let rest = loop {
            let (time, piece) = pieces.next().ok_or("no end of the answer's head")?;
            let start = head.len();
            head.extend_from_slice(piece);
            if let Some(at) = head.windows(SEPARATOR.len()).position(|it| it == SEPARATOR) {
                let body = piece.slice(at + SEPARATOR.len() - start..);
                head.truncate(at);
                break (*time, body);
            }
        };
        let head: Value = serde_json::from_slice(&head)?;
        let pieces = std::iter::once(rest).chain(pieces.cloned());
        Ok(Reply {
            status: head["statusCode"].as_u64().ok_or("no status code")?,
            headers: headers(&head),
            pieces: pieces.filter(|(_, it)| !it.is_empty()).collect(),
        })
    }
}

impl Reply {
    /// The whole body as text.
    pub fn text(&self) -> String {
        let bytes: Vec<u8> = self.pieces.iter().flat_map(|(_, it)| it.iter().copied()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        let text = self.text();
        serde_json::from_str(&text).map_err(|error| format!("{error} in {text}").into())
    }

    /// A header's first value, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        let found = headers.find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
}

fn headers(answer: &Value) -> Vec<(String, String)> {
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    let single = answer["headers"].as_object().into_iter().flatten();
    let single = single.map(|(name, value)| (name.to_lowercase(), text(value)));
    let multiple = answer["multiValueHeaders"].as_object().into_iter().flatten();
    let multiple = multiple.flat_map(|(name, values)| {
        let values = values.as_array().into_iter().flatten();
        values.map(move |value| (name.to_lowercase(), text(value)))
    });
    single.chain(multiple).collect()
}

//! One recorded case, read leniently: a missing field reads as null.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use provider_transform::Object;
use serde_json::Value;

pub(crate) struct Case(pub(crate) Value);

/// What the provider did.
pub(crate) enum Reply<'a> {
    None,
    Timeout,
    Unreachable,
    Whole { status: u16, body: Cow<'a, [u8]> },
    Stream(Vec<Piece>),
}

/// One network write of a streamed answer, or what went wrong instead.
#[derive(Clone)]
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    Broken,
}

impl Case {
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    pub(crate) fn id(&self) -> &str {
        self.text("id")
    }

    pub(crate) fn family(&self) -> &str {
        self.text("family")
    }

    pub(crate) fn is_quirk(&self) -> bool {
        self.0["quirk"] == true
    }

    pub(crate) fn is_chat(&self) -> bool {
        self.text("incoming_api") == "chat"
    }

    pub(crate) fn is_responses(&self) -> bool {
        self.text("incoming_api") == "responses"
    }

    pub(crate) fn is_messages(&self) -> bool {
        self.text("incoming_api") == "messages"
    }

    /// Recorded through the proxy application, not the library.
    pub(crate) fn is_gateway(&self) -> bool {
        self.family().starts_with("gateway.")
    }

    pub(crate) fn params(&self) -> Object {
        let params = self.0["litellm_params"].as_object().cloned();
        params.unwrap_or_else(|| if self.is_gateway() { self.place() } else { Object::new() })
    }

    /// The proxy's recordings leave out their deployment: its place in a cloud is read off the address.
    fn place(&self) -> Object {
        let request = &self.0["provider_request"];
        let (host, path) = (&request["host"], request["path"].as_str().unwrap_or_default());
        let after = |name: &str| path.split('/').skip_while(|it| *it != name).nth(1);
        let region = host.as_str().and_then(|it| it.strip_prefix("bedrock-runtime.")?.split('.').next());
        let known = [
            ("vertex_project", after("projects")),
            ("vertex_location", after("locations")),
            ("aws_region_name", region),
        ];
        let mut place: Object =
            known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect();
        if let Some(host) = host.as_str().filter(|it| it.ends_with(".openai.azure.com")) {
            place.insert("api_base".into(), format!("https://{host}").into());
            place.insert("api_version".into(), request["query"]["api-version"].clone());
        }
        place
    }

    /// What a user's server served: its media type and its bytes; `None` unless it served them well.
    pub(crate) fn download(&self, url: &str) -> Option<(String, Vec<u8>)> {
        let requests = self.0["side_requests"].as_array()?;
        let reply = &requests.iter().find(|it| it["url"] == url)?["response"];
        let media_type = reply["headers"]["content-type"].as_str().unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let bytes = STANDARD.decode(reply["body_b64"].as_str()?).unwrap();
        (reply["status"] == 200).then(|| (media_type.to_owned(), bytes))
    }

    pub(crate) fn setting(&self, name: &str) -> bool {
        self.0["litellm_settings"][name] == true
    }

    /// Parts that need not match, by the first words of the recording's note.
    pub(crate) fn is_loose(&self, start: &str) -> bool {
        self.0["loose"].as_array().into_iter().flatten().any(|it| it.as_str().is_some_and(|it| it.starts_with(start)))
    }

    /// Status and `type` of the error that a caller gets.
    pub(crate) fn error(&self) -> Option<(u64, &str)> {
        if self.is_gateway() {
            let status = self.0["http_status"].as_u64().filter(|it| *it >= 400)?;
            return Some((status, self.0["body"]["error"]["type"].as_str().unwrap_or_default()));
        }
        let error = ["error", "stream_error"].iter().map(|it| &self.0[*it]).find(|it| it.is_object())?;
        let error = &error["gateway_error"];
        Some((error["http_status"].as_u64().unwrap_or_default(), error["type"].as_str().unwrap_or_default()))
    }

    /// The chunks a caller gets, and whether an error follows them.
    pub(crate) fn chunks(&self) -> Option<Vec<Value>> {
        if let Some(frames) = self.0["sse"].as_array() {
            let data = frames.iter().map(|it| it["data"].clone());
            return Some(data.filter(|it| it.is_object() && it.get("error").is_none()).collect());
        }
        self.0["chunks"].as_array().cloned()
    }

    pub(crate) fn response(&self) -> &Value {
        if self.is_gateway() { &self.0["body"] } else { &self.0["response"] }
    }

    pub(crate) fn reply(&self) -> Reply<'_> {
        let reply = &self.0["provider_response"];
        match reply["raise"].as_str() {
            Some("timeout") => return Reply::Timeout,
            Some(_) => return Reply::Unreachable,
            None => {}
        }
        let status = reply["status"].as_u64().unwrap_or_default() as u16;
        let decode = |text: &str| STANDARD.decode(text).unwrap();
        for (name, is_coded) in [("stream_events", false), ("stream_b64", true)] {
            if let Some(pieces) = reply[name].as_array() {
                let piece = |it: &Value| match it.as_str() {
                    Some(text) if is_coded => Piece::Bytes(decode(text)),
                    Some(text) => Piece::Bytes(text.as_bytes().to_vec()),
                    None => Piece::Broken,
                };
                return Reply::Stream(pieces.iter().map(piece).collect());
            }
        }
        let body = match (&reply["body"], &reply["body_text"], &reply["body_b64"]) {
            (_, Value::String(text), _) => Cow::Borrowed(text.as_bytes()),
            (_, _, Value::String(text)) => Cow::Owned(decode(text)),
            (Value::Null, ..) if reply.is_null() => return Reply::None,
            (body, ..) => Cow::Owned(serde_json::to_vec(body).unwrap()),
        };
        Reply::Whole { status, body }
    }
}

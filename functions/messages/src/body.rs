use gateway::chat::Extras;
use gateway::{ApiError, App, Request};
use provider_transform::Object;
use serde_json::{Value, json};

/// Headers of Anthropic's clients that its providers are to see.
const HANDED_ON: [&str; 2] = ["anthropic-beta", "anthropic-version"];

/// Reads the body: what is for the provider, and what is for the gateway.
pub(crate) fn read(app: &App, req: &Request) -> Result<(Object, Extras), ApiError> {
    let mut body = gateway::json_object(app, req)?;
    let mut extras = Extras::take(&mut body, req)?;
    if extras.end_user.is_none() {
        let user = body.get("metadata").and_then(|it| it.get("user_id")).and_then(Value::as_str);
        extras.end_user = user.map(str::to_owned);
    }
    hand_on(&mut body, req);
    Ok((body, extras))
}

/// A header of the call is a header of the provider's; one that the body names goes before it.
fn hand_on(body: &mut Object, req: &Request) {
    for name in HANDED_ON {
        let Some(value) = req.header(name) else { continue };
        let headers = body.entry("extra_headers").or_insert_with(|| json!({}));
        if let Some(headers) = headers.as_object_mut() {
            headers.entry(name).or_insert_with(|| value.into());
        }
    }
}

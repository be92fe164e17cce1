use gateway::chat::Extras;
use gateway::{ApiError, Request};
use provider_transform::Object;
use serde_json::Value;

/// Headers of Anthropic's clients that whoever speaks its API is to see, and the fields that stand for them.
const HANDED_ON: [(&str, &str); 2] = [("anthropic-beta", "anthropic_beta"), ("anthropic-version", "anthropic_version")];

/// Reads the body: what is for the provider, and what is for the gateway.
pub(crate) fn read(req: &Request, mut body: Object) -> Result<(Object, Extras), ApiError> {
    let mut extras = Extras::take(&mut body, req)?;
    if extras.end_user.is_none() {
        let user = body.get("metadata").and_then(|it| it.get("user_id")).and_then(Value::as_str);
        extras.end_user = user.map(str::to_owned);
    }
    hand_on(&mut body, req);
    Ok((body, extras))
}

/// Headers become fields, so that providers of other APIs are not told of them; what the body names goes before.
fn hand_on(body: &mut Object, req: &Request) {
    for (header, field) in HANDED_ON {
        if let Some(value) = req.header(header) {
            body.entry(field).or_insert_with(|| value.into());
        }
    }
}

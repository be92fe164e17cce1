use gateway::chat::Extras;
use gateway::{ApiError, App, Caller, Request};
use provider_transform::Object;

/// Headers of Anthropic's clients that whoever speaks its API is to see, and the fields that stand for them.
const HANDED_ON: [(&str, &str); 2] = [("anthropic-beta", "anthropic_beta"), ("anthropic-version", "anthropic_version")];

/// Reads the body: what is for the provider, and what is for the gateway.
pub(crate) fn read(app: &App, caller: &Caller, req: &Request, mut body: Object) -> Result<(Object, Extras), ApiError> {
    let extras = Extras::take(app, caller, &mut body, req)?;
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

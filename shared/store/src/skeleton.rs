//! The skeleton of a call's spend event as a reservation keeps it: short, since it is stored beside open calls.

use policy::money::Usd;
use policy::spend::{CallError, SpendEvent, Status};
use serde_json::{Map, Value};

use crate::StoreError;

/// What follows from the reservation, or is the same for every crashed call.
const KNOWN: [&str; 4] = ["id", "status", "ended", "estimated"];
const SPEND: &str = "spend";

/// The event without what is known anyway, at the price of what is reserved.
///
/// # Errors
/// [`StoreError::Malformed`].
pub(crate) fn shorten(event: &SpendEvent, spend: Usd) -> Result<String, StoreError> {
    let unmade = |error| StoreError::malformed("spend event", error);
    let Value::Object(mut fields) = serde_json::to_value(event).map_err(unmade)? else {
        return Err(StoreError::missing("spend event", "id"));
    };
    for name in KNOWN {
        fields.remove(name);
    }
    // As text, which keeps every digit.
    fields.insert(SPEND.to_owned(), spend.to_string().into());
    serde_json::to_string(&fields).map_err(unmade)
}

/// The event of a call that never sent one: it has failed, and costs what was reserved.
///
/// # Errors
/// [`StoreError::Malformed`].
pub(crate) fn crashed(skeleton: &str, id: &str, ended: u64) -> Result<SpendEvent, StoreError> {
    let unread = |error| StoreError::malformed("reservation", error);
    let mut fields: Map<String, Value> = serde_json::from_str(skeleton).map_err(unread)?;
    fields.insert("id".to_owned(), id.into());
    fields.insert("status".to_owned(), Status::Failure.as_str().into());
    let text = serde_json::to_string(&fields).map_err(unread)?;
    let event = SpendEvent::parse(&text).map_err(|error| StoreError::malformed("reservation", error))?;
    let error = Some(CallError { class: "crashed".to_owned(), ..CallError::default() });
    Ok(SpendEvent { estimated: true, ended, error, ..event })
}

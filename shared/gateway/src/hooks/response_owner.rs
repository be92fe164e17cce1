//! Lets a stored answer be continued by those alone who got it. Ids are written with their owner inside by
//! [`crate::ResponseIds`]; reading, deleting and cancelling check them in [`crate::chat::Place`].

use serde_json::Value;

use super::{Asking, Hook, Work, at_once};
use crate::ApiError;

/// The operation that continues answers.
const RESPONSES: &str = "aresponses";

pub(super) struct ResponseOwner;

impl Hook for ResponseOwner {
    fn asked<'a>(&'a self, asking: &'a mut Asking<'_>) -> Work<'a, Result<(), ApiError>> {
        if asking.call_type != RESPONSES {
            return None;
        }
        let id = asking.body.get("previous_response_id").and_then(Value::as_str)?;
        asking.app.response_ids.open(asking.caller, id).err().and_then(|refusal| at_once(Err(refusal)))
    }
}

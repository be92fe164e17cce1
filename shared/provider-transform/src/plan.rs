//! The one way from a caller's request to a provider and back.

use crate::format::hub;
use crate::{Cx, Format, Plan, TransformError, View, openai_responses};

/// The way to `cx.provider`: the direct one where it speaks the caller's format, else through the hub.
///
/// # Errors
/// [`TransformError`] when the request is invalid, cannot be expressed, or needs files.
pub fn plan(format: &dyn Format, cx: &Cx<'_>, view: &View<'_>) -> Result<Plan, TransformError> {
    match format.native(cx, view) {
        Some(plan) => plan,
        None => through_hub(format, cx, view),
    }
}

/// The way through the hub, over the protocol that suits the request.
pub(crate) fn through_hub(format: &dyn Format, cx: &Cx<'_>, view: &View<'_>) -> Result<Plan, TransformError> {
    let missing = TransformError::NoOperation { provider: cx.provider.slug, operation: "chat" };
    let dialect = openai_responses::instead(cx, format.chat()).or(cx.provider.chat).ok_or(missing)?;
    hub::plan(dialect, format, cx, view)
}

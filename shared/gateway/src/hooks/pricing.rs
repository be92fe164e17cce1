//! Where the operator wants to know what calls cost, a model of which nobody says so is not called.

use super::{Admission, Hook, Work, at_once};
use crate::chat::Target;
use crate::{ApiError, App};

/// `block_requests_for_models_without_pricing`.
pub(super) struct Pricing;

impl Hook for Pricing {
    fn admitting<'a>(&'a self, admission: &'a mut Admission<'_>) -> Work<'a, Result<(), ApiError>> {
        if !blocks(admission.app, admission.claim.targets) {
            return None;
        }
        let model = &admission.call.chat().model;
        let message =
            format!("No price is known for model={model}, and requests for models without pricing are blocked.");
        at_once(Err(ApiError::invalid(message).param("model")))
    }
}

/// Whether calls that any of these may answer are refused.
pub(crate) fn blocks(app: &App, targets: &[Target]) -> bool {
    app.terms().block_unpriced && targets.iter().any(|it| it.price().is_none())
}

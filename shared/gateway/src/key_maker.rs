//! What making and changing keys depends on, beside a request.

use policy::access::Catalog;
use policy::key::{Maker, Who};

use crate::{ApiError, App, random_bytes, timestamp};

/// Everything beside the request that making a key depends on. A new key belongs to the caller's user, unless the
/// request says otherwise.
///
/// # Errors
/// 500 when the operating system gives no random bytes.
pub fn key_maker<'a>(app: &'a App, who: Who<'a>) -> Result<Maker<'a>, ApiError> {
    let settings = &app.config.litellm_settings;
    Ok(Maker {
        now: timestamp(app),
        calendar: &app.calendar,
        random: random_bytes().map_err(ApiError::internal)?,
        who,
        owner: who.user_id(),
        catalog: Catalog::of(&app.config),
        defaults: &settings.default_key_generate_params,
        bounds: &settings.upperbound_key_generate_params,
        generation: &settings.key_generation_settings,
        custom_secrets: !app.config.general_settings.disable_custom_api_keys,
        rotates: app.rotates_keys(),
        grace: app.key_grace(),
    })
}

//! GET and PATCH `/config/cost_discount_config`, `/config/cost_margin_config` and
//! `/config/block_requests_for_models_without_pricing`: what the operator puts on prices, changed at run time.

use gateway::{ApiError, App, BLOCK_UNPRICED, Caller, DISCOUNTS, MARGINS, Reply, Request, timestamp};
use http::StatusCode;
use policy::cost::{read_discounts, read_margins};
use policy::entity::Setting as Record;
use serde_json::{Value, json};
use store::StoreError;

use crate::sight::store;

/// Which setting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    Discounts,
    Margins,
    BlockUnpriced,
}

impl Setting {
    /// The setting of a path.
    pub(crate) fn named(path: &str) -> Option<Self> {
        let name = path.strip_prefix("/config/")?;
        [Self::Discounts, Self::Margins, Self::BlockUnpriced].into_iter().find(|it| it.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Discounts => DISCOUNTS,
            Self::Margins => MARGINS,
            Self::BlockUnpriced => BLOCK_UNPRICED,
        }
    }
}

pub(crate) async fn read(app: &App, setting: Setting) -> Result<Reply, ApiError> {
    let terms = app.read_terms().await.map_err(store)?;
    let answer = match setting {
        Setting::Discounts => json!({"values": terms.discounts}),
        Setting::Margins => json!({"values": terms.margins}),
        Setting::BlockUnpriced => json!({"enabled": terms.block_unpriced}),
    };
    Ok(Reply::json(StatusCode::OK, &answer))
}

pub(crate) async fn change(app: &App, req: &Request, caller: &Caller, setting: Setting) -> Result<Reply, ApiError> {
    let body = gateway::json_object(app, req)?;
    match setting {
        Setting::Discounts => read_discounts(&body)?,
        Setting::Margins => read_margins(&body)?,
        Setting::BlockUnpriced => {}
    }
    let value = match setting {
        Setting::Discounts | Setting::Margins => Value::Object(body),
        Setting::BlockUnpriced => {
            let enabled = body.get("enabled").and_then(Value::as_bool);
            Value::Bool(enabled.ok_or_else(|| ApiError::invalid("`enabled` must be true or false.").param("enabled"))?)
        }
    };
    keep(app, caller, setting.name(), value.clone()).await?;
    app.read_terms().await.map_err(store)?;
    let changed = |what: &str| format!("Cost {what} configuration updated successfully");
    let answer = match setting {
        Setting::Discounts => json!({"message": changed("discount"), "status": "success", "values": value}),
        Setting::Margins => json!({"message": changed("margin"), "status": "success", "values": value}),
        Setting::BlockUnpriced => json!({"enabled": value}),
    };
    Ok(Reply::json(StatusCode::OK, &answer))
}

async fn keep(app: &App, caller: &Caller, name: &str, value: Value) -> Result<(), ApiError> {
    let now = Some(timestamp(app));
    let changed = Record {
        name: name.to_owned(),
        value,
        created_at: now,
        updated_at: now,
        updated_by: caller.user_id().map(str::to_owned),
    };
    let kept = match app.store.find::<Record>(name).await.map_err(store)? {
        Some(old) => {
            let changed = Record { created_at: old.value.created_at, ..changed };
            app.store.update(&old, &changed).await.map(drop)
        }
        None => app.store.create(&changed).await.map(drop),
    };
    kept.map_err(|error| match error {
        StoreError::Changed | StoreError::Exists => {
            let message = "The setting was changed by someone else at the same time; read it and try again.";
            ApiError::new(StatusCode::CONFLICT, "invalid_request_error", message)
        }
        other => store(other),
    })
}

//! Reports spend: `/spend/*`, `/global/spend*`, `/global/activity*`, `/*/daily/activity`, `/*/spend/report`; says what
//! calls cost, and changes what the operator puts on prices.

mod activity;
mod breakdown;
mod by_user;
mod calculate;
mod cost_config;
mod entities;
mod estimate;
mod found;
mod global;
mod labels;
mod logs;
mod logs_v2;
mod names;
mod priced;
mod provider_budgets;
mod query;
mod report;
mod reset;
mod row;
mod sight;
mod sums;
mod usage;

use gateway::{ApiError, App, Reply, Request};
use http::Method;

use crate::activity::Kind;
use crate::cost_config::Setting;
use crate::sight::View;

/// Answers one route about spend.
///
/// # Errors
/// [`ApiError`] for every refusal.
pub async fn handle(app: &App, req: Request) -> Result<Reply, ApiError> {
    let caller = gateway::authenticate(app, &req).await?;
    let path = req.path.trim_end_matches('/');
    match (&req.method, path) {
        (&Method::POST, "/spend/calculate") => return calculate::handle(app, &req),
        (&Method::POST, "/cost/estimate") => return estimate::handle(app, &req),
        (&Method::POST, "/global/spend/reset") => return reset::handle(app).await,
        (&Method::GET, "/provider/budgets") => return Err(provider_budgets::refusal()),
        (&Method::GET, _) if let Some(setting) = Setting::named(path) => return cost_config::read(app, setting).await,
        (&Method::PATCH, _) if let Some(setting) = Setting::named(path) => {
            return cost_config::change(app, &req, &caller, setting).await;
        }
        _ => {}
    }
    let view = View::of(app, &caller).await?;
    match (&req.method, path) {
        (&Method::GET, "/spend/logs") => logs::handle(&view, &req).await,
        (&Method::GET, "/spend/logs/v2" | "/spend/logs/ui") => logs_v2::handle(&view, &req).await,
        (&Method::GET, "/spend/logs/session/ui") => logs::session(&view, &req).await,
        (&Method::GET, "/spend/keys") => entities::keys(&view).await,
        (&Method::GET, "/spend/users") => entities::users(&view, &req).await,
        (&Method::GET, "/spend/tags") => labels::spend_tags(&view, &req).await,
        (&Method::GET, "/global/spend") => global::spend(&view).await,
        (&Method::GET, "/global/spend/report") => report::global(&view, &req).await,
        (&Method::GET, "/global/spend/logs") => global::logs(&view, &req).await,
        (&Method::GET, "/global/spend/keys") => global::keys(&view, &req).await,
        (&Method::GET, "/global/spend/teams") => global::teams(&view).await,
        (&Method::GET, "/global/spend/models") => global::models(&view, &req).await,
        (&Method::GET, "/global/spend/provider") => global::provider(&view, &req).await,
        (&Method::GET, "/global/spend/tags") => labels::global_tags(&view, &req).await,
        (&Method::GET, "/global/spend/all_tag_names") => labels::tag_names(&view).await,
        (&Method::GET | &Method::POST, "/global/spend/end_users") => labels::end_users(&view, &req).await,
        (&Method::GET, "/global/activity") => usage::activity(&view, &req).await,
        (&Method::GET, "/global/activity/model") => usage::by_model(&view, &req).await,
        (&Method::GET, "/global/activity/cache_hits") => usage::cache_hits(&view, &req).await,
        (&Method::GET, "/global/activity/exceptions") => usage::exceptions(&view, &req).await,
        (&Method::GET, "/global/activity/exceptions/deployment") => usage::exceptions_by_deployment(&view, &req).await,
        (&Method::GET, "/key/spend/report") => report::of_key(&view, &req, &caller).await,
        (&Method::GET, "/user/spend/report") => report::of_user(&view, &req, &caller).await,
        (&Method::GET, "/team/spend/report") => report::of_team(&view, &req, &caller).await,
        (&Method::GET, "/organization/spend/report") => report::of_organization(&view, &req, &caller).await,
        (&Method::GET, "/team/spend/by_user") => by_user::handle(&view, &req).await,
        (&Method::GET, path) => match activity_of(path) {
            Some((kind, whole)) => activity::handle(&view, &req, kind, whole).await,
            None => Err(ApiError::not_found("Not Found")),
        },
        _ => Err(ApiError::not_found("Not Found")),
    }
}

/// Whose daily activity a path asks for, and whether in one piece.
fn activity_of(path: &str) -> Option<(Kind, bool)> {
    let (kind, rest) = path.strip_prefix('/')?.split_once('/')?;
    let whole = match rest {
        "daily/activity" => false,
        "daily/activity/aggregated" => true,
        _ => return None,
    };
    Some((Kind::named(kind)?, whole))
}

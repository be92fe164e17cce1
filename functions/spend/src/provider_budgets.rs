//! GET `/provider/budgets`: this gateway knows no budgets of providers, and says so.

use gateway::ApiError;

pub(crate) fn refusal() -> ApiError {
    let message = "No provider budget config found. `router_settings.provider_budget_config` is not supported by this \
                   gateway yet.";
    ApiError::invalid(message).param("provider_budget_config")
}
